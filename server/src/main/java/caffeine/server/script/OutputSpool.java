package caffeine.server.script;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What a script has written of a response, and its client has not taken yet: a queue of bytes in a
 * file that has no name, and no more room on the disk than the queue may be long, since it is used
 * as a ring.
 *
 * <pre>{@code
 * int most = spool.room(wanted);                   // 0: the script waits
 * int errno = spool.write(buffer, count);          // count <= most
 * ...
 * int count = spool.read(buffer, most);            // in the order of writing
 * }</pre>
 *
 * <p>When the file cannot be written, the bytes at hand stay in memory, and there is no room any
 * more. Not thread-safe.
 */
final class OutputSpool implements AutoCloseable {

    private static final byte[] NOTHING = {};

    private final ContentStore store;
    private final SpoolBudget budget;
    private final long capacity;
    private final SpoolFile file = new SpoolFile();

    /** Where the queue begins and ends, counted on beyond the end of the ring. */
    private long start;

    private long end;

    /** How much of the ring the budget has granted. */
    private long granted;

    private boolean hasFile;

    /** What could not be written, behind all else. */
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
     * Takes the first bytes; there must be some.
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

    /** Forgets what it holds, and gives back what it took. Closing twice does no harm. */
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
