package caffeine.server.loop;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/**
 * The timers of one loop: a binary heap by due time.
 *
 * <p>Most timers are deadlines that each arriving byte postpones, and few ever expire. So
 * postponing only writes the new time; the place in the heap is corrected when the old time comes.
 */
public final class Timers {

    /** The room to begin with: a loop of one connection needs no more. */
    private static final int FEW = 4;

    private @Nullable Timer[] heap = new Timer[FEW];
    private int size;

    /** Sets or changes when a timer is due. */
    public void schedule(Timer timer, long dueNs) {
        timer.dueNs = dueNs;
        if (timer.position == Timer.NOT_QUEUED) {
            if (size == heap.length) {
                heap = Arrays.copyOf(heap, 2 * size);
            }
            timer.queuedNs = dueNs;
            up(size++, timer);
        } else if (dueNs - timer.queuedNs < 0) {
            timer.queuedNs = dueNs;
            up(timer.position, timer);
        }
    }

    /** Makes sure that a timer does not expire; harmless when it is not scheduled. */
    public void cancel(Timer timer) {
        int hole = timer.position;
        if (hole == Timer.NOT_QUEUED) {
            return;
        }
        timer.position = Timer.NOT_QUEUED;
        Timer last = at(--size);
        heap[size] = null;
        if (hole != size) {
            refill(hole, last);
        }
    }

    /**
     * Lets every due timer expire. When one throws from {@link Timer#broken}, those behind it
     * expire at the next call.
     *
     * @return how many did
     */
    public int expire(long nowNs) {
        int expired = 0;
        while (size > 0) {
            Timer first = at(0);
            if (first.queuedNs - nowNs > 0) {
                break;
            }
            if (first.dueNs - nowNs > 0) {
                first.queuedNs = first.dueNs;
                down(0, first);
                continue;
            }
            cancel(first);
            expire(first, nowNs);
            expired++;
        }
        return expired;
    }

    private static void expire(Timer timer, long nowNs) {
        try {
            timer.expired(nowNs);
        } catch (Throwable mistake) {
            timer.broken(mistake);
        }
    }

    /**
     * How long until the next timer may be due: 0 when one is, {@link Long#MAX_VALUE} when there is
     * none. May be early for a postponed timer.
     */
    public long untilNextNs(long nowNs) {
        return size == 0 ? Long.MAX_VALUE : Math.max(0, at(0).queuedNs - nowNs);
    }

    /** When the next timer may be due; {@link Long#MAX_VALUE} when there is none. */
    long nextNs() {
        return size == 0 ? Long.MAX_VALUE : at(0).queuedNs;
    }

    /** How many are scheduled. */
    public int size() {
        return size;
    }

    private void refill(int hole, Timer timer) {
        if (hole > 0 && before(timer, at((hole - 1) >>> 1))) {
            up(hole, timer);
        } else {
            down(hole, timer);
        }
    }

    private void up(int from, Timer timer) {
        int i = from;
        while (i > 0) {
            int parent = (i - 1) >>> 1;
            if (!before(timer, at(parent))) {
                break;
            }
            place(i, at(parent));
            i = parent;
        }
        place(i, timer);
    }

    private void down(int from, Timer timer) {
        int i = from;
        while (true) {
            int child = 2 * i + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && before(at(child + 1), at(child))) {
                child++;
            }
            if (!before(at(child), timer)) {
                break;
            }
            place(i, at(child));
            i = child;
        }
        place(i, timer);
    }

    private void place(int i, Timer timer) {
        heap[i] = timer;
        timer.position = i;
    }

    private static boolean before(Timer a, Timer b) {
        return a.queuedNs - b.queuedNs < 0;
    }

    private Timer at(int i) {
        Timer timer = heap[i];
        if (timer == null) {
            throw new IllegalStateException("no timer at " + i + " of " + size);
        }
        return timer;
    }
}
