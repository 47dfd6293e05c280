package caffeine.server.virtual;

import caffeine.server.core.ClientAddress;
import caffeine.server.log.EventLog;
import caffeine.server.log.Logs;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.App;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.script.HandlerSlots;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.ClientLoop;
import caffeine.server.service.ConnectionLimit;
import caffeine.server.service.ProcessShare;
import caffeine.server.service.Supervisor;

import org.jspecify.annotations.Nullable;

import java.nio.channels.SocketChannel;
import java.util.concurrent.ThreadFactory;

/** A lane with its loop, its clients, and its own thread. */
final class LaneThread implements Supervisor.ServingThread {

    private final int index;
    private final ConnectionLimit room;
    private final EventLog events;
    private final @Nullable LanePoller poller;
    private final EventLoop loop;
    private final ClientLoop clients;
    private final LaneContext context;
    private final Lane lane;
    private final BufferPool large;
    private final AddressCounts addresses;
    private final boolean countsAddresses;

    LaneThread(
            int index,
            ServerOptions options,
            Logs logs,
            HandlerSlots slots,
            ProcessShare share,
            AddressCounts addresses,
            BufferPool large,
            ThreadFactory threads) {
        this.index = index;
        this.addresses = addresses;
        this.countsAddresses = options.connectionsPerAddress() > 0;
        this.large = large;
        this.events = logs.events();
        this.room = share.room();
        boolean scripts = share.handler() == null && options.app() == App.SCRIPTS;
        this.poller = scripts ? null : new LanePoller(Clock.SYSTEM);
        this.loop =
                new EventLoop(
                        poller != null ? poller : EpollPoller.open(), Clock.SYSTEM, this::mistake);
        try {
            this.clients = new ClientLoop(options, loop, events, slots, share, this::clientGone);
        } catch (Throwable e) {
            loop.close();
            throw e;
        }
        this.context =
                new LaneContext(
                        loop,
                        options,
                        clients.protocols(),
                        share.unsent(),
                        clients::clientClosed,
                        threads);
        this.lane = lane(poller);
        room.whenShort(() -> loop.execute(clients::closeIdleWhenShort));
        room.whenExhausted(() -> loop.execute(clients::descriptorsExhausted));
    }

    private Lane lane(@Nullable LanePoller entered) {
        return entered == null
                ? new PostedLane(loop)
                : new EnteredLane(entered, loop, this::mistake);
    }

    private void mistake(Throwable e) {
        events.mistake("lane " + (index + 1), e);
    }

    @Override
    public @Nullable Throwable run() {
        LanePoller entered = poller;
        if (entered != null) {
            entered.own();
        }
        try {
            if (entered != null) {
                clients.run(entered::driver);
            } else {
                clients.run();
            }
            return null;
        } catch (Throwable e) {
            mistake(e);
            return e;
        } finally {
            close();
            if (entered != null) {
                entered.disown();
            }
        }
    }

    /** Releases what it has; for one that never ran, all of it. */
    @Override
    public void close() {
        clients.close();
        loop.close();
    }

    // ---- from any thread

    /** Takes over a client, with a place in the room. */
    void serve(SocketChannel channel, ClientAddress from) {
        ClientThread thread =
                new ChannelTransport(channel, from, lane, context, large, this::open).thread();
        if (!lane.begin(thread, () -> context.start(thread))) {
            RefusedChannels.drop(channel);
            room.give();
            clientGone(from);
        }
    }

    @Override
    public boolean execute(Runnable task) {
        return loop.execute(task);
    }

    /** A handler slot is free for this lane. */
    void slotFreed() {
        loop.execute(clients::slotFreed);
    }

    /** Takes no more clients, and ends when those that it has had their chance to ask once more. */
    void retire() {
        loop.execute(clients::retire);
    }

    @Override
    public void drain() {
        loop.execute(clients::drain);
    }

    @Override
    public void cut() {
        loop.execute(clients::cut);
    }

    // ---- in the lane

    @Override
    public boolean runs(int pid) {
        return clients.runs(pid);
    }

    private void open(ChannelTransport transport) {
        if (loop.isStopped()) {
            transport.reset(); // too late for this one
            return;
        }
        transport.start();
        clients.serve(transport);
    }

    private void clientGone(ClientAddress client) {
        if (countsAddresses && !client.isUnix()) {
            addresses.remove(client.address());
        }
    }
}
