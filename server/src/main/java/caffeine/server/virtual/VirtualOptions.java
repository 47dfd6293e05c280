package caffeine.server.virtual;

import caffeine.server.core.Handler;
import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.util.Objects;

/**
 * What the engine of virtual threads needs beyond what every server is told.
 *
 * @param server what every server is told
 * @param threads how many threads carry the virtual ones, at least 1. There is one scheduler for a
 *     process, and it is made with its first virtual thread: later it stays as it is
 * @param ownsProcess whether the process is there for this server alone: then its descriptor limit
 *     is raised, it adopts what scripts leave running, and ends all of its children when it stops
 * @param handler what answers, for many threads; null for what the options name
 */
public record VirtualOptions(
        ServerOptions server, int threads, boolean ownsProcess, @Nullable Handler handler) {

    /** Answers with what the options name. */
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
