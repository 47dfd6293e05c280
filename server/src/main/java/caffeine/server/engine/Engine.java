package caffeine.server.engine;

import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.util.List;
import java.util.function.Consumer;

/**
 * An arrangement of threads or processes around loops. An engine is started once and stopped once.
 */
public interface Engine {

    /** The name by which {@code --engine} picks it. */
    String name();

    /**
     * Binds the listeners and starts what serves them. Returns when requests will be answered.
     *
     * @param bound called when the listeners are bound and the logs are open, before anything else
     *     is created
     * @return the addresses that were bound, in the order of the options, with the port that the
     *     kernel picked
     * @throws StartException when it cannot; its message is for the user
     */
    List<SocketAddress> start(Bound bound) throws StartException;

    /**
     * The same without an action after binding.
     *
     * @throws StartException when it cannot
     */
    default List<SocketAddress> start() throws StartException {
        return start(_ -> {});
    }

    /** An action after binding, such as giving up root. */
    @FunctionalInterface
    interface Bound {

        /**
         * Called on the thread that starts the engine.
         *
         * @param addresses the listeners'
         * @throws StartException when the engine cannot go on; its start fails with this then
         */
        void bound(List<SocketAddress> addresses) throws StartException;
    }

    /**
     * Stops accepting and drains: exchanges in progress have the grace to finish. Returns at once.
     */
    void stop();

    /**
     * Applies other options without stopping: new connections get them, and old ones drain within
     * the grace. The addresses stay. From any thread; returns at once. The log has the result; if
     * the new options do not work, the old ones stay.
     *
     * @param options the new options; their addresses are ignored
     * @param parts how many workers or threads there should be
     * @param done called on a thread of the engine: true when new connections get them, false when
     *     the old ones stay; not called when another reload, or the end, comes first
     * @return false when this engine cannot do it
     */
    default boolean reload(ServerOptions options, int parts, Consumer<Boolean> done) {
        return false;
    }

    /**
     * Reopens the log files by their names, for log rotation; no line is lost. From any thread;
     * returns at once. If a file cannot be opened, lines go to the old one.
     */
    default void reopenLogs() {}

    /**
     * Runs a task when every thread that drives clients has responded; never, if one of them hangs.
     * From any thread, when the engine has started; returns at once.
     */
    default void probe(Runnable answered) {
        answered.run();
    }

    /**
     * Waits until everything that was started has ended; {@link #failure} has the reason.
     *
     * @throws InterruptedException when this thread is interrupted meanwhile
     */
    void awaitEnd() throws InterruptedException;

    /**
     * Why it ended by itself: the loop of a thread failed, and could not be replaced. Null while it
     * runs, and after {@link #stop}.
     */
    default @Nullable Throwable failure() {
        return null;
    }
}
