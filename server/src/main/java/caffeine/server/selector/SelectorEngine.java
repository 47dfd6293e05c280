package caffeine.server.selector;

import caffeine.server.core.ClientAddress;
import caffeine.server.engine.EngineSetup;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.MixedPoller;
import caffeine.server.poll.SelectorPoller;
import caffeine.server.service.ServingThread;
import caffeine.server.service.ThreadedEngine;
import caffeine.server.socket.ChannelListener;
import caffeine.server.socket.SelectableContext;
import caffeine.server.socket.SelectableTransport;

import java.nio.channels.SocketChannel;

/** One thread that accepts, reads and writes whatever the JDK's selector says is ready. */
final class SelectorEngine extends ThreadedEngine<ChannelListener> {

    /** An engine that has not been started. */
    SelectorEngine(EngineSetup setup) {
        super(
                new SelectorDescription(),
                setup,
                "selector",
                SelectorPoller::open,
                channels(setup, "selector"),
                true);
    }

    @Override
    protected int threads(ServerOptions server, int size) {
        return 1;
    }

    @Override
    protected ServingThread<ChannelListener> thread(ServingThread.Setup setup) {
        return new SelectorThread(setup, runsScripts(setup.server()));
    }

    /** The thread. */
    private static final class SelectorThread extends ServingThread<ChannelListener> {

        private final SelectableContext context;

        SelectorThread(Setup setup, boolean scripts) {
            super(setup, scripts ? MixedPoller.open() : setup.pollers().get());
            this.context =
                    new SelectableContext(
                            loop(),
                            setup.server(),
                            clients().protocols(),
                            setup.share().unsent(),
                            clients()::clientClosed);
        }

        @Override
        public void take(ChannelListener listener) {
            SocketChannel channel = listener.client();
            ClientAddress from = listener.clientAddress();
            came();
            SelectableTransport client;
            try {
                client = new SelectableTransport(channel, from, context);
            } catch (Throwable mistake) {
                ChannelListener.close(channel);
                lost(from);
                throw mistake;
            }
            client.open();
            clients().serve(client);
        }
    }
}
