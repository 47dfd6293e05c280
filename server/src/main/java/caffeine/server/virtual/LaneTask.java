package caffeine.server.virtual;

/**
 * A virtual thread's way into the lane of its connection: what it has read or written outside, it
 * tells inside, in a turn of the lane's loop.
 */
interface LaneTask {

    /** Happens in the lane, in a turn. */
    void happen(long nowNs);

    /** The turn is over. In the lane. */
    void over();
}
