package caffeine.server.service;

import caffeine.http.IpAddress;
import caffeine.os.Errno;
import caffeine.server.log.Log;
import caffeine.server.log.RateLimiter;
import caffeine.server.log.Traces;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.options.ErrorPages;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ServerOptions;
import caffeine.server.options.Setting;
import caffeine.server.poll.Source;
import caffeine.server.socket.ClientListener;

import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * Accepts clients at its listeners while the limits allow. Without room it stops watching the
 * listeners, and the kernel's backlogs hold new clients; without free descriptors or memory it
 * waits a moment instead of spinning.
 *
 * <pre>
 *               no room                    out of descriptors
 *   PAUSED ◀──────────────── ACCEPTING ────────────────────▶ BACKING OFF
 *      └── resume ─────────────▶ ▲ ◀────────────── 100 ms ────────┘
 * </pre>
 *
 * <p>Several listeners take turns: after a shortage, the next one begins, so that none of them gets
 * all places.
 *
 * @param <L> the kind of listening sockets
 */
public final class Acceptor<L extends ClientListener> implements AutoCloseable {

    /** Where accepted clients go. */
    public interface Taker<L> {

        /**
         * Reserves a place for one client; on failure, {@link Acceptor#resume} is called when a
         * place is free.
         */
        boolean reserve();

        /** The most clients in a turn, so that other sources of the loop get their turn. */
        default int mostPerTurn() {
            return CLIENTS_PER_TURN;
        }

        /** How many to try at least: the most, where an event ends the watching of a listener. */
        default int leastPerTurn() {
            return 1;
        }

        /** A waiting client cannot be accepted without descriptors or memory. */
        default void exhausted() {}

        /** Releases the place of {@link #reserve}: there was no client. */
        default void cancel() {}

        /** Takes ownership of the last accepted client, and of its place, also on failure. */
        void take(L listener);

        /** No more clients in this turn: does postponed work for several. */
        default void endTurn() {}
    }

    /** The most clients in a turn by default. */
    private static final int CLIENTS_PER_TURN = 64;

    /** Consecutive full turns after which the next asks for more. */
    private static final int TURNS_TO_GROW = 4;

    private static final int NO_LISTENER = -1;

    private static final long BACK_OFF_NS = 100_000_000L;

    /**
     * At the end, for handshakes that have begun: between programs of a machine they take
     * microseconds, unless the kernel has more to do than it has processors.
     */
    private static final long HANDSHAKE_NS = 20_000_000L;

    /** Without clients for this long, there is no wait. */
    private static final long LATELY_NS = 1_000_000_000L;

    private final EventLoop loop;
    private final Log log;
    private final Taker<L> taker;
    private final Reserve reserve;
    private @Nullable Predicate<InetAddress> admits;
    private final RefusedClients refused;
    private final RateLimiter limits;
    private final RateLimiter shortages;
    private final List<WatchedListener> watched = new ArrayList<>();
    private final BackOff backOff = new BackOff();
    private boolean open;
    private boolean closed;
    private boolean exhausted;

    /** The listener to begin with after a shortage; {@link #NO_LISTENER}: no shortage. */
    private int next = NO_LISTENER;

    /** When the last client came. */
    private long acceptedNs;

    /**
     * @param listeners the acceptor takes ownership
     * @param reserve given up while there are no descriptors; the caller keeps ownership
     * @param admits whether one more client of an address may connect; one that may not gets 503.
     *     Null: any may
     */
    public Acceptor(
            EventLoop loop,
            Log log,
            List<L> listeners,
            Taker<L> taker,
            Reserve reserve,
            @Nullable Predicate<InetAddress> admits) {
        this.loop = loop;
        this.log = log;
        this.taker = taker;
        this.reserve = reserve;
        this.admits = admits;
        this.refused = new RefusedClients(loop, ErrorPages.NONE);
        this.limits = log.gate(LogLevel.INFO, 1);
        this.shortages = log.gate(LogLevel.WARN, 1);
        listeners.forEach(each -> watched.add(new WatchedListener(each)));
        this.acceptedNs = loop.nowNs() - LATELY_NS;
    }

    /** See {@link ClientListener#allowSilence}. */
    private long sendIdleNs;

    /** Has others decide from now on whether one more client of an address may connect. */
    public void admit(@Nullable Predicate<InetAddress> newAdmits) {
        admits = newAdmits;
    }

    /**
     * Goes by these options from now on: how long a client may be silent, and what clients read
     * that may not connect.
     */
    public void serve(ServerOptions options) {
        sendIdleNs = options.deadlines().sendIdleNs();
        watched.forEach(each -> each.listener.allowSilence(sendIdleNs));
        refused.answerWith(options.errorPages());
    }

    /** Begins to accept. */
    public void start() {
        open = true;
        watchAll();
    }

    /** Takes ownership of one more listener. */
    public void add(L listener) {
        WatchedListener added = new WatchedListener(listener);
        listener.allowSilence(sendIdleNs);
        watched.add(added);
        if (open) {
            added.watch();
        }
    }

    private void watchAll() {
        watched.forEach(WatchedListener::watch);
    }

    public boolean isClosed() {
        return closed;
    }

    /** Accepts again after a shortage of places. */
    public void resume() {
        if (open) {
            watchAll();
        }
    }

    private void pause() {
        watched.forEach(
                listener ->
                        loop.poller().modify(listener, 0)); // no events, while it is not watched
    }

    /** A turn for each listener, beginning with the one whose turn it is. */
    private void turns() {
        int first = Math.max(0, next);
        next = NO_LISTENER;
        for (int i = 0; i < watched.size() && next == NO_LISTENER; i++) {
            watched.get((first + i) % watched.size()).turn();
        }
    }

    /** Refuses a client or hands it on. False when that failed, which affects this client only. */
    private boolean deal(WatchedListener listener) {
        boolean handed = false;
        try {
            if (refuses(listener.listener)) {
                handed = true;
                taker.cancel();
            } else {
                handed = true;
                taker.take(listener.listener);
            }
            return true;
        } catch (Throwable mistake) {
            if (!handed) {
                listener.listener.drop();
                taker.cancel();
            }
            listener.broken(mistake);
            return false;
        }
    }

    private boolean refuses(L listener) {
        Predicate<InetAddress> decides = admits;
        InetAddress address = decides == null ? null : listener.network();
        if (decides == null || address == null || decides.test(address)) {
            return false;
        }
        limits.line(
                "limit: max-connections-per-address",
                " reached: 503 for " + IpAddress.text(address.getAddress()));
        refused.refuse(listener);
        return true;
    }

    /** Logs it once for each shortage. */
    private void exhausted(String reason) {
        if (!exhausted) {
            exhausted = true;
            shortages.line(
                    "listener",
                    ": cannot accept clients for now ("
                            + reason
                            + "); they wait. Raise the descriptor limit (ulimit -n) or lower "
                            + Setting.CONNECTIONS);
        }
        reserve.release();
        taker.exhausted();
        backOff();
    }

    /** Accepts no client for a moment. */
    public void backOff() {
        pause();
        loop.timers().schedule(backOff, loop.nowNs() + BACK_OFF_NS);
    }

    /**
     * Stops accepting, and leaves the listeners open.
     *
     * @return the listeners; the caller takes ownership
     */
    public List<L> detach() {
        unwatch();
        if (!closed) {
            closed = true;
            refused.close();
        }
        List<L> left = watched.stream().map(listener -> listener.listener).toList();
        watched.clear();
        return left;
    }

    private void unwatch() {
        if (open) {
            open = false;
            loop.timers().cancel(backOff);
            watched.forEach(loop.poller()::remove);
        }
    }

    /**
     * Closes the listeners: from now on no client can connect. Clients that have already connected
     * are accepted as far as the limits allow, because closing would reset them.
     */
    public void stop() {
        if (open) {
            boolean lately = loop.nowNs() - acceptedNs < LATELY_NS;
            watched.forEach(listener -> listener.listener.hide());
            unwatch();
            acceptAll();
            if (lately) {
                LockSupport.parkNanos(HANDSHAKE_NS);
                acceptAll();
            }
        }
        close();
    }

    /** Clients that connected before are served. */
    private void acceptAll() {
        for (WatchedListener listener : watched) {
            while (listener.accept(CLIENTS_PER_TURN)) {
                // on
            }
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            watched.forEach(listener -> listener.listener.close());
            refused.close();
        }
    }

    /** A listener, as the loop's poller watches it. */
    private final class WatchedListener extends Source {

        private final L listener;

        /**
         * How many clients to accept in a turn. Accepting until none is left costs one failing call
         * a turn; the listener stays ready while a client waits, so that is not needed.
         */
        private int burst = taker.leastPerTurn();

        private int fullTurns;

        WatchedListener(L listener) {
            super(listener.fd(), listener.channel());
            this.listener = listener;
        }

        /**
         * Watches the listener, unless it backs off; retries when the kernel cannot register it.
         */
        void watch() {
            if (backOff.isScheduled()) {
                return;
            }
            if (isRegistered()) {
                loop.poller().modify(this, READ);
            } else {
                int result = loop.poller().add(this, READ);
                if (result < 0) {
                    exhausted(Errno.describe(-result));
                }
            }
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            if (backOff.isScheduled()) {
                return; // since another listener's turn, a moment ago
            }
            if (next == NO_LISTENER) {
                turn();
            } else {
                turns();
            }
        }

        /** Accepts for a turn, and adapts to the number of clients. */
        void turn() {
            if (!accept(burst)) {
                burst = Math.max(taker.leastPerTurn(), burst / 2);
                fullTurns = 0;
            } else if (++fullTurns >= TURNS_TO_GROW) {
                burst = Math.min(2 * burst, taker.mostPerTurn());
                fullTurns = 0;
            }
        }

        /** Accepts so many clients; true when more may wait. */
        boolean accept(int most) {
            try {
                return acceptEach(most);
            } finally {
                taker.endTurn();
            }
        }

        private boolean acceptEach(int most) {
            for (int i = 0; i < most; i++) {
                if (!taker.reserve()) {
                    pause();
                    endTurn(i);
                    return false;
                }
                int accepted = takesArrivals() ? arrival() : listener.accept();
                if (accepted < 0) {
                    taker.cancel();
                    if (accepted == ClientListener.EXHAUSTED) {
                        exhausted(listener.shortage());
                        endTurn(i);
                    }
                    return false;
                }
                exhausted = false;
                acceptedNs = loop.nowNs();
                if (!deal(this)) {
                    endTurn(i + 1);
                    return false;
                }
            }
            return true;
        }

        /** Whether the poller accepts. */
        private boolean takesArrivals() {
            return isRegistered() && loop.poller().takesAhead(input());
        }

        private int arrival() {
            return listener.hasArrived() ? listener.accept() : ClientListener.NONE;
        }

        @Override
        protected Input input() {
            return listener.takesArrivals() ? Input.CLIENTS : Input.READINESS;
        }

        @Override
        protected void arrived(int client) {
            listener.arrived(client);
        }

        @Override
        protected boolean hasArrived() {
            return listener.hasArrived();
        }

        /** No listener can accept for now. One that has had clients lets another one begin. */
        private void endTurn(int accepted) {
            int own = watched.indexOf(this);
            next = accepted == 0 ? own : (own + 1) % watched.size();
        }

        /** Delays waiting clients a moment. */
        @Override
        protected void broken(Throwable mistake) {
            log.line(LogLevel.ERROR, "listener", Traces.describe(mistake));
            backOff();
        }
    }

    private final class BackOff extends Timer {
        /** The first free descriptor becomes the reserve again; the next ones are for clients. */
        @Override
        protected void expired(long nowNs) {
            if (!reserve.take()) {
                backOff();
                return;
            }
            resume();
            if (open) {
                turns(); // the listeners report no event for earlier clients
            }
        }
    }
}
