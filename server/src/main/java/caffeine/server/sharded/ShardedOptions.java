package caffeine.server.sharded;

import caffeine.server.core.Handler;
import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.util.Objects;

/**
 * What the sharded engine needs beyond what every server is told.
 *
 * @param server told to every shard
 * @param threads how many shards; at least 1
 * @param accept how clients come to a shard
 * @param ownsProcess whether the process is there for this server alone: then its descriptor limit
 *     is raised, it adopts what scripts leave running, and ends all of its children when it stops
 * @param handler what answers, for many threads; null for what the options name
 */
public record ShardedOptions(
        ServerOptions server,
        int threads,
        Accept accept,
        boolean ownsProcess,
        @Nullable Handler handler) {

    /** How clients come to a shard. */
    public enum Accept {
        /** Each has a listener of its own; the kernel spreads clients by their addresses. */
        REUSEPORT,

        /** One thread accepts for all, and assigns each client to the shard with the fewest. */
        ASSIGN
    }

    /** Answers with what the options name. */
    public ShardedOptions(ServerOptions server, int threads, Accept accept, boolean ownsProcess) {
        this(server, threads, accept, ownsProcess, null);
    }

    public ShardedOptions {
        Objects.requireNonNull(server);
        Objects.requireNonNull(accept);
        if (threads < 1) {
            throw new IllegalArgumentException("threads is " + threads + ", below 1");
        }
    }
}
