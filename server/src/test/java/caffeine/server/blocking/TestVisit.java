package caffeine.server.blocking;

import java.util.function.Consumer;

/** A visit that does what a test wants. */
final class TestVisit implements LaneTask {

    private final Consumer<Long> action;
    private boolean over;

    TestVisit(Consumer<Long> action) {
        this.action = action;
    }

    @Override
    public void happen(long nowNs) {
        action.accept(nowNs);
    }

    @Override
    public void over() {
        over = true;
    }

    /** Whether the turn in which it happened is over. */
    boolean isOver() {
        return over;
    }
}
