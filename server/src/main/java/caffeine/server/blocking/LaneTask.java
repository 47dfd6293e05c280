package caffeine.server.blocking;

/**
 * A task of a virtual thread for the lane of its connection: reports reads and writes in a turn of
 * the lane's loop.
 */
interface LaneTask {

    /** Runs in the lane, in a turn. */
    void happen(long nowNs);

    /** The turn is over. In the lane. */
    void over();
}
