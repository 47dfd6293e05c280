package caffeine.server.core;

import java.util.Arrays;

/** What a client sent behind the request that is being answered. */
final class HeldInput {

    private static final byte[] NOTHING = {};

    private final InputBudget budget;
    private byte[] bytes = NOTHING;

    HeldInput(InputBudget budget) {
        this.budget = budget;
    }

    boolean isEmpty() {
        return bytes.length == 0;
    }

    /** Appends a copy; false, with nothing kept of it, when memory is short. */
    boolean add(byte[] more, int from, int to) {
        if (!budget.reserve(to - from)) {
            return false;
        }
        int kept = bytes.length;
        byte[] both = Arrays.copyOf(bytes, kept + to - from);
        System.arraycopy(more, from, both, kept, to - from);
        bytes = both;
        return true;
    }

    /** Takes all of it away. */
    byte[] take() {
        byte[] taken = bytes;
        budget.release(taken.length);
        bytes = NOTHING;
        return taken;
    }
}
