package caffeine.server.core;

/** A connected client, for code that manages many of them. */
public interface Client {

    /** Its current protocol. */
    Protocol protocol();

    /** Its address. */
    ClientAddress client();

    /** Whether it has ended completely. */
    boolean isClosed();

    /**
     * Drains: closes once no request is in progress. Received bytes count as a request: a client
     * that has sent a request gets its answer.
     */
    void drain();

    /** Not {@link #lingeringNs lingering}. */
    long NOT_LINGERING = -1;

    /**
     * For how long it has been lingering: the answer is sent, and further input is dropped; {@link
     * #NOT_LINGERING} in any other state.
     */
    long lingeringNs(long nowNs);

    /** Closes at once if it lingers, to free its place. */
    void endLingering();

    /** Runs a task later on the thread that drives it. From any thread. */
    void execute(Runnable task);

    /** Closes at once with a reset. */
    void reset();

    /** A mistake of the server: reports it, and ends this connection only. */
    void broken(Throwable mistake);
}
