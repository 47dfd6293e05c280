package caffeine.server.core;

/**
 * A handler with something behind it that runs on its own, such as processes, and must end when the
 * server does. All calls come on the thread that drives the connections.
 */
public interface ManagedHandler extends Handler, AutoCloseable {

    /** One of the slots that the process has for what runs is free for this handler. */
    default void slotFreed() {}

    /** Whether this process is one that it started and will reap. */
    default boolean runs(int pid) {
        return false;
    }

    /** Whether nothing runs behind it. */
    boolean isIdle();

    /** Asks everything that runs to end. */
    void endAll();

    /** Ends everything that runs. */
    void killAll();

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
                public boolean isIdle() {
                    return true;
                }

                @Override
                public void endAll() {}

                @Override
                public void killAll() {}

                @Override
                public void close() {}
            };
}
