package caffeine.server.core;

/**
 * A handler with processes or the like, which must end with the server. All calls come on the
 * thread that drives the connections.
 */
public interface ManagedHandler extends Handler, AutoCloseable {

    /** A handler slot is free for this handler. */
    default void slotFreed() {}

    /** Whether this process is one that it started and will reap. */
    default boolean runs(int pid) {
        return false;
    }

    /** Whether nothing is running. */
    default boolean isIdle() {
        return true;
    }

    /** Whether it still reads the output of processes that something which ran has left. */
    default boolean readsLateOutput() {
        return false;
    }

    /** Asks everything running to end. */
    default void endAll() {}

    /** Ends everything running. */
    default void killAll() {}

    @Override
    void close();

    /** Stands for a handler with nothing behind it. */
    ManagedHandler NONE =
            new ManagedHandler() {
                @Override
                public ExchangeListener begin(Exchange exchange) {
                    throw new IllegalStateException("another handler answers");
                }

                @Override
                public void close() {}
            };
}
