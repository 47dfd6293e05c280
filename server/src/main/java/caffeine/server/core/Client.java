package caffeine.server.core;

/** A connected client, as whoever looks after many of them sees it. */
public interface Client {

    /** What its bytes mean now. */
    Protocol protocol();

    ClientAddress client();

    /** Whether nothing is left of it. */
    boolean isClosed();

    /**
     * Closes once no request is under way. What has come already counts as one: a client that has
     * sent a request gets its answer.
     */
    void drain();

    /** Not {@link #lingeringNs lingering}. */
    long NOT_LINGERING = -1;

    /**
     * For how long its answer has been out and it has only dropped what the client still sends;
     * {@link #NOT_LINGERING} when it does anything else.
     */
    long lingeringNs(long nowNs);

    /** Closes at once, if it lingers: others need its place more. */
    void endLingering();

    /** Closes at once and lets the client know by a reset. */
    void reset();

    /** The server made a mistake with it, which is reported and costs it its connection. */
    void broken(Throwable mistake);
}
