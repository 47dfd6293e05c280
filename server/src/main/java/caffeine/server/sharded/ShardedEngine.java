package caffeine.server.sharded;

import caffeine.server.engine.ForwardingEngine;
import caffeine.server.service.ThreadedEngine;

/**
 * Threads that share nothing on a request's way: each has its own loop, its own poller and its own
 * listener. What they do share is touched when a client comes or goes, or a script starts or ends:
 * the room for clients, and the handler slots.
 */
public final class ShardedEngine extends ForwardingEngine {

    public ShardedEngine(ShardedOptions options) {
        super(
                new ThreadedEngine<>(
                        new ShardGroups(options),
                        options.server(),
                        options.threads(),
                        options.ownsProcess()));
    }
}
