package caffeine.server.sharded;

import caffeine.os.Descriptors;
import caffeine.server.core.ClientAddress;
import caffeine.server.engine.StartException;
import caffeine.server.poll.EpollPoller;
import caffeine.server.service.ServingThread;
import caffeine.server.service.ThreadedEngine;
import caffeine.server.sharded.ShardedOptions.Accept;
import caffeine.server.socket.Listener;

import java.util.List;

/**
 * Threads that share nothing while they serve a request: each has its own loop, poller and
 * listener. They share the limit of clients and the handler slots, which are used when a client
 * connects or closes, or a script starts or ends.
 */
public final class ShardedEngine extends ThreadedEngine<Listener> {

    private record Sockets(ShardedOptions options) implements Listening<Listener> {
        @Override
        public List<List<Listener>> open(int count) throws StartException {
            return Listener.openGroups(options.server().network(), count);
        }

        @Override
        public Listener another(Listener first) throws StartException {
            return Listener.another(first);
        }
    }

    public ShardedEngine(ShardedOptions options) {
        super(
                "sharded",
                "shard",
                options.server(),
                options.threads(),
                options.ownsProcess(),
                options.handler(),
                EpollPoller::open,
                new Sockets(options),
                options.accept() == Accept.REUSEPORT);
    }

    @Override
    protected ServingThread<Listener> thread(ServingThread.Setup setup) {
        return new Shard(setup);
    }

    /** One thread with its own loop. */
    static final class Shard extends ServingThread<Listener> {

        Shard(Setup setup) {
            super(setup, EpollPoller.open());
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
