package caffeine.server.virtual;

/**
 * Where the connections of many virtual threads are driven, one at a time: what a loop's thread is
 * elsewhere. So everything below, from the connection to the handler, needs no locks here either.
 */
interface Lane {

    /**
     * Has a connection's first visit happen in a turn of the lane, and its thread started after it.
     * Not by that thread, so that whoever is accepted before the lane drains is also served.
     *
     * @return false when the lane has ended, and neither will happen
     */
    boolean begin(LaneTask first, Runnable start);

    /**
     * Has a visit happen in a turn of the lane; returns when the turn is over. In a lane that has
     * ended nothing happens: its connections are closed.
     */
    void enter(LaneTask visit);
}
