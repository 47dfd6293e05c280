package caffeine.server.prefork;

import caffeine.os.Processes;
import caffeine.os.Processes.FileLimit;
import caffeine.os.Sockets;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.ConnectionContext;
import caffeine.server.log.EventLog;
import caffeine.server.log.Log;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.poll.EpollPoller;
import caffeine.server.poll.Source;
import caffeine.server.prefork.OptionsCodec.WorkerOptions;
import caffeine.server.script.ScriptHandler;
import caffeine.server.script.SharedSlots;
import caffeine.server.socket.SocketContext;
import caffeine.server.socket.SocketTransport;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** A worker: one loop with many connections, and the scripts that answer them. */
final class Worker {

    /** Descriptors that a process needs before its first client: the JVM's, the loop's, logs. */
    private static final int OWN_DESCRIPTORS = 32;

    /** A running script may need its pipe, its pidfd, its content and its client. */
    private static final int DESCRIPTORS_PER_HANDLER = 4;

    /** What room is left, as a part of all, under which idle connections close (DESIGN: 5 %). */
    private static final int LOW_ROOM = 20;

    /** How long a connection must have been idle to be closed for want of room. */
    private static final long IDLE_ENOUGH_NS = 500_000_000L;

    /** How often a worker that is short of room looks for idle connections. */
    private static final long SHORTAGE_NS = 100_000_000L;

    private static final long LOST_CLIENT_BACK_OFF_NS = 100_000_000L;

    private final WorkerOptions options;
    private final ParentChannel channel;
    private final EventLoop loop;
    private final Log log;
    private final EventLog events;
    private final ScriptHandler scripts;
    private final ConnectionContext connections;
    private final SocketContext sockets;
    private final Set<SocketTransport> clients = new LinkedHashSet<>();
    private final MemorySegment peer = Arena.ofAuto().allocate(Sockets.SOCKADDR_BYTES, 8);
    private final int room;
    private final Timer shortage =
            new Timer() {
                @Override
                protected void expired(long nowNs) {
                    if (isRoomShort() && !draining) {
                        closeIdle();
                    }
                }
            };

    /** Credits that the parent has not been given yet. */
    private int creditsDue;

    /** Credits that go back together with a client's address, where addresses are counted. */
    private final ArrayDeque<InetAddress> gone = new ArrayDeque<>();

    private boolean draining;

    Worker(WorkerOptions options, SharedSlots slots, ParentChannel channel) {
        this.options = options;
        this.channel = channel;
        this.loop = new EventLoop(EpollPoller.open(), Clock.SYSTEM);
        this.log = Log.collecting(options.server().logLevel(), Clock.SYSTEM::epochMillis);
        this.events = new EventLog(log);
        FileLimit before = Processes.getFileLimit();
        FileLimit limit = raiseFileLimit(before);
        this.scripts =
                new ScriptHandler(
                        options.server(),
                        loop,
                        slots.view(options.index()),
                        slots.wakeupDescriptor(options.index()),
                        events,
                        Objects.equals(before, limit) ? null : before,
                        this::endWhenDone);
        this.connections =
                new ConnectionContext(
                        options.server().limits(),
                        options.server().deadlines(),
                        scripts,
                        events,
                        loop::nowNs,
                        Clock.SYSTEM::epochMillis);
        this.sockets =
                new SocketContext(
                        loop,
                        connections,
                        options.server().deadlines().sendIdleNs(),
                        this::clientClosed);
        this.room = room(limit);
        this.creditsDue = room;
        loop.onTurnEnd(this::giveCredits);
        loop.onTurnEnd(log::flush);
    }

    /** As many descriptors as the system lets us have; scripts get back the limit that was. */
    private static @Nullable FileLimit raiseFileLimit(@Nullable FileLimit before) {
        if (before == null || before.soft() == before.hard()) {
            return before;
        }
        FileLimit raised = new FileLimit(before.hard(), before.hard());
        return Processes.setFileLimit(0, raised) == 0 ? raised : before;
    }

    /** What is left of the descriptors is shared by clients and running scripts. */
    private int room(@Nullable FileLimit limit) {
        if (limit == null) {
            return options.room();
        }
        long left = limit.soft() - OWN_DESCRIPTORS;
        long forHandlers = (long) DESCRIPTORS_PER_HANDLER * options.server().limits().handlers();
        long forClients = left - Math.min(forHandlers, left / 2);
        return Math.clamp(forClients, Math.min(1, options.room()), options.room());
    }

    void run() {
        loop.poller().add(channel, Source.READ);
        giveCredits(); // before the pong, which makes this worker ready
        channel.say(Frames.PONG, 1);
        loop.run();
        for (SocketTransport client : new ArrayList<>(clients)) {
            client.connection().reset();
            client.reset();
        }
        scripts.close();
        log.flush();
    }

    // ---- what the parent says

    void frame(byte type, byte[] payload, int fd) {
        switch (type) {
            case Frames.CLIENT -> client(payload, fd);
            case Frames.PING -> channel.say(Frames.PONG, 1);
            case Frames.DRAIN -> drain();
            default -> throw new IllegalStateException("the parent says " + type);
        }
    }

    void parentGone() {
        loop.poller().remove(channel);
        if (!draining) {
            events.warning("worker " + (options.index() + 1), "the parent is gone; stopping");
        }
        drain();
    }

    private void client(byte[] address, int fd) {
        if (fd < 0) {
            clientLost();
            return;
        }
        MemorySegment.copy(address, 0, peer, ValueLayout.JAVA_BYTE, 0, address.length);
        ClientAddress from = new ClientAddress(Sockets.inetAddress(peer));
        SocketTransport transport =
                SocketTransport.open(fd, from, options.server().bind().getPort(), sockets);
        if (transport.isClosed()) {
            return;
        }
        clients.add(transport);
        if (draining) {
            transport.drain();
        } else if (isRoomShort() && !shortage.isScheduled()) {
            closeIdle();
        }
    }

    /** The descriptor did not fit into this process: the client is lost, and said so. */
    private void clientLost() {
        events.warning(
                "worker " + (options.index() + 1),
                "lost a client: out of descriptors; raise the limit (ulimit -n) or lower"
                        + " --max-connections");
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

    private boolean isRoomShort() {
        return room - clients.size() < Math.max(1, room / LOW_ROOM);
    }

    /**
     * Room is short: who waits for nothing goes, the longest connected first. A client that has
     * only just connected may be about to ask.
     */
    private void closeIdle() {
        List<SocketTransport> idle = new ArrayList<>();
        int wanted = Math.max(4, room / LOW_ROOM);
        for (SocketTransport client : clients) {
            if (client.connection().isIdleFor(IDLE_ENOUGH_NS) && idle.size() < wanted) {
                idle.add(client);
            }
        }
        for (SocketTransport client : idle) {
            events.limitReached(client.client(), "max-connections", "closed an idle connection");
            client.drain();
        }
        if (isRoomShort()) {
            loop.timers().schedule(shortage, loop.nowNs() + SHORTAGE_NS);
        }
    }

    private void clientClosed(SocketTransport transport) {
        clients.remove(transport);
        if (options.server().limits().connectionsPerAddress() > 0) {
            gone.add(transport.client().address());
        } else {
            creditsDue++;
        }
        endWhenDone();
    }

    private void giveCredits() {
        if (creditsDue > 0 && !draining) {
            creditsDue -= channel.say(Frames.READY, creditsDue);
        }
        while (!gone.isEmpty() && channel.sayGone(gone.element())) {
            gone.remove();
        }
    }

    // ---- the end

    private void drain() {
        if (draining) {
            return;
        }
        draining = true;
        connections.drain();
        for (SocketTransport client : new ArrayList<>(clients)) {
            client.drain();
        }
        loop.timers()
                .schedule(
                        new Timer() {
                            @Override
                            protected void expired(long nowNs) {
                                scripts.endAll();
                                loop.timers()
                                        .schedule(new Cut(), nowNs + ScriptHandler.KILL_AFTER_NS);
                            }
                        },
                        loop.nowNs() + options.server().deadlines().graceNs());
        endWhenDone();
    }

    /** After TERM and the time for it, what is still there is cut. */
    private final class Cut extends Timer {
        @Override
        protected void expired(long nowNs) {
            scripts.killAll();
            loop.stop();
        }
    }

    private void endWhenDone() {
        if (draining && clients.isEmpty() && scripts.isIdle()) {
            loop.stop();
        }
    }
}
