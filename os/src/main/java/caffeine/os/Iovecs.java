package caffeine.os;

import caffeine.os.foreign.Memory;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * A reusable array of the ranges that one writev or sendmsg writes, in order.
 *
 * <pre>{@code
 * Iovecs iov = new Iovecs(16);
 * iov.add(head, 0, headLength);
 * iov.add(content, 0, contentLength);
 * long written = Sockets.sendmsg(fd, iov, Sockets.MSG_DONTWAIT);
 * }</pre>
 *
 * <p>It keeps the added segments reachable until {@link #clear}; an arena that the caller closes
 * before takes them away all the same. Not thread-safe.
 */
public final class Iovecs {
    /** The most ranges that one call takes: {@code IOV_MAX}. */
    public static final int MAX = 1024;

    // The msghdr that sendmsg wants stands before the array, so that a call needs nothing else.
    private static final int ARRAY = 64;

    private final Memory memory;
    private final @Nullable MemorySegment[] segments;
    private int count;
    private long bytes;

    /**
     * @param capacity how many ranges fit, 1 to {@link #MAX}
     */
    public Iovecs(int capacity) {
        Objects.checkIndex(capacity - 1, MAX);
        this.memory = Memory.allocate(ARRAY + capacity * MessageHeader.IOVEC_BYTES);
        this.segments = new @Nullable MemorySegment[capacity];
        memory.putLong(MessageHeader.IOV, memory.address(ARRAY));
    }

    /** Forgets all ranges. */
    public void clear() {
        Arrays.fill(segments, 0, count, null);
        count = 0;
        bytes = 0;
    }

    /**
     * Appends a range of a native segment.
     *
     * @return false, with nothing changed, when the array is full
     * @throws IllegalArgumentException if the segment is not native
     * @throws IndexOutOfBoundsException if the range is not within it
     */
    public boolean add(MemorySegment segment, long offset, long length) {
        long address = Memory.address(segment, offset, length);
        if (count == segments.length) {
            return false;
        }
        int at = ARRAY + count * MessageHeader.IOVEC_BYTES;
        memory.putLong(at + MessageHeader.IOVEC_BASE, address);
        memory.putLong(at + MessageHeader.IOVEC_LENGTH, length);
        segments[count++] = segment;
        bytes += length;
        return true;
    }

    /** The number of ranges. */
    public int count() {
        return count;
    }

    /** How many ranges fit. */
    public int capacity() {
        return segments.length;
    }

    /** The length of all ranges together, in bytes. */
    public long bytes() {
        return bytes;
    }

    /** The address of the iovec array. */
    long address() {
        return memory.address(ARRAY);
    }

    /** The address of a msghdr that holds the array and nothing else. */
    long messageHeader() {
        memory.putLong(MessageHeader.IOV_COUNT, count);
        return memory.address();
    }
}
