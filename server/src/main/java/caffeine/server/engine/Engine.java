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
     * @param bound told as soon as the listeners are bound and the logs are open, and before
     *     anything else is made
     * @return the addresses that were bound, in the order of the options, with the port that the
     *     kernel picked
     * @throws StartException when it cannot; its message is for the user
     */
    List<SocketAddress> start(Bound bound) throws StartException;

    /** The same where nothing happens in between. */
    default List<SocketAddress> start() throws StartException {
        return start(_ -> {});
    }

    /** What is to happen once the listeners are bound, such as to give up root's rights. */
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

    /** Stops accepting and lets exchanges in progress end within the grace. Returns at once. */
    void stop();

    /**
     * Serves by other options from now on, and does not stop for it: new connections get them, and
     * what was begun before ends within the grace as it began. Where it listens stays as it is.
     * From any thread; returns at once. The log says what came of it; when the new options do not
     * work, the old ones stay.
     *
     * @param options what to go by; their addresses count for nothing
     * @param parts how many workers or threads there should be
     * @param done told on a thread of the engine's: true when new connections get them, false when
     *     the old ones stay; not told when another reload, or the end, comes before
     * @return false when this engine cannot do it
     */
    default boolean reload(ServerOptions options, int parts, Consumer<Boolean> done) {
        return false;
    }

    /**
     * Opens the files that logs go to anew, by their names, for what rotates logs; no line is lost.
     * From any thread; returns at once. One that cannot be opened leaves the lines where they went.
     */
    default void reopenLogs() {}

    /**
     * Runs a task when every thread that drives clients has come round to it; which is never, when
     * one of them hangs. From any thread, when the engine has started; returns at once.
     */
    default void probe(Runnable answered) {
        answered.run();
    }

    /** Waits until everything that was started has ended; {@link #failure} tells why. */
    void awaitEnd() throws InterruptedException;

    /**
     * Why it ended though it was not told to: a thread whose loop could not go on, and that could
     * not be replaced. Null while it runs, and after {@link #stop}.
     */
    default @Nullable Throwable failure() {
        return null;
    }
}
