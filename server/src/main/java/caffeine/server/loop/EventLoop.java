package caffeine.server.loop;

import caffeine.server.poll.Poller;
import caffeine.server.poll.Source;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * One thread's loop: wait for readiness, tell the ready sources, expire timers, run tasks, then
 * what is put off to the turn's end (one write for all that a turn produced).
 *
 * <p>What a callback throws, an Error too, is reported and costs that callback alone. When the
 * poller itself fails, it is renewed; when that does not help, the loop ends.
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

    /** Told what callbacks throw; null: it is thrown on, and ends the turn. */
    private final @Nullable Consumer<Throwable> mistakes;

    private final Timers timers = new Timers();
    private final TaskQueue tasks = new TaskQueue();
    private final List<Runnable> turnEnds = new ArrayList<>();
    private volatile boolean stopped;
    private long nowNs;

    /** The last turn that is over, by its time. */
    private long lastNs;

    /** A loop whose turns end with what a callback throws: for one thing that has one owner. */
    public EventLoop(Poller poller, Clock clock) {
        this(poller, clock, null);
    }

    /**
     * A loop that goes on whatever a callback throws.
     *
     * @param mistakes told of it, on the loop's thread
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
     * end. From any thread, for what looks again later: neither field is volatile, so that a turn
     * pays one plain write for this, and what is read may be old by a moment.
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
        poller.wakeup();
        return added;
    }

    /** Runs a task in the next turn, without waiting for anything. On the loop's thread only. */
    public void later(Runnable task) {
        boolean _ = tasks.add(task);
    }

    /** Adds something that every turn ends with, in the order of adding. */
    public void onTurnEnd(Runnable action) {
        turnEnds.add(action);
    }

    /**
     * Turns until {@link #stop()}. Tasks that were given before the end are run, in a last turn
     * that waits for nothing.
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
            tasks.close();
            while (!tasks.isEmpty()) {
                runTasks();
            }
            endTurn();
        }
    }

    private void renewPoller() {
        try {
            poller.renew();
        } catch (Throwable mistake) {
            report(mistake);
            LockSupport.parkNanos(BACK_OFF_NS); // what it lacks may come back
        }
    }

    /**
     * One turn.
     *
     * @param maxWaitNs how long to wait at most when nothing is ready
     * @return how much there was to do; 0 after a wait in vain
     */
    public int doWork(long maxWaitNs) {
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
            // Without memory to say it with, to go on is all that can be done.
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
