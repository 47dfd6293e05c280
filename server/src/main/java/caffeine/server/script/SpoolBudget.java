package caffeine.server.script;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much all {@link OutputSpool}s of a process may hold together, and in how many files: each
 * costs a descriptor, which clients need too. Thread-safe.
 */
public final class SpoolBudget {

    private final AtomicLong bytes;
    private final AtomicInteger files;

    /** So many bytes in so many files. */
    public SpoolBudget(long bytes, int files) {
        this.bytes = new AtomicLong(bytes);
        this.files = new AtomicInteger(files);
    }

    /** Takes as much as there is of it; returns how much that is. */
    long take(long wanted) {
        long left = bytes.get();
        while (left > 0) {
            long taken = Math.min(wanted, left);
            if (bytes.compareAndSet(left, left - taken)) {
                return taken;
            }
            left = bytes.get();
        }
        return 0;
    }

    void give(long back) {
        bytes.addAndGet(back);
    }

    /** Takes the right to a file; false when there are as many as may be. */
    boolean takeFile() {
        if (files.decrementAndGet() >= 0) {
            return true;
        }
        files.incrementAndGet();
        return false;
    }

    void giveFile() {
        files.incrementAndGet();
    }
}
