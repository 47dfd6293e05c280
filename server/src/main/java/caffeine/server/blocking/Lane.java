package caffeine.server.blocking;

/**
 * Drives the connections of many virtual threads, one at a time, like the thread of a loop. So
 * connections and handlers need no locks.
 */
interface Lane {

    /**
     * Runs a connection's first task in a turn of the lane, and starts its thread after it. Not on
     * that thread, so that a client accepted before the lane drains is also served.
     *
     * @return false when the lane has ended, and neither will happen
     */
    boolean begin(LaneTask first, Runnable start);

    /**
     * Runs a task in a turn of the lane; returns after the turn. Does nothing in an ended lane: its
     * connections are closed.
     */
    void enter(LaneTask visit);
}
