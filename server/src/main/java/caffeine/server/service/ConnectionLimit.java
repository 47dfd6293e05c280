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

    /** Idle this long, a connection closes in a shortage; for the next one, and for any. */
    private static final long IDLE_ENOUGH_NS = 500_000_000L;

    private static final long SINGLE_IDLE_ENOUGH_NS = 1_000_000_000L;

    private final int all;
    private volatile int most;
    private final int low;

    /** One client at a time: there is a shortage only while the next one waits. */
    private final boolean single;

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
        this(most, false);
    }

    private ConnectionLimit(int most, boolean single) {
        this.all = most;
        this.single = single;
        this.most = single ? 1 : most;
        this.low = Math.max(1, this.most / LOW);
    }

    /** One client at a time, until {@link #admitWaiting}. */
    ConnectionLimit oneAtATime() {
        return new ConnectionLimit(most, true);
    }

    /** The server ends: clients that wait for their turn may come, and wait for it here. */
    void admitWaiting() {
        most = all;
    }

    boolean isSingle() {
        return single;
    }

    /** How long a connection must have been idle to be closed in a shortage. */
    long idleEnoughNs() {
        return single ? SINGLE_IDLE_ENOUGH_NS : IDLE_ENOUGH_NS;
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
        boolean first = !wanted.getAndSet(true);
        if (takeIfFree()) {
            return true;
        }
        if (single && first) {
            whenShort.forEach(Runnable::run);
        }
        return false;
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
        if (!single && most - count == low - 1) {
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
        return single ? wanted.get() : most - taken.get() < low;
    }

    /** How many clients must close to end the shortage. */
    int missing() {
        return isShort() ? Math.max(0, low - (most - taken.get())) : 0;
    }

    /** How many idle connections should close in a shortage. */
    int wantedWhenShort() {
        return Math.max(4, low);
    }
}
