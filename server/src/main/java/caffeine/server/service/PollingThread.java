package caffeine.server.service;

import caffeine.server.loop.Clock;
import caffeine.server.loop.Lane;
import caffeine.server.poll.LanePoller;
import caffeine.server.poll.SharedEpoll;
import caffeine.server.poll.Source;

import java.util.concurrent.locks.LockSupport;

/**
 * A thread that waits on the epoll set of its pool: it drives scheduled lanes, then does the work
 * of each event. Without an epoll set that works, it only ends what was begun.
 */
public abstract class PollingThread extends PoolThread {

    private static final int MOST_LANES = 16;
    private static final int MOST_FAILED_WAITS = 10;
    private static final long BACK_OFF_NS = 100_000_000L;

    private final LanePool pool;
    private final SharedEpoll.Waiter waiter;
    private final SharedEpoll.Entrance entrance = this::ready;
    private int failedWaits;
    private boolean stopped;

    protected PollingThread(LanePool pool, String name) {
        super(pool, name);
        this.pool = pool;
        this.waiter = pool.epoll.waiter();
    }

    @Override
    protected final boolean turn() {
        scheduledLanes();
        events(await(), waiter);
        return !stopped || pool.hasScheduled();
    }

    /** Does the work of so many events. */
    protected abstract void events(int count, SharedEpoll.Waiter waited);

    /** How long to wait at most; below 0: without end. */
    protected long longestWaitNs() {
        return -1;
    }

    /** Drives lanes that are scheduled. */
    protected final void scheduledLanes() {
        Lane next = pool.takeScheduled();
        for (int i = 1; next != null; i++) {
            working();
            next.drive();
            next = i < MOST_LANES ? pool.takeScheduled() : null;
        }
        worked();
    }

    /** One event at a time while other threads wait too: the kernel wakes one for the next. */
    private int await() {
        if (failedWaits > MOST_FAILED_WAITS) {
            LockSupport.parkNanos(BACK_OFF_NS);
            pool.sweep(Clock.SYSTEM.nanoTime());
            return 0;
        }
        boolean alone = pool.waits() == 1;
        try {
            boolean waits = !stopped && !pool.hasScheduled();
            int most = waits && alone ? Integer.MAX_VALUE : 1;
            int count = waiter.await(waits ? longestWaitNs() : 0, most);
            failedWaits = 0;
            return count;
        } catch (Throwable e) {
            if (++failedWaits > MOST_FAILED_WAITS) {
                pool.failed(e);
            }
            LockSupport.parkNanos(BACK_OFF_NS);
            throw e;
        } finally {
            pool.waited();
        }
    }

    /** Does the work of an event. */
    protected final void work(long event, int readiness) {
        long nowNs = working();
        int common = SharedEpoll.common(event);
        if (common < 0) {
            pool.epoll.deliver(event, readiness, entrance);
        } else if (common == pool.stopFd) {
            stopped = true;
        } else if (common == pool.wakeupFd) {
            pool.woken();
            scheduledLanes();
        } else {
            pool.sweep(nowNs);
        }
        worked();
    }

    private void ready(LanePoller lane, Source source, int generation, int readiness) {
        pool.ready((Lane) lane, source, generation, readiness);
    }
}
