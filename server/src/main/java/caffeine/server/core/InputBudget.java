package caffeine.server.core;

/**
 * Memory for what clients have sent and nobody has answered yet: heads, and requests behind the one
 * under way. A part of the heap for all connections of a thread together, so that many clients with
 * large heads cost one another, and not the process.
 */
final class InputBudget {

    private static final int PART_OF_HEAP = 6;

    private final long limitBytes;
    private long usedBytes;

    InputBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** A part of the heap that this process may have, shared by so many threads. */
    static InputBudget ofHeap(int threads) {
        return new InputBudget(Runtime.getRuntime().maxMemory() / PART_OF_HEAP / threads);
    }

    /** Takes memory, if there is that much. */
    boolean reserve(int bytes) {
        if (usedBytes + bytes > limitBytes) {
            return false;
        }
        usedBytes += bytes;
        return true;
    }

    void release(int bytes) {
        usedBytes -= bytes;
    }

    long usedBytes() {
        return usedBytes;
    }
}
