package caffeine.bench.peers;

/** What all peers that speak WebSocket serve. */
final class Paths {

    /** Each message comes back. */
    static final String ECHO = "/echo";

    /** Each message goes to all connections at this path. */
    static final String BROADCAST = "/broadcast";

    /** Tells a connection at {@link #BROADCAST} that it is among the receivers. */
    static final String WELCOME = "welcome";

    private Paths() {}
}
