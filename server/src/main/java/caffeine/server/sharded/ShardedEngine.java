package caffeine.server.sharded;

import caffeine.os.Descriptors;
import caffeine.server.core.ClientAddress;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.StartException;
import caffeine.server.options.NetworkOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.service.ServingThread;
import caffeine.server.service.ThreadedEngine;
import caffeine.server.socket.Listener;

import java.util.List;

/**
 * Threads that share nothing while they serve a request: each has its own loop, poller and
 * listener. They share the limit of clients and the handler slots, which are used when a client
 * connects or closes, or a script starts or ends.
 */
final class ShardedEngine extends ThreadedEngine<Listener> {

    private record Sockets(NetworkOptions network) implements Listening<Listener> {
        @Override
        public List<List<Listener>> open(int count) throws StartException {
            return Listener.openGroups(network, count);
        }

        @Override
        public Listener another(Listener first) throws StartException {
            return Listener.another(first);
        }
    }

    /** An engine that has not been started. */
    ShardedEngine(EngineSetup setup) {
        super(
                new ShardedDescription(),
                setup,
                "shard",
                EpollPoller::open,
                new Sockets(setup.server().network()),
                setup.choice(ShardedDescription.ACCEPT).equals(ShardedDescription.REUSEPORT));
    }

    @Override
    protected ServingThread<Listener> thread(ServingThread.Setup setup) {
        return new Shard(setup);
    }

    /** One thread with its own loop. */
    static final class Shard extends ServingThread<Listener> {

        Shard(Setup setup) {
            super(setup);
        }

        /** If the supervisor accepts, the client is closed when the loop has ended. */
        @Override
        public void take(Listener listener) {
            int fd = listener.client();
            ClientAddress from = listener.clientAddress();
            came();
            if (accepts()) {
                clients().serve(fd, from);
            } else if (!execute(() -> clients().serve(fd, from))) {
                Descriptors.close(fd);
                lost(from);
            }
        }
    }
}
