package caffeine.server.blocking;

/** The threads of connections: one for each connection, or one for all of them in turn. */
public interface ClientThreads extends AutoCloseable {

    /** Creates the threads that it keeps. */
    default void start() {}

    /** Reads and answers requests of a connection until its end; now, or after earlier ones. */
    void serve(Runnable connection);

    /** Writes output of a connection while its own thread waits for input. */
    void write(Runnable output);

    /** All connections are closed. */
    @Override
    default void close() {}
}
