package caffeine.server.uring;

import caffeine.os.Processes;
import caffeine.os.Processes.FileLimit;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineDescription.Substitute;
import caffeine.server.engine.EngineSetup;
import caffeine.server.options.LogLevel;
import caffeine.server.poll.EpollPoller;
import caffeine.server.poll.UringPoller;
import caffeine.server.service.ServingThread;
import caffeine.server.service.Shard;
import caffeine.server.service.ThreadedEngine;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

/** The arrangement of {@code sharded} over pollers of completions, where the kernel allows them. */
final class UringEngine extends ThreadedEngine<Listener> {

    /**
     * With fewer places for clients, or not twice as many descriptors beside them, no client is
     * accepted before it has a place: it would take the descriptors of scripts.
     */
    private static final int FEW = 1024;

    /** Why it is {@code sharded}. */
    private final @Nullable String refused;

    UringEngine(EngineDescription description, EngineSetup setup) {
        super(description, setup, "ring", EpollPoller::open, sockets(setup), true);
        this.refused = null;
    }

    UringEngine(Substitute other, EngineSetup setup) {
        super(other.engine(), setup, "shard", EpollPoller::open, sockets(setup), true);
        this.refused = other.reason();
    }

    @Override
    protected void prepare(Context given) {
        if (refused != null) {
            given.log()
                    .line(
                            LogLevel.WARN,
                            "server",
                            "this system refuses io_uring ("
                                    + refused
                                    + "); the engine sharded runs in place of uring");
        }
    }

    @Override
    protected ServingThread<Listener> thread(ServingThread.Setup setup) {
        return refused == null
                ? new Shard(setup, UringPoller.open(hasPlenty(setup)))
                : new Shard(setup);
    }

    private static boolean hasPlenty(ServingThread.Setup setup) {
        FileLimit limit = Processes.getFileLimit();
        int places = setup.share().room().most();
        return limit != null && places >= FEW && limit.soft() - places >= 2 * FEW;
    }
}
