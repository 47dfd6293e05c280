package caffeine.server.script;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The part of a script's response that its client has not taken yet: a queue of bytes in a nameless
 * file. The file is a ring, so it never grows beyond the limit of the queue.
 *
 * <pre>{@code
 * int most = spool.room(wanted);                   // 0: the script waits
 * int errno = spool.write(buffer, count);          // count <= most
 * ...
 * int count = spool.read(buffer, most);            // in the order of writing
 * }</pre>
 *
 * <p>When writing the file fails, the current bytes stay in memory, and there is no more room. Not
 * thread-safe.
 */
final class OutputSpool implements AutoCloseable {

    private static final byte[] NOTHING = {};

    private final ContentStore store;
    private final SpoolBudget budget;
    private final long capacity;
    private final SpoolFile file = new SpoolFile();

    /** Begin and end of the queue, counted beyond the end of the ring. */
    private long start;

    private long end;

    /** How much of the ring the budget has granted. */
    private long granted;

    private boolean hasFile;

    /** The bytes that could not be written, after all others. */
    private byte[] tail = NOTHING;

    private int tailStart;
    private boolean failed;

    /**
     * @param capacity how many bytes it holds at most
     */
    OutputSpool(ContentStore store, SpoolBudget budget, long capacity) {
        this.store = store;
        this.budget = budget;
        this.capacity = capacity;
    }

    boolean isEmpty() {
        return size() == 0;
    }

    /** How many bytes it holds. */
    long size() {
        return end - start + tail.length - tailStart;
    }

    /** How many bytes can be written now, at most as many as are wanted. */
    int room(int wanted) {
        if (failed || !takeFile()) {
            return 0;
        }
        long room = Math.min(wanted, capacity - (end - start));
        long grows = Math.min(capacity, end + room) - granted;
        if (grows > 0) {
            long more = budget.take(grows);
            granted += more;
            room -= grows - more;
        }
        return (int) room;
    }

    private boolean takeFile() {
        hasFile = hasFile || budget.takeFile();
        return hasFile;
    }

    /**
     * Appends bytes, for which there is {@link #room}.
     *
     * @return 0, or −errno when there is no file or no room on its disk
     */
    int write(MemorySegment buffer, long offset, int count) {
        int result = file.isOpen() ? 0 : file.open(store.openFile());
        if (result == 0) {
            result = writeRing(buffer, offset, count);
        }
        if (result < 0) {
            failed = true;
            tail = buffer.asSlice(offset, count).toArray(ValueLayout.JAVA_BYTE);
        } else {
            end += count;
        }
        return result;
    }

    private int writeRing(MemorySegment buffer, long offset, int count) {
        long at = end % capacity;
        long first = Math.min(count, capacity - at);
        int result = file.write(buffer, offset, first, at);
        return result < 0 ? result : file.write(buffer, offset + first, count - first, 0);
    }

    /**
     * Removes the first bytes; the queue must not be empty.
     *
     * @return how many, or −errno when they are lost
     */
    int read(MemorySegment buffer, int most) {
        if (start == end) {
            return readTail(buffer, most);
        }
        long at = start % capacity;
        long length = Math.min(most, Math.min(end - start, capacity - at));
        int count = file.read(buffer, length, at);
        start += Math.max(0, count);
        if (start == end) {
            start = 0;
            end = 0;
        }
        return count;
    }

    private int readTail(MemorySegment buffer, int most) {
        int count = Math.min(most, tail.length - tailStart);
        MemorySegment.copy(tail, tailStart, buffer, ValueLayout.JAVA_BYTE, 0, count);
        tailStart += count;
        return count;
    }

    /** Drops its contents, and returns its budget. Closing twice is harmless. */
    @Override
    public void close() {
        file.close();
        if (hasFile) {
            hasFile = false;
            budget.giveFile();
        }
        budget.give(granted);
        granted = 0;
        start = 0;
        end = 0;
        tail = NOTHING;
        tailStart = 0;
        failed = true;
    }
}
