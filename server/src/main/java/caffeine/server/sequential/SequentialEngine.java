package caffeine.server.sequential;

import caffeine.server.blocking.BufferPool;
import caffeine.server.blocking.LaneThread;
import caffeine.server.engine.EngineSetup;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.SelectorPoller;
import caffeine.server.service.ServingThread;
import caffeine.server.service.ThreadedEngine;
import caffeine.server.socket.ChannelListener;

/**
 * One connection at a time, in blocking style, over the JDK's sockets. The listener is watched
 * while a connection is served, but the next client is accepted only when there is a place: the
 * readable listener alone says that one waits, and makes an idle connection close after 1 s.
 *
 * <p>A blocked thread cannot keep its own deadlines: the lane's thread closes the socket, which
 * ends the call.
 */
final class SequentialEngine extends ThreadedEngine<ChannelListener> {

    private final BufferPool large = new BufferPool(1);

    /** An engine that has not been started. */
    SequentialEngine(EngineSetup setup) {
        super(
                new SequentialDescription(),
                setup,
                "lane",
                SelectorPoller::open,
                channels(setup, "sequential"),
                false);
    }

    @Override
    protected int threads(ServerOptions server, int size) {
        return 1;
    }

    @Override
    protected ServingThread<ChannelListener> thread(ServingThread.Setup setup) {
        return runsScripts(setup.server())
                ? LaneThread.posted(setup, large, new OneThread())
                : LaneThread.entered(setup, large, new OneThread());
    }
}
