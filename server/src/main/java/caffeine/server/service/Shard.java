package caffeine.server.service;

import caffeine.os.Descriptors;
import caffeine.server.core.ClientAddress;
import caffeine.server.poll.Poller;
import caffeine.server.socket.Listener;

/** A thread that shares nothing with others while it serves a request: it has its own loop. */
public final class Shard extends ServingThread<Listener> {

    /** One whose loop has a poller as the engine makes them. */
    public Shard(Setup setup) {
        super(setup);
    }

    /**
     * @param poller of its loop; takes ownership
     */
    public Shard(Setup setup, Poller poller) {
        super(setup, poller);
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
