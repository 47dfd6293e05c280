package caffeine.server.virtual;

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
 * A lane that its visitors drive themselves, under its lock. It is the poller of an event loop: the
 * thread that holds the lock may take a turn of the loop, and what is ready in it is the visit that
 * the thread brought. The loop's own thread holds the lock too, but while it waits: it is there for
 * timers and tasks.
 *
 * <p>Nothing else is watched: what answers in such a loop has no descriptors of its own.
 */
final class EnteredLane implements Lane, Poller {

    /**
     * How late a timer may be. The time at which the owner wakes is known less exactly than that,
     * and without it every visit would find it a little late and wake the owner.
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

    /** The lock, which knows which thread takes a turn. */
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
     * @param told of what breaks a turn
     */
    void drives(EventLoop driven, Consumer<Throwable> told) {
        loop = driven;
        mistaken = told;
    }

    /** Takes the lock for the loop's own thread, which keeps it but while it waits. */
    void own() {
        lock.lock();
        owner = Thread.currentThread();
    }

    /** The loop's own thread has ended; visits still find the lock. */
    void disown() {
        owner = null;
        lock.unlock();
    }

    /** The thread that takes a turn, be it a visitor or the owner; null when none does. */
    @Nullable Thread driver() {
        return lock.holder();
    }

    @Override
    public boolean begin(LaneTask first, Runnable start) {
        enter(first);
        start.run();
        return true; // one that has ended still has its lock, and resets the client
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

    /** The loop's own thread waits for timers; a visit may have set an earlier one. */
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

    /** There is nothing of the kernel's here that could fail. */
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
