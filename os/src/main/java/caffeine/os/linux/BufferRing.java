package caffeine.os.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import caffeine.os.ErrnoException;
import caffeine.os.foreign.Memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * Buffers that the kernel picks from when bytes arrive (man 3 io_uring_register_buf_ring): a
 * connection that waits has none. On the thread of its {@link IoUring}, and to be kept as long.
 *
 * <pre>{@code
 * struct io_uring_buf { __u64 addr; __u32 len; __u16 bid; __u16 resv; };   // an entry
 * struct io_uring_buf_reg {
 *     __u64 ring_addr; __u32 ring_entries; __u16 bgid; __u16 flags; __u64 resv[3];
 * };
 * }</pre>
 */
public final class BufferRing {

    static final int IORING_REGISTER_PBUF_RING = 22;

    static final int ENTRY_BYTES = 16;
    static final int ENTRY_LEN = 8;
    static final int ENTRY_BID = 12;

    /** The ring's tail lies in the unused field of the first entry. */
    static final int TAIL = 14;

    static final int REGISTRATION_BYTES = 40;
    static final int REGISTRATION_ENTRIES = 8;

    private static final int PAGE_BYTES = 4096;

    private static final VarHandle SHARED = JAVA_SHORT.varHandle();

    private final int mask;
    private final int bufferBytes;
    private final MemorySegment ring;
    private final MemorySegment buffers;
    private int tail;

    private BufferRing(int count, int bufferBytes) {
        this.mask = count - 1;
        this.bufferBytes = bufferBytes;
        this.ring = Arena.ofAuto().allocate((long) ENTRY_BYTES * count, PAGE_BYTES);
        this.buffers = Arena.ofAuto().allocate((long) bufferBytes * count, PAGE_BYTES);
    }

    /**
     * Gives buffers to the kernel, as group 0.
     *
     * @param count a power of two, at most 32,768
     * @throws ErrnoException with EINVAL (before Linux 5.19) or ENOMEM
     */
    public static BufferRing register(IoUring uring, int count, int bufferBytes) {
        BufferRing made = new BufferRing(count, bufferBytes);
        Memory registration = Memory.allocate(REGISTRATION_BYTES);
        registration.putLong(0, made.ring.address());
        registration.putInt(REGISTRATION_ENTRIES, count);
        ErrnoException.check(
                "io_uring_register",
                uring.register(IORING_REGISTER_PBUF_RING, registration.address(), 1));
        for (int i = 0; i < count; i++) {
            made.give(i);
        }
        made.publish();
        return made;
    }

    /** Copies bytes out of a buffer. */
    public void copy(int buffer, int from, int length, MemorySegment to, long at) {
        MemorySegment.copy(buffers, (long) bufferBytes * buffer + from, to, at, length);
    }

    /** Copies bytes out of a buffer. */
    public void copy(int buffer, int from, int length, byte[] to, int at) {
        MemorySegment.copy(buffers, JAVA_BYTE, (long) bufferBytes * buffer + from, to, at, length);
    }

    /** Gives a buffer back; the kernel sees it after {@link #publish}. */
    public void give(int buffer) {
        long at = (long) ENTRY_BYTES * (tail & mask);
        ring.set(JAVA_LONG, at, buffers.address() + (long) bufferBytes * buffer);
        ring.set(JAVA_INT, at + ENTRY_LEN, bufferBytes);
        ring.set(JAVA_SHORT, at + ENTRY_BID, (short) buffer);
        tail++;
    }

    /** Makes the buffers that were given back visible to the kernel. */
    public void publish() {
        SHARED.setRelease(ring, TAIL, (short) tail);
    }
}
