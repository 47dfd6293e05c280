package caffeine.server.service;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many clients may be connected at one time, and how many are: of one process, shared by its
 * loops. Touched when a client comes and when it goes, never by a request. Thread-safe.
 */
public final class Room {

    /** What room is left, as a part of all, under which idle connections close (DESIGN: 5 %). */
    private static final int LOW = 20;

    private final int most;
    private final AtomicInteger taken = new AtomicInteger();

    /**
     * @param most clients, at least 1
     */
    public Room(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("room for " + most + " clients");
        }
        this.most = most;
    }

    /** How many clients there is room for in all. */
    public int most() {
        return most;
    }

    /** Takes the place of a client that is there already, whether there is one or not. */
    public void take() {
        taken.incrementAndGet();
    }

    /** Gives a place back. */
    public void give() {
        taken.decrementAndGet();
    }

    /** Whether so little is left that idle connections should close. */
    boolean isShort() {
        return most - taken.get() < Math.max(1, most / LOW);
    }

    /** How many idle connections should close when room is short. */
    int wantedWhenShort() {
        return Math.max(4, most / LOW);
    }
}
