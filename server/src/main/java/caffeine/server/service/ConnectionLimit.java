package caffeine.server.service;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The limit and the number of connected clients of a process, shared by its loops, so that no loop
 * refuses clients while another has free places. Used when a client connects or closes, never by a
 * request. Thread-safe once all callbacks are set.
 */
public final class ConnectionLimit {

    /** The part of free places below which idle connections close. */
    private static final int LOW = 20;

    private final int most;
    private final int low;
    private final AtomicInteger taken = new AtomicInteger();

    /** {@link #tryTake} has failed since the last call of {@link #whenFree}. */
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

    /** The limit. */
    public int most() {
        return most;
    }

    /** The number of connected clients. */
    int count() {
        return taken.get();
    }

    /** Sets the action, on any thread, for a free place after {@link #tryTake} has failed. */
    public void whenFree(Runnable action) {
        whenFree.add(action);
    }

    /** Sets the action, on any thread, for a shortage of places. */
    public void whenShort(Runnable action) {
        whenShort.add(action);
    }

    /** Sets the action, on any thread, for a client that has a place but cannot be accepted. */
    public void whenExhausted(Runnable action) {
        whenExhausted.add(action);
    }

    /** The system is out of descriptors, so that a place is not enough to take a client. */
    public void exhausted() {
        whenExhausted.forEach(Runnable::run);
    }

    /** Takes a place for an existing client, even beyond the limit. */
    public void take() {
        taken(taken.incrementAndGet());
    }

    /** Takes a place, if one is free. */
    public boolean tryTake() {
        if (takeIfFree()) {
            return true;
        }
        // Releasing a place checks for waiting callers afterwards; so in a race at least one side
        // sees the other.
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

    /** Releases a place. */
    public void give() {
        taken.decrementAndGet();
        if (wanted.get() && wanted.compareAndSet(true, false)) {
            whenFree.forEach(Runnable::run);
        }
    }

    /** Whether places are so short that idle connections should close. */
    boolean isShort() {
        return most - taken.get() < low;
    }

    /** How many clients must close to end the shortage. */
    int missing() {
        return Math.max(0, low - (most - taken.get()));
    }

    /** How many idle connections should close in a shortage. */
    int wantedWhenShort() {
        return Math.max(4, low);
    }
}
