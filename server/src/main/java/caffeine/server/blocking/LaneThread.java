package caffeine.server.blocking;

import caffeine.server.core.ClientAddress;
import caffeine.server.loop.Clock;
import caffeine.server.poll.EpollPoller;
import caffeine.server.poll.Poller;
import caffeine.server.service.ClientLoop;
import caffeine.server.service.LoopMonitor;
import caffeine.server.service.ServingThread;
import caffeine.server.socket.ChannelListener;

import org.jspecify.annotations.Nullable;

import java.nio.channels.SocketChannel;

/** A lane with its loop, its clients and its own thread. */
public final class LaneThread extends ServingThread<ChannelListener> {

    /** The lane that threads enter; otherwise tasks are posted to it. */
    private final @Nullable EnteredLane entered;

    private final LaneContext context;
    private final Lane lane;
    private final BufferPool large;
    private final ClientThreads threads;

    private LaneThread(
            Setup setup,
            Poller poller,
            @Nullable EnteredLane entered,
            BufferPool large,
            ClientThreads threads) {
        super(setup, poller);
        this.entered = entered;
        this.large = large;
        this.threads = threads;
        this.context =
                new LaneContext(
                        loop(),
                        setup.server(),
                        clients().protocols(),
                        setup.share().unsent(),
                        clients()::clientClosed,
                        threads);
        if (entered != null) {
            entered.drives(loop(), this::mistake);
        }
        this.lane = entered != null ? entered : new PostedLane(loop());
    }

    /** One that the threads of its connections drive. */
    public static LaneThread entered(Setup setup, BufferPool large, ClientThreads threads) {
        EnteredLane lane = new EnteredLane(Clock.SYSTEM);
        return new LaneThread(setup, lane, lane, large, threads);
    }

    /** One that its own thread drives: for scripts. */
    public static LaneThread posted(Setup setup, BufferPool large, ClientThreads threads) {
        return new LaneThread(setup, EpollPoller.open(), null, large, threads);
    }

    @Override
    public @Nullable Throwable run() {
        try (threads) {
            threads.start();
            return entered == null ? super.run() : runEntered(entered);
        }
    }

    private @Nullable Throwable runEntered(EnteredLane own) {
        try (LoopMonitor.Watch _ = clients().watch(own::driver)) {
            own.own(); // waits while another thread takes a turn
            try {
                return super.run();
            } finally {
                own.disown();
            }
        }
    }

    @Override
    protected void serve(ClientLoop own) {
        if (entered == null) {
            own.run();
        } else {
            own.runWatched();
        }
    }

    @Override
    public void take(ChannelListener listener) {
        SocketChannel channel = listener.client();
        ClientAddress from = listener.clientAddress();
        came();
        boolean begun = false;
        try {
            ChannelTransport transport =
                    new ChannelTransport(channel, from, lane, context, large, this::open);
            begun = lane.begin(transport.thread(), () -> start(transport));
        } finally {
            if (!begun) {
                ChannelListener.close(channel);
                lost(from);
            }
        }
    }

    /** Without a thread the client is reset, because it is already open. */
    private void start(ChannelTransport transport) {
        try {
            threads.serve(transport.thread());
        } catch (Throwable e) {
            execute(() -> transport.broken(e));
        }
    }

    /** In the lane. */
    private void open(ChannelTransport transport) {
        if (loop().isStopped()) {
            transport.reset(); // too late for this one
            return;
        }
        transport.start();
        clients().serve(transport);
    }
}
