package caffeine.server.sharded;

import caffeine.server.engine.EngineSetup;
import caffeine.server.poll.EpollPoller;
import caffeine.server.service.ServingThread;
import caffeine.server.service.Shard;
import caffeine.server.service.ThreadedEngine;
import caffeine.server.socket.Listener;

/**
 * Threads that share nothing while they serve a request: each has its own loop, poller and
 * listener. They share the limit of clients and the handler slots, which are used when a client
 * connects or closes, or a script starts or ends.
 */
final class ShardedEngine extends ThreadedEngine<Listener> {

    /** An engine that has not been started. */
    ShardedEngine(EngineSetup setup) {
        super(
                new ShardedDescription(),
                setup,
                "shard",
                EpollPoller::open,
                sockets(setup),
                setup.choice(ShardedDescription.ACCEPT).equals(ShardedDescription.REUSEPORT));
    }

    @Override
    protected ServingThread<Listener> thread(ServingThread.Setup setup) {
        return new Shard(setup);
    }
}
