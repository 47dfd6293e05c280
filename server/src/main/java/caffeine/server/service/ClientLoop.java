package caffeine.server.service;

import caffeine.os.Descriptors;
import caffeine.server.core.Client;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.ConnectionContext;
import caffeine.server.core.Handler;
import caffeine.server.core.Http1;
import caffeine.server.core.ManagedHandler;
import caffeine.server.core.Protocol;
import caffeine.server.core.Transport;
import caffeine.server.file.FileCaches;
import caffeine.server.file.FileHandler;
import caffeine.server.handler.EchoHandler;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.handler.WebSocketEcho;
import caffeine.server.log.EventLog;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Lane;
import caffeine.server.loop.Timer;
import caffeine.server.options.ServerOptions;
import caffeine.server.script.ScriptHandler;
import caffeine.server.slots.HandlerSlots;
import caffeine.server.socket.SocketContext;
import caffeine.server.socket.SocketTransport;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One loop and its clients, which come from the parent of a worker or from its own listener. On the
 * loop's thread only.
 *
 * <pre>
 *   SERVING ──drain──▶ DRAINING ──grace over──▶ scripts: TERM ──5 s──▶ KILL ──▶ end
 *                         └── no client and no script left ─────────────────▶ end
 * </pre>
 */
public final class ClientLoop {

    /** How long a connection must have lingered to be closed in a shortage: most end at once. */
    private static final long LINGERED_ENOUGH_NS = 100_000_000L;

    /** How many lingering connections close when descriptors have run out. */
    private static final int LINGERING_PER_SHORTAGE = 8;

    private static final String CONNECTIONS = "max-connections";

    /** How often a loop checks for idle connections in a shortage. */
    private static final long SHORTAGE_NS = 100_000_000L;

    /** How long a kept connection may send a request after draining has begun. */
    private static final long LAST_REQUESTS_NS = 20_000_000L;

    /** How long to wait for a killed script; one that hangs in the kernel is abandoned. */
    private static final long KILLED_NS = 1_000_000_000L;

    /** The simplest handler, which shows the cost of the server itself. */
    private static final Response HELLO =
            Response.of("text/plain", "Hello, World!".getBytes(StandardCharsets.US_ASCII));

    private final ServerOptions options;
    private final EventLoop loop;
    private final EventLog events;
    private final ManagedHandler handler;
    private final ConnectionContext connections;
    private final Protocol.Factory protocols;
    private final ProcessShare share;
    private @Nullable SocketContext sockets;
    private final ConnectionLimit room;
    private final Consumer<ClientAddress> gone;

    /** In the order in which they came. Locked by itself: lanes remove their clients. */
    private final Set<Client> clients = new LinkedHashSet<>();

    /** Whether each client is in a lane of its own, which any thread may drive. */
    private final boolean apart;

    private final Timer shortage =
            new Timer() {
                @Override
                protected void expired(long nowNs) {
                    if (room.isShort() && !draining) {
                        makeRoom();
                    }
                }
            };
    private volatile boolean draining;

    /** The last client has come: ends without a grace when it and its scripts have. */
    private boolean lastCame;

    /**
     * Closes connections without a request, instead of only marking the next response as the last.
     */
    private boolean closesIdle;

    /**
     * @param slots this loop's view of the handler slots; its wake-up calls {@link #slotFreed}
     * @param share shared with the other loops
     * @param gone called for every client that was closed
     */
    public ClientLoop(
            ServerOptions options,
            EventLoop loop,
            EventLog events,
            HandlerSlots slots,
            ProcessShare share,
            Consumer<ClientAddress> gone) {
        this(options, loop, events, slots, share, gone, false);
    }

    /**
     * @param apart whether each client is in a lane of its own, which any thread may drive
     */
    ClientLoop(
            ServerOptions options,
            EventLoop loop,
            EventLog events,
            HandlerSlots slots,
            ProcessShare share,
            Consumer<ClientAddress> gone,
            boolean apart) {
        this.apart = apart;
        this.options = options;
        this.loop = loop;
        this.events = events;
        this.share = share;
        this.room = share.room();
        this.gone = gone;
        Handler chosen = handler(slots, share);
        this.handler = chosen instanceof ManagedHandler managed ? managed : ManagedHandler.NONE;
        this.connections = connections(chosen);
        connections.answerErrorsWith(options.errorPages());
        connections.trust(options.network().trustedProxies());
        connections.compress(options.compress());
        this.protocols =
                chosen instanceof Protocol.Layer layer ? layer.below(this::http) : this::http;
    }

    private ConnectionContext connections(Handler chosen) {
        return apart
                ? ConnectionContext.forManyThreads(
                        options.limits(),
                        options.deadlines(),
                        chosen,
                        events,
                        Clock.SYSTEM::nanoTime,
                        Clock.SYSTEM::epochMillis)
                : new ConnectionContext(
                        options.limits(),
                        options.deadlines(),
                        chosen,
                        events,
                        loop::nowNs,
                        Clock.SYSTEM::epochMillis,
                        share.loops());
    }

    private Protocol http(Transport transport, long nowNs) {
        return new Http1(connections, transport, nowNs);
    }

    private static Handler newHandler(String name) {
        try {
            return Class.forName(name, true, ClassLoader.getSystemClassLoader())
                    .asSubclass(Handler.class)
                    .getConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException | ClassCastException e) {
            throw new IllegalStateException(
                    name
                            + " cannot be made a handler; it needs a public constructor without"
                            + " parameters, and to implement "
                            + Handler.class.getName(),
                    e);
        }
    }

    private static Handler newFileHandler(ServerOptions options, FileCaches caches) {
        Path folder = options.files().folder();
        if (folder == null) {
            throw new IllegalStateException("no folder of files");
        }
        try {
            return new FileHandler(folder, options.files(), options.scripts().routes(), caches);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Handler handler(HandlerSlots slots, ProcessShare share) {
        Handler given = share.handler();
        if (given != null) {
            return given;
        }
        if (!options.handlerClass().isEmpty()) {
            return newHandler(options.handlerClass());
        }
        return switch (options.app()) {
            case SCRIPTS ->
                    new ScriptHandler(
                            options,
                            loop,
                            share.content(),
                            share.spools(),
                            share.files(),
                            slots,
                            events,
                            share.scriptFileLimit(),
                            this::endWhenDone);
            case FILES -> newFileHandler(options, share.files());
            case HELLO -> Handlers.always(HELLO);
            case ECHO -> new EchoHandler();
            case WS_ECHO -> new WebSocketEcho(options.webSocket());
        };
    }

    /** Runs until the last client is closed after {@link #drain}. */
    public void run() {
        Thread self = Thread.currentThread();
        try (LoopMonitor.Watch _ = watch(() -> self)) {
            runWatched();
        }
    }

    /**
     * Has the monitor check the loop until this is closed. Before other threads can take turns: one
     * that blocks would keep the loop's own thread from that.
     *
     * @param driver returns the thread that takes a turn, or null; from any thread
     */
    public LoopMonitor.Watch watch(Supplier<@Nullable Thread> driver) {
        return LoopMonitor.watch(loop, events, driver);
    }

    /** As {@link #run}, for a loop that the monitor checks already. */
    public void runWatched() {
        loop.run();
    }

    /** Resets the remaining clients, and releases everything except the loop. */
    public void close() {
        resetAll();
        handler.close();
    }

    /** The loop has failed: ends its scripts, which no loop watches any more. */
    void abandon() {
        resetAll();
        handler.killAll();
    }

    private void resetAll() {
        forEachClient(
                client -> {
                    client.protocol().reset();
                    client.reset();
                });
    }

    /** A failure with one client closes its connection only. */
    private void forEachClient(Consumer<Client> action) {
        forEach(clients(), action);
    }

    private List<Client> clients() {
        synchronized (clients) {
            return new ArrayList<>(clients);
        }
    }

    private boolean isEmpty() {
        synchronized (clients) {
            return clients.isEmpty();
        }
    }

    /** The same for some of them; in their lanes, if they have any. */
    private void forEach(List<Client> some, Consumer<Client> action) {
        for (Client client : some) {
            if (apart) {
                client.execute(() -> act(client, action));
            } else {
                act(client, action);
            }
        }
    }

    private static void act(Client client, Consumer<Client> action) {
        try {
            action.accept(client);
        } catch (Throwable mistake) {
            client.broken(mistake);
        }
    }

    /**
     * Takes ownership of a client, its descriptor, its input so far, and the place that the caller
     * has reserved.
     */
    public void serve(int fd, ClientAddress from) {
        SocketTransport client = transport(fd, from, context());
        client.open();
        added(client);
    }

    /**
     * The same for a client that is driven in a lane of its own.
     *
     * @param closed called when the client is closed, in its lane
     */
    void serve(int fd, ClientAddress from, Lane lane, Runnable closed) {
        SocketContext context =
                SocketContext.ofLane(
                        lane.loop(),
                        options,
                        protocols,
                        share.unsent(),
                        client -> {
                            closed.run();
                            clientClosed(client);
                        });
        SocketTransport client = transport(fd, from, context);
        synchronized (clients) {
            clients.add(client); // before another thread may close it
        }
        lane.enter(client::openUnread);
        if (closesIdle) {
            client.execute(client::drain);
        } else {
            closeIdleWhenShort();
        }
    }

    private SocketTransport transport(int fd, ClientAddress from, SocketContext context) {
        try {
            return new SocketTransport(fd, from, context);
        } catch (Throwable mistake) {
            Descriptors.close(fd);
            room.give();
            gone.accept(from);
            throw mistake;
        }
    }

    private SocketContext context() {
        SocketContext context = sockets;
        if (context == null) {
            context =
                    new SocketContext(loop, options, protocols, share.unsent(), this::clientClosed);
            sockets = context;
        }
        return context;
    }

    /** Makes the first protocol of each connection. */
    public Protocol.Factory protocols() {
        return protocols;
    }

    /** Takes an open client, with its place. */
    public void serve(Client client) {
        added(client);
    }

    private void added(Client client) {
        if (client.isClosed()) {
            return;
        }
        synchronized (clients) {
            clients.add(client);
        }
        if (closesIdle) {
            client.drain();
        } else {
            closeIdleWhenShort();
        }
    }

    /** Closes idle connections in a shortage, also of other loops. */
    public void closeIdleWhenShort() {
        if (!draining && room.isShort() && !shortage.isScheduled()) {
            makeRoom();
        }
    }

    /**
     * A client waits elsewhere for the only place here: it becomes free once its client is idle.
     */
    public void clientWaits() {
        if (room.tryTake()) {
            room.give(); // it is free
        } else {
            closeIdleWhenShort();
        }
    }

    /** Whether a process is one of the scripts that run here. */
    public boolean runs(int pid) {
        return handler.runs(pid);
    }

    /** Whether its handler runs scripts, which take slots. */
    public boolean takesSlots() {
        return handler instanceof ScriptHandler;
    }

    /** A handler slot is free for this loop. */
    public void slotFreed() {
        handler.slotFreed();
    }

    /** A shortage of connections: closes lingering ones, then idle ones. */
    private void makeRoom() {
        endLingering(room.missing(), CONNECTIONS);
        if (room.isShort()) {
            closeIdle();
        }
        if (room.isShort()) {
            loop.timers().schedule(shortage, loop.nowNs() + SHORTAGE_NS);
        }
    }

    /** A client could not be accepted without descriptors: closes lingering connections. */
    public void descriptorsExhausted() {
        endLingering(LINGERING_PER_SHORTAGE, "descriptors");
    }

    /** Closes this many lingering connections, the longest first. */
    private void endLingering(int most, String limit) {
        long nowNs = loop.nowNs();
        List<Client> lingering = new ArrayList<>();
        for (Client client : clients()) {
            if (client.lingeringNs(nowNs) >= LINGERED_ENOUGH_NS) {
                lingering.add(client);
            }
        }
        lingering.sort(Comparator.comparingLong(client -> -client.lingeringNs(nowNs)));
        forEach(
                lingering.subList(0, Math.min(most, lingering.size())),
                client -> {
                    if (!room.isSingle()) {
                        events.limitReached(
                                client.client(), limit, "closed a lingering connection");
                    }
                    client.endLingering();
                });
    }

    /** Closes idle connections, the oldest first. A new client may be about to send a request. */
    private void closeIdle() {
        List<Client> idle = new ArrayList<>();
        int wanted = room.wantedWhenShort();
        for (Client client : clients()) {
            if (client.protocol().isIdleFor(room.idleEnoughNs()) && idle.size() < wanted) {
                idle.add(client);
            }
        }
        forEach(
                idle,
                client -> {
                    if (!room.isSingle()) { // where it is not the rule
                        events.limitReached(
                                client.client(), CONNECTIONS, "closed an idle connection");
                    }
                    client.drain();
                });
    }

    /** A client that was served here is closed. In its lane, if it has one. */
    public void clientClosed(Client client) {
        synchronized (clients) {
            clients.remove(client);
        }
        gone.accept(client.client());
        room.give(); // last, because other loops then check for free places
        if (!apart) {
            endWhenDone();
        } else if (draining && isEmpty()) {
            loop.execute(this::endWhenDone);
        }
    }

    // ---- the end

    public boolean isDraining() {
        return draining;
    }

    /**
     * Drains: ends once the requests in progress are answered, or the grace is over. For a moment a
     * kept connection may still send a last request, which may already be on its way.
     */
    public void drain() {
        beginDraining();
        loop.timers().schedule(Timer.of(this::closeAllIdle), loop.nowNs() + LAST_REQUESTS_NS);
        endWhenDone();
    }

    /**
     * As {@link #drain}, but connected clients may send one more request within the idle time: for
     * a reload, which must not lose a request.
     */
    public void retire() {
        beginDraining();
        endWhenDone();
    }

    /**
     * No client comes after those that are here. Ends when they are closed, and scripts and the
     * output that these have left to others have ended.
     */
    public void endWithScripts() {
        lastCame = true;
        share.drain();
        endWhenDone();
    }

    private void closeAllIdle() {
        closesIdle = true;
        forEachClient(Client::drain);
        endWhenDone();
    }

    private void beginDraining() {
        if (draining) {
            return;
        }
        draining = true;
        connections.drain();
        share.drain();
        loop.timers()
                .schedule(Timer.of(this::endGrace), loop.nowNs() + options.deadlines().graceNs());
    }

    private void endGrace() {
        loop.timers().schedule(Timer.of(this::cut), loop.nowNs() + ScriptHandler.KILL_AFTER_NS);
        closeAllIdle();
        handler.endAll();
    }

    /** Cuts all connections: ends once the killed scripts have ended. */
    public void cut() {
        draining = true;
        loop.timers().schedule(Timer.of(loop::stop), loop.nowNs() + KILLED_NS);
        resetAll();
        handler.killAll();
        endWhenDone();
    }

    private void endWhenDone() {
        boolean over = draining || (lastCame && !handler.readsLateOutput());
        if (over && isEmpty() && handler.isIdle()) {
            loop.stop();
        }
    }
}
