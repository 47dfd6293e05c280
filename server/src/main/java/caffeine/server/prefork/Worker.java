package caffeine.server.prefork;

import caffeine.os.Sockets;
import caffeine.server.core.ClientAddress;
import caffeine.server.engine.StartException;
import caffeine.server.log.EventLog;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.Setting;
import caffeine.server.poll.EpollPoller;
import caffeine.server.poll.Source;
import caffeine.server.prefork.OptionsCodec.WorkerOptions;
import caffeine.server.service.ClientLoop;
import caffeine.server.service.ConnectionLimit;
import caffeine.server.service.FileLimits;
import caffeine.server.service.ProcessShare;
import caffeine.server.slots.SharedSlots;
import caffeine.server.socket.Listener;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.util.ArrayDeque;

/** A worker: one loop whose clients come from the parent. */
final class Worker {

    private static final long LOST_CLIENT_BACK_OFF_NS = 100_000_000L;

    private final WorkerOptions options;
    private final ParentChannel channel;
    private final ReturnedCredits credits;
    private final EventLoop loop;
    private final Logs logs;
    private final EventLog events;
    private final ConnectionLimit room;
    private final ClientLoop clients;
    private final MemorySegment peer = Arena.ofAuto().allocate(Sockets.SOCKADDR_BYTES, 8);

    /** Credits of the start that were not sent yet. */
    private int firstCredits;

    /** Credits to return at the end of this turn. */
    private int creditsDue;

    /** Credits that go back together with a client's address, where addresses are counted. */
    private final ArrayDeque<InetAddress> gone = new ArrayDeque<>();

    Worker(
            WorkerOptions options,
            SharedSlots slots,
            ReturnedCredits credits,
            LogFiles logFiles,
            ParentChannel channel)
            throws StartException {
        this.options = options;
        this.channel = channel;
        this.credits = credits;
        this.logs = Logs.open(name(), options.server().log(), logFiles);
        this.events = logs.events();
        this.loop = new EventLoop(EpollPoller.open(), Clock.SYSTEM, this::broken);
        ProcessShare all =
                ProcessShare.of(FileLimits.raise(), 1, options.room(), share(options), null);
        ProcessShare share = options.servesOne() ? all.oneAtATime() : all;
        this.room = share.room();
        this.clients =
                new ClientLoop(
                        options.server(),
                        loop,
                        events,
                        slots.view(options.index()),
                        share,
                        this::clientGone);
        this.firstCredits = room.most();
        if (clients.takesSlots()) {
            // Nothing else would read the signal, and so it would wake this loop for ever.
            loop.poller().add(new SlotSignal(slots.wakeupDescriptor(options.index())), Source.READ);
        }
        loop.onTurnEnd(this::giveCredits);
    }

    /** This worker's part of limits that each process counts itself. */
    private static ServerLimits share(WorkerOptions options) {
        ServerLimits all = options.server().limits();
        return all.withSlowReaders(
                all.minimumSentPerSecond(),
                all.spoolBytes(),
                all.spoolTotalBytes() / options.workers());
    }

    private String name() {
        return (options.servesOne() ? "child-" : "worker-") + (options.index() + 1);
    }

    void run() {
        loop.poller().add(channel, Source.READ);
        firstCredits -= channel.send(Frames.READY, firstCredits); // before what makes this ready
        channel.send(Frames.PONG, 1);
        clients.run();
        clients.close();
        logs.close();
    }

    // ---- what the parent says

    void frame(byte type, byte[] payload, int fd) {
        switch (type) {
            case Frames.CLIENTS -> client(payload, fd);
            case Frames.PING -> channel.send(Frames.PONG, 1);
            case Frames.SHORTAGE -> clients.clientWaits();
            case Frames.DRAIN -> clients.drain();
            case Frames.RETIRE -> clients.retire();
            default -> throw new IllegalStateException("the parent says " + type);
        }
    }

    /** Switches to another log file, or keeps the old one if none came. */
    void reopenLog(byte which, int fd) {
        boolean main = which == Frames.MAIN_LOG;
        try (LogFiles file = LogFiles.of(main ? fd : LogFiles.NONE, main ? LogFiles.NONE : fd)) {
            boolean _ = logs.reopen(file); // it reports its own failure
        }
    }

    /** A message of the parent was handled wrongly: affects this message only. */
    void broken(Throwable mistake) {
        events.mistake("worker", mistake);
    }

    void parentGone() {
        loop.poller().remove(channel);
        if (!clients.isDraining()) {
            events.warning("worker", "the parent is gone; stopping");
        }
        clients.drain();
    }

    private void client(byte[] address, int fd) {
        if (fd < 0) {
            clientLost();
            return;
        }
        MemorySegment.copy(address, 0, peer, ValueLayout.JAVA_BYTE, 0, address.length);
        room.take();
        clients.serve(fd, Listener.client(peer));
    }

    /** There was no free descriptor for the client: it is lost, and logged. */
    private void clientLost() {
        events.warning(
                "worker",
                "lost a client: out of descriptors; raise the limit (ulimit -n) or lower "
                        + Setting.CONNECTIONS);
        clients.descriptorsExhausted();
        loop.timers()
                .schedule(
                        new Timer() {
                            @Override
                            protected void expired(long nowNs) {
                                creditsDue++;
                            }
                        },
                        loop.nowNs() + LOST_CLIENT_BACK_OFF_NS);
    }

    private void clientGone(ClientAddress client) {
        if (options.servesOne()) {
            clients.endWithScripts();
            return;
        }
        InetAddress address = client.network();
        if (address != null && options.server().connectionsPerAddress() > 0) {
            gone.add(address);
        } else {
            creditsDue++;
        }
    }

    private void giveCredits() {
        if (firstCredits > 0 && !clients.isDraining()) {
            firstCredits -= channel.send(Frames.READY, firstCredits);
        }
        if (creditsDue > 0) {
            if (credits.add(creditsDue)) {
                int _ =
                        channel.send(
                                Frames.RETURNED,
                                1); // if it is lost, the parent checks each second anyway
            }
            creditsDue = 0;
        }
        while (!gone.isEmpty() && channel.sendGone(gone.element())) {
            gone.remove();
        }
    }

    private final class SlotSignal extends Source {
        SlotSignal(int fd) {
            super(fd);
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            clients.slotFreed();
        }

        @Override
        protected void broken(Throwable mistake) {
            Worker.this.broken(mistake);
        }
    }
}
