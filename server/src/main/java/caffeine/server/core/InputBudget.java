package caffeine.server.core;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory for what clients have sent and nobody has answered yet: heads, and requests behind the one
 * under way. A part of the heap for all connections together, so that many clients with large heads
 * cost one another, and not the process.
 *
 * <p>Half of it is divided among the threads of the process, so that most requests touch nothing
 * that another thread does. The other half is for whichever of them needs more, since clients come
 * to threads unevenly, and among many threads a part for each is too small for a few large heads.
 */
final class InputBudget {

    private static final long HALF_BYTES = Runtime.getRuntime().maxMemory() / 12;

    /** What is left of the common half. */
    private static final AtomicLong COMMON = new AtomicLong(HALF_BYTES);

    private final long ownBytes;
    private final AtomicLong common;
    private long usedBytes;
    private long borrowedBytes;

    /**
     * @param ownBytes this thread's alone
     * @param common what it may take beyond that, of what is left for all
     */
    InputBudget(long ownBytes, AtomicLong common) {
        this.ownBytes = ownBytes;
        this.common = common;
    }

    /** A thread's, of so many in this process. */
    static InputBudget ofHeap(int threads) {
        return new InputBudget(HALF_BYTES / threads, COMMON);
    }

    /** Takes memory, if there is that much. */
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
