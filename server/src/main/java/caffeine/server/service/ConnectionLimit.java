package caffeine.server.service;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many clients may be connected at one time, and how many are: of one process, shared by its
 * loops, so that none turns clients away while another has room. Touched when a client comes and
 * when it goes, never by a request. Thread-safe once all listeners are there.
 */
public final class ConnectionLimit {

    /** What room is left, as a part of all, under which idle connections close (DESIGN: 5 %). */
    private static final int LOW = 20;

    private final int most;
    private final int low;
    private final AtomicInteger taken = new AtomicInteger();

    /** Somebody could not take a place since the last call of {@link #whenFree}. */
    private final AtomicBoolean wanted = new AtomicBoolean();

    private final List<Runnable> whenFree = new ArrayList<>();
    private final List<Runnable> whenShort = new ArrayList<>();
    private final List<Runnable> whenExhausted = new ArrayList<>();

    /**
     * @param most clients, at least 1
     */
    public ConnectionLimit(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("room for " + most + " clients");
        }
        this.most = most;
        this.low = Math.max(1, most / LOW);
    }

    /** How many clients there is room for in all. */
    public int most() {
        return most;
    }

    /** Calls this, on any thread, when there is room again after {@link #tryTake} has failed. */
    public void whenFree(Runnable action) {
        whenFree.add(action);
    }

    /** Calls this, on any thread, when room becomes short. */
    public void whenShort(Runnable action) {
        whenShort.add(action);
    }

    /** Calls this, on any thread, when a client that there is a place for cannot be taken. */
    public void whenExhausted(Runnable action) {
        whenExhausted.add(action);
    }

    /** The system is out of descriptors, so that a place is not enough to take a client. */
    public void exhausted() {
        whenExhausted.forEach(Runnable::run);
    }

    /** Takes the place of a client that is there already, whether there is one or not. */
    public void take() {
        taken(taken.incrementAndGet());
    }

    /** Takes a place, unless there is none. */
    public boolean tryTake() {
        if (takeIfFree()) {
            return true;
        }
        // Who gives a place back looks for the wish afterwards; so one of two that race sees it.
        wanted.set(true);
        return takeIfFree();
    }

    private boolean takeIfFree() {
        int count = taken.get();
        while (count < most) {
            if (taken.compareAndSet(count, count + 1)) {
                taken(count + 1);
                return true;
            }
            count = taken.get();
        }
        return false;
    }

    private void taken(int count) {
        if (most - count == low - 1) {
            whenShort.forEach(Runnable::run);
        }
    }

    /** Gives a place back. */
    public void give() {
        taken.decrementAndGet();
        if (wanted.get() && wanted.compareAndSet(true, false)) {
            whenFree.forEach(Runnable::run);
        }
    }

    /** Whether so little is left that idle connections should close. */
    boolean isShort() {
        return most - taken.get() < low;
    }

    /** How many clients have to go so that room is not short. */
    int missing() {
        return Math.max(0, low - (most - taken.get()));
    }

    /** How many idle connections should close when room is short. */
    int wantedWhenShort() {
        return Math.max(4, low);
    }
}
