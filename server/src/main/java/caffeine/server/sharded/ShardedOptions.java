package caffeine.server.sharded;

import caffeine.server.core.Handler;
import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.util.Objects;

/**
 * Options of the sharded engine.
 *
 * @param server for every shard
 * @param threads how many shards; at least 1
 * @param accept how clients are distributed
 * @param ownsProcess whether the server owns the process: then it raises the descriptor limit,
 *     adopts processes that scripts leave running, and ends all children when it stops
 * @param handler the handler, for many threads; null for the options' app
 */
public record ShardedOptions(
        ServerOptions server,
        int threads,
        Accept accept,
        boolean ownsProcess,
        @Nullable Handler handler) {

    /** How clients are distributed to shards. */
    public enum Accept {
        /** Each has its own listener; the kernel distributes clients by their addresses. */
        REUSEPORT,

        /**
         * One thread accepts for all, and assigns each client to the shard with the fewest clients.
         */
        ASSIGN
    }

    /** Answers with the options' app. */
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
