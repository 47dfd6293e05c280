package caffeine.server.service;

import caffeine.os.Descriptors;
import caffeine.os.Files;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A descriptor that is kept for when there is no other. While clients cannot be accepted for want
 * of descriptors it is given up, so that anything else in this process that needs one finds it: a
 * class that is read from its jar, a file of /proc, a log file. Thread-safe.
 */
public final class Reserve implements AutoCloseable {

    private static final int NONE = -1;

    private final AtomicInteger fd = new AtomicInteger(NONE);

    /** Takes one, if there is one to be had. */
    public Reserve() {
        boolean _ = take();
    }

    /**
     * Takes a descriptor, unless it has one.
     *
     * @return false when there is none to be had
     */
    public boolean take() {
        if (fd.get() != NONE) {
            return true;
        }
        int taken = Files.open("/dev/null", Files.O_RDONLY, 0);
        if (taken < 0) {
            return false;
        }
        if (!fd.compareAndSet(NONE, taken)) {
            Descriptors.close(taken);
        }
        return true;
    }

    /** Gives it up. */
    public void release() {
        int given = fd.getAndSet(NONE);
        if (given != NONE) {
            Descriptors.close(given);
        }
    }

    @Override
    public void close() {
        release();
    }
}
