package caffeine.server.loop;

import caffeine.server.poll.Poller;
import caffeine.server.poll.Source;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The loop of one thread: wait for readiness, call ready sources, expire timers, run tasks, then
 * run the actions of the end of the turn (one write for all output of a turn).
 *
 * <p>If a callback throws, also an Error, this is reported and the loop continues. When the poller
 * itself fails, it is replaced; when that fails, the loop ends.
 */
public final class EventLoop implements AutoCloseable {

    /** See {@link #turn}. */
    public static final long NO_TURN = Long.MIN_VALUE;

    private static final long LONGEST_WAIT_NS = 60_000_000_000L;

    /** Turns in a row that fail before the loop is given up: a second of them. */
    private static final int MOST_FAILED_TURNS = 10;

    private static final long BACK_OFF_NS = 100_000_000L;

    private final Poller poller;
    private final Clock clock;

    /** Receives what callbacks throw; null: it is rethrown, and ends the turn. */
    private final @Nullable Consumer<Throwable> mistakes;

    private final Timers timers = new Timers();
    private final TaskQueue tasks = new TaskQueue();
    private final List<Runnable> turnEnds = new ArrayList<>(1);
    private volatile boolean stopped;

    /**
     * A wakeup for tasks is on its way, or has come, and the next turn has not begun: one is enough
     * for all tasks until then. Cleared before the turn looks for tasks, so that a task that comes
     * later wakes again.
     */
    private volatile boolean woken;

    private long nowNs;

    /** The last turn that is over, by its time. */
    private long lastNs;

    /** A loop that rethrows what a callback throws: for a single owner. */
    public EventLoop(Poller poller, Clock clock) {
        this(poller, clock, null);
    }

    /**
     * A loop that continues after a callback throws.
     *
     * @param mistakes receives what was thrown, on the loop's thread
     */
    public EventLoop(Poller poller, Clock clock, @Nullable Consumer<Throwable> mistakes) {
        this.poller = poller;
        this.clock = clock;
        this.mistakes = mistakes;
        this.nowNs = clock.nanoTime();
        this.lastNs = nowNs;
    }

    public Poller poller() {
        return poller;
    }

    public Timers timers() {
        return timers;
    }

    public Clock clock() {
        return clock;
    }

    /** The time of this turn, read once after the wait. */
    public long nowNs() {
        return nowNs;
    }

    /**
     * The turn that is under way, by its time; {@link #NO_TURN} from the beginning of a wait to its
     * end. From any thread, for a monitor: neither field is volatile, so that a turn pays one plain
     * write for this, and the value may be slightly old.
     */
    public long turn() {
        long current = nowNs;
        return current == lastNs ? NO_TURN : current;
    }

    /**
     * Runs a task in a later turn. From any thread.
     *
     * @return false when {@link #run} has ended, and the task will never run
     */
    public boolean execute(Runnable task) {
        boolean added = tasks.add(task);
        if (!woken) {
            woken = true; // two threads may both get here: a wakeup too many
            poller.wakeup();
        }
        return added;
    }

    /** Runs a task in the next turn, without waiting for anything. On the loop's thread only. */
    public void later(Runnable task) {
        boolean _ = tasks.add(task);
    }

    /** Adds an action for the end of every turn, in the order of adding. */
    public void onTurnEnd(Runnable action) {
        turnEnds.add(action);
    }

    /**
     * Turns until {@link #stop()}. Tasks from before the end run in a last turn that does not wait.
     *
     * @throws RuntimeException or an Error, when the poller fails and cannot be renewed
     */
    public void run() {
        int failed = 0;
        try {
            while (!stopped) {
                try {
                    doWork(LONGEST_WAIT_NS);
                    failed = 0;
                } catch (Throwable mistake) {
                    if (mistakes == null || ++failed > MOST_FAILED_TURNS) {
                        throw mistake;
                    }
                    report(mistake);
                    renewPoller();
                }
            }
        } finally {
            finish();
        }
    }

    /** Ends it: it takes no more tasks, and runs those that it has. */
    void finish() {
        tasks.close();
        while (!tasks.isEmpty()) {
            runTasks();
        }
        endTurn();
    }

    /** Whether tasks wait. */
    boolean hasTasks() {
        return !tasks.isEmpty();
    }

    /** Reports what a turn has thrown, as if a callback had. */
    void reportMistake(Throwable mistake) {
        if (mistakes != null) {
            report(mistake);
        }
    }

    private void renewPoller() {
        try {
            poller.renew();
        } catch (Throwable mistake) {
            report(mistake);
            LockSupport.parkNanos(BACK_OFF_NS); // the shortage may end
        }
    }

    /**
     * One turn.
     *
     * @param maxWaitNs how long to wait at most when nothing is ready
     * @return the number of events, timers and tasks; 0 if there was nothing to do
     */
    public int doWork(long maxWaitNs) {
        if (woken) {
            woken = false;
        }
        long waitNs =
                tasks.isEmpty() ? Math.min(maxWaitNs, timers.untilNextNs(clock.nanoTime())) : 0;
        lastNs = nowNs;
        poller.poll(waitNs);
        nowNs = clock.nanoTime();
        int done = dispatch() + expireTimers() + runTasks();
        endTurn();
        return done;
    }

    private int dispatch() {
        try {
            return poller.dispatch(nowNs);
        } catch (Throwable mistake) {
            report(mistake);
            return 1;
        }
    }

    private int expireTimers() {
        try {
            return timers.expire(nowNs);
        } catch (Throwable mistake) {
            report(mistake);
            return 1;
        }
    }

    private int runTasks() {
        try {
            return tasks.run();
        } catch (Throwable mistake) {
            report(mistake);
            return 1;
        }
    }

    private void endTurn() {
        for (int i = 0; i < turnEnds.size(); i++) {
            try {
                turnEnds.get(i).run();
            } catch (Throwable mistake) {
                report(mistake);
            }
        }
    }

    private void report(Throwable mistake) {
        if (mistakes == null) {
            throw Source.unchecked(mistake);
        }
        try {
            mistakes.accept(mistake);
        } catch (Throwable _) {
            // Without memory to report it, the loop can only continue.
        }
    }

    /** Ends {@link #run()} after this turn. From any thread. */
    public void stop() {
        stopped = true;
        poller.wakeup();
    }

    public boolean isStopped() {
        return stopped;
    }

    /** Closes the poller; what is registered must have been closed before. */
    @Override
    public void close() {
        poller.close();
    }
}
