package caffeine.server.loop;

import caffeine.server.poll.Poller;

import java.util.ArrayList;
import java.util.List;

/**
 * One thread's loop: wait for readiness, tell the ready sources, expire timers, run tasks, then
 * what is put off to the turn's end (one write for all that a turn produced).
 */
public final class EventLoop implements AutoCloseable {

    private static final long LONGEST_WAIT_NS = 60_000_000_000L;

    private final Poller poller;
    private final Clock clock;
    private final Timers timers = new Timers();
    private final TaskQueue tasks = new TaskQueue();
    private final List<Runnable> turnEnds = new ArrayList<>();
    private volatile boolean stopped;
    private long nowNs;

    public EventLoop(Poller poller, Clock clock) {
        this.poller = poller;
        this.clock = clock;
        this.nowNs = clock.nanoTime();
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

    /** Runs a task in a later turn. From any thread. */
    public void execute(Runnable task) {
        tasks.add(task);
        poller.wakeup();
    }

    /** Runs a task in the next turn, without waiting for anything. On the loop's thread only. */
    public void later(Runnable task) {
        tasks.add(task);
    }

    /** Adds something that every turn ends with, in the order of adding. */
    public void onTurnEnd(Runnable action) {
        turnEnds.add(action);
    }

    /** Turns until {@link #stop()}. */
    public void run() {
        while (!stopped) {
            doWork(LONGEST_WAIT_NS);
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
        poller.poll(waitNs);
        nowNs = clock.nanoTime();
        int done = poller.dispatch(nowNs);
        done += timers.expire(nowNs);
        done += tasks.run();
        for (int i = 0; i < turnEnds.size(); i++) {
            turnEnds.get(i).run();
        }
        return done;
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
