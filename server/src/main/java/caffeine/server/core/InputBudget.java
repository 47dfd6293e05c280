package caffeine.server.core;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory for unanswered requests: heads, and pipelined requests. A part of the heap for all
 * connections together, so that many clients with large heads affect each other only, and not the
 * process.
 *
 * <p>Half of it is divided among the threads of the process, so that most requests touch nothing
 * that another thread does. The other half is shared, because clients are distributed unevenly, and
 * with many threads an own part is too small for a few large heads.
 */
class InputBudget {

    private static final long HALF_BYTES = Runtime.getRuntime().maxMemory() / 12;

    /** The rest of the common half. */
    private static final AtomicLong COMMON = new AtomicLong(HALF_BYTES);

    private final long ownBytes;
    private final AtomicLong common;
    private long usedBytes;
    private long borrowedBytes;

    /**
     * @param ownBytes this thread's own part
     * @param common the shared rest
     */
    InputBudget(long ownBytes, AtomicLong common) {
        this.ownBytes = ownBytes;
        this.common = common;
    }

    /** The budget of one of several threads. */
    static InputBudget ofHeap(int threads) {
        return new InputBudget(HALF_BYTES / threads, COMMON);
    }

    /** One that the threads of a process share. */
    static InputBudget forManyThreads() {
        return new InputBudget(HALF_BYTES, COMMON) {
            @Override
            synchronized boolean reserve(int bytes) {
                return super.reserve(bytes);
            }

            @Override
            synchronized void release(int bytes) {
                super.release(bytes);
            }
        };
    }

    /** Takes memory if possible. */
    boolean reserve(int bytes) {
        long more = usedBytes + bytes - ownBytes - borrowedBytes;
        if (more > 0 && !borrow(more)) {
            return false;
        }
        usedBytes += bytes;
        return true;
    }

    private boolean borrow(long bytes) {
        if (common.addAndGet(-bytes) < 0) {
            common.addAndGet(bytes);
            return false;
        }
        borrowedBytes += bytes;
        return true;
    }

    void release(int bytes) {
        usedBytes -= bytes;
        if (borrowedBytes > 0) {
            long needed = Math.max(0, usedBytes - ownBytes);
            common.addAndGet(borrowedBytes - needed);
            borrowedBytes = needed;
        }
    }

    long usedBytes() {
        return usedBytes;
    }
}
