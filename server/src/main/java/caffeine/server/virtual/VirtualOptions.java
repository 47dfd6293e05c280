package caffeine.server.virtual;

import caffeine.server.core.Handler;
import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.util.Objects;

/**
 * Options of the engine of virtual threads.
 *
 * @param server the common options
 * @param threads the number of carrier threads, at least 1. A process has one scheduler, created
 *     with its first virtual thread; it cannot change later
 * @param ownsProcess whether the server owns the process: then it raises the descriptor limit,
 *     adopts processes that scripts leave running, and ends all children when it stops
 * @param handler the handler, for many threads; null for the options' app
 */
public record VirtualOptions(
        ServerOptions server, int threads, boolean ownsProcess, @Nullable Handler handler) {

    /** Answers with the options' app. */
    public VirtualOptions(ServerOptions server, int threads, boolean ownsProcess) {
        this(server, threads, ownsProcess, null);
    }

    public VirtualOptions {
        Objects.requireNonNull(server);
        if (threads < 1) {
            throw new IllegalArgumentException("threads is " + threads + ", below 1");
        }
    }
}
