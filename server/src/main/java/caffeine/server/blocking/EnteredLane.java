package caffeine.server.blocking;

import caffeine.os.Errno;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.poll.Poller;
import caffeine.server.poll.Source;

import org.jspecify.annotations.Nullable;

import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * A lane that the threads of its connections drive, under its lock. It is the poller of an event
 * loop: the thread with the lock may take a turn of the loop, and its task is the ready event of
 * this turn. The loop's own thread, for timers and tasks, releases the lock while it waits.
 *
 * <p>Nothing else is watched: handlers in such a loop have no descriptors.
 */
final class EnteredLane implements Lane, Poller {

    /**
     * How late a timer may be. The wake-up time of the owner is less exact, and without this
     * tolerance every task would wake the owner.
     */
    private static final long SLACK_NS = 1_000_000L;

    private final Turns lock = new Turns();
    private final Clock clock;
    private @Nullable EventLoop loop;
    private Consumer<Throwable> mistaken = _ -> {};
    private @Nullable LaneTask visit;
    private volatile @Nullable Thread owner;
    private volatile boolean woken;

    /** When the owner wakes by itself. */
    private long wakesNs;

    /** The lock; its owner takes a turn. */
    private static final class Turns extends ReentrantLock {
        private static final long serialVersionUID = 1;

        @Nullable Thread holder() {
            return getOwner();
        }
    }

    EnteredLane(Clock clock) {
        this.clock = clock;
        this.wakesNs = clock.nanoTime();
    }

    /**
     * The loop that it is the poller of. Before any thread enters it.
     *
     * @param told receives failures of a turn
     */
    void drives(EventLoop driven, Consumer<Throwable> told) {
        loop = driven;
        mistaken = told;
    }

    /** Takes the lock for the loop's own thread, which releases it only while it waits. */
    void own() {
        lock.lock();
        owner = Thread.currentThread();
    }

    /** The loop's own thread has ended; tasks can still take the lock. */
    void disown() {
        owner = null;
        lock.unlock();
    }

    /** The thread that takes a turn, or null. */
    @Nullable Thread driver() {
        return lock.holder();
    }

    @Override
    public boolean begin(LaneTask first, Runnable start) {
        enter(first);
        start.run();
        return true; // an ended lane still has its lock, and resets the client
    }

    @Override
    public void enter(LaneTask brought) {
        EventLoop turning = Objects.requireNonNull(loop);
        lock.lock();
        try {
            visit = brought;
            turning.doWork(0);
        } catch (Throwable e) {
            mistaken.accept(e);
        } finally {
            brought.over();
            wakeInTime(turning);
            lock.unlock();
        }
    }

    /** The loop's own thread waits for timers; a task may have set an earlier one. */
    private void wakeInTime(EventLoop turned) {
        long nowNs = turned.nowNs();
        long nextNs = turned.timers().untilNextNs(nowNs);
        if (nextNs != Long.MAX_VALUE && nowNs + nextNs - wakesNs < -SLACK_NS) {
            wakesNs = nowNs + nextNs;
            wakeup();
        }
    }

    @Override
    public int add(Source source, int interest) {
        return -Errno.EBADF;
    }

    @Override
    public void modify(Source source, int interest) {}

    @Override
    public void remove(Source source) {}

    @Override
    public void forget(Source source) {}

    @Override
    public int poll(long timeoutNs) {
        if (visit != null) {
            return 1;
        }
        if (timeoutNs != 0 && Thread.currentThread().equals(owner)) {
            sleep(timeoutNs < 0 ? Long.MAX_VALUE : timeoutNs);
        }
        return 0;
    }

    private void sleep(long timeoutNs) {
        wakesNs = clock.nanoTime() + Math.min(timeoutNs, Long.MAX_VALUE / 2);
        lock.unlock();
        try {
            if (!woken) {
                LockSupport.parkNanos(this, timeoutNs);
            }
        } finally {
            lock.lock();
        }
        woken = false;
    }

    @Override
    public int dispatch(long nowNs) {
        LaneTask current = visit;
        if (current == null) {
            return 0;
        }
        visit = null;
        current.happen(nowNs);
        return 1;
    }

    /** There is no kernel object here that could fail. */
    @Override
    public void renew() {}

    @Override
    public void wakeup() {
        if (!woken) {
            woken = true;
            LockSupport.unpark(owner);
        }
    }

    @Override
    public void close() {}
}
