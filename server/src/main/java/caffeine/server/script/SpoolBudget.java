package caffeine.server.script;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The limits for all {@link OutputSpool}s of a process together: bytes, and files, because each
 * needs a descriptor. Thread-safe.
 */
public final class SpoolBudget {

    private final AtomicLong bytes;
    private final AtomicInteger files;

    /** So many bytes in so many files. */
    public SpoolBudget(long bytes, int files) {
        this.bytes = new AtomicLong(bytes);
        this.files = new AtomicInteger(files);
    }

    /** Takes as many bytes as possible; returns their number. */
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

    /** Takes one file; false when the limit is reached. */
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
