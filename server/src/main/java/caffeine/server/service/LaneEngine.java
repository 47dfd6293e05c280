package caffeine.server.service;

import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineSetup;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.socket.Listener;

import java.util.List;

/**
 * The shell of engines whose threads drive lanes: each connection is in a lane, so that one thread
 * at a time is in it. With scripts many connections share a lane, because they share the handler
 * that watches their processes.
 */
public abstract class LaneEngine extends ThreadedEngine<Listener> {

    /** With scripts: enough, so that threads rarely meet. */
    private static final int LANES_PER_THREAD = 4;

    private static final int MOST_LANES = 32;

    /** An engine that has not been started. */
    protected LaneEngine(EngineDescription description, EngineSetup setup) {
        super(
                description,
                setup,
                description.name(),
                EpollPoller::open,
                _ -> Listener.open(setup.server().network()).stream().map(List::of).toList(),
                true);
    }

    /**
     * Makes the pool of a generation.
     *
     * @param size how many threads
     * @param apart whether each connection has a lane of its own
     */
    protected abstract LanePool pool(int size, boolean apart);

    @Override
    protected final LanePool pool(ServerOptions server, int size) {
        return pool(size, !runsScripts(server));
    }

    /** One at each address, for all threads. */
    @Override
    protected final int listeners(int threads) {
        return 1;
    }

    /** Not threads, but groups of clients, which the threads of the pool drive. */
    @Override
    protected int threads(ServerOptions server, int size) {
        return runsScripts(server) ? Math.min(MOST_LANES, LANES_PER_THREAD * size) : 1;
    }

    /** The pool makes them. */
    @Override
    protected final ServingThread<Listener> thread(ServingThread.Setup setup) {
        throw new IllegalStateException("no thread without a pool");
    }
}
