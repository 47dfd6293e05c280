package caffeine.server.virtual;

import caffeine.server.blocking.BufferPool;
import caffeine.server.blocking.ClientThreads;
import caffeine.server.blocking.LaneThread;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.OpenResources;
import caffeine.server.engine.Preload;
import caffeine.server.engine.StartException;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.SelectorPoller;
import caffeine.server.service.ServingThread;
import caffeine.server.service.ThreadedEngine;
import caffeine.server.socket.ChannelListener;

import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.ThreadFactory;

/**
 * A virtual thread for each connection, in blocking style, over the JDK's sockets. Everything
 * except reading and writing needs one thread at a time, and runs in lanes: a few more lanes than
 * carriers, so that threads rarely wait for a lane.
 */
final class VirtualEngine extends ThreadedEngine<ChannelListener> {

    private static final int LANES_PER_THREAD = 4;
    private static final int MOST_LANES = 64;
    private static final String PARALLELISM = "jdk.virtualThreadScheduler.parallelism";

    private final BufferPool large;

    /** A virtual thread for each task. */
    private static final class VirtualThreads implements ClientThreads {
        private final ThreadFactory factory =
                Thread.ofVirtual().inheritInheritableThreadLocals(false).factory();

        @Override
        public void serve(Runnable connection) {
            factory.newThread(connection).start();
        }

        @Override
        public void write(Runnable output) {
            factory.newThread(output).start();
        }
    }

    private final ClientThreads threads = new VirtualThreads();

    /** An engine that has not been started. */
    VirtualEngine(EngineSetup setup) {
        super(
                new VirtualDescription(),
                setup,
                "lane",
                SelectorPoller::open,
                channels(setup, "virtual"),
                false);
        this.large = new BufferPool(2 * setup.size());
    }

    @Override
    protected List<SocketAddress> listen(OpenResources opened) throws StartException {
        // It applies to all virtual threads of the process: a program that shares it decides.
        if (setup().ownsProcess() && System.getProperty(PARALLELISM) == null) {
            System.setProperty(PARALLELISM, Integer.toString(setup().size()));
        }
        return super.listen(opened);
    }

    /** Early, because the pollers of virtual threads need descriptors. */
    @Override
    protected void prepare(Context given) {
        Preload.virtualThreads();
    }

    /** Scripts are driven by one thread: their processes and pipes are native descriptors. */
    @Override
    protected int threads(ServerOptions server, int size) {
        return runsScripts(server) ? 1 : Math.min(MOST_LANES, LANES_PER_THREAD * size);
    }

    @Override
    protected ServingThread<ChannelListener> thread(ServingThread.Setup setup) {
        return runsScripts(setup.server())
                ? LaneThread.posted(setup, large, threads)
                : LaneThread.entered(setup, large, threads);
    }
}
