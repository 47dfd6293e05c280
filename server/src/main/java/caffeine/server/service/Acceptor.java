package caffeine.server.service;

import caffeine.os.Errno;
import caffeine.server.core.NumericAddress;
import caffeine.server.log.FloodGate;
import caffeine.server.log.Log;
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
 * Accepts the clients of listeners as long as there is room for them. Without room it stops
 * watching the listeners, and the kernel's backlogs hold new clients; when the system is out of
 * descriptors or memory it waits a moment instead of spinning.
 *
 * <pre>
 *               no room                    out of descriptors
 *   PAUSED ◀──────────────── ACCEPTING ────────────────────▶ BACKING OFF
 *      └── resume ─────────────▶ ▲ ◀────────────── 100 ms ────────┘
 * </pre>
 *
 * <p>Several listeners take turns: where one finds no room any more, the next begins when there is
 * some, so that none of them gets all of it.
 *
 * @param <L> what kind of sockets listens
 */
public final class Acceptor<L extends ClientListener> implements AutoCloseable {

    /** Where accepted clients go. */
    public interface Taker<L> {

        /**
         * Makes sure that there is room for one client; if not, whoever has some later calls {@link
         * Acceptor#resume}.
         */
        boolean reserve();

        /** A client waits, and cannot be accepted for want of descriptors or memory. */
        default void exhausted() {}

        /** Gives back what {@link #reserve} took: nobody came. */
        default void cancel() {}

        /**
         * Takes ownership of the client that the listener has accepted last, and of its place,
         * whatever happens.
         */
        void take(L listener);

        /** No more clients come in this turn: what was put off to be done for several is due. */
        default void endTurn() {}
    }

    /** Clients a turn at most, so that others on the loop get theirs. */
    private static final int CLIENTS_PER_TURN = 64;

    /** Turns in a row that brought as many as they asked for, after which one asks for more. */
    private static final int TURNS_TO_GROW = 4;

    private static final int NO_LISTENER = -1;

    private static final long BACK_OFF_NS = 100_000_000L;

    /**
     * At the end, for handshakes that have begun: between programs of a machine they take
     * microseconds, unless the kernel has more to do than it has processors.
     */
    private static final long HANDSHAKE_NS = 20_000_000L;

    /** Where no client has come for so long, none is waited for. */
    private static final long LATELY_NS = 1_000_000_000L;

    private final EventLoop loop;
    private final Log log;
    private final Taker<L> taker;
    private final Reserve reserve;
    private @Nullable Predicate<InetAddress> admits;
    private final RefusedClients refused;
    private final FloodGate limits;
    private final FloodGate shortages;
    private final List<WatchedListener> watched = new ArrayList<>();
    private final BackOff backOff = new BackOff();
    private boolean open;
    private boolean closed;
    private boolean exhausted;

    /**
     * The listener to begin with where none could accept any more; {@link #NO_LISTENER}: each
     * could.
     */
    private int next = NO_LISTENER;

    /** When the last client came. */
    private long acceptedNs;

    /**
     * @param listeners belong to the acceptor from now on
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

    /** Accepts again, if it had stopped for want of room. */
    public void resume() {
        if (open) {
            watchAll();
        }
    }

    private void pause() {
        watched.forEach(
                listener -> loop.poller().modify(listener, 0)); // nothing, while it is not watched
    }

    /** A turn for each listener, beginning with the one whose turn it is. */
    private void turns() {
        int first = Math.max(0, next);
        next = NO_LISTENER;
        for (int i = 0; i < watched.size() && next == NO_LISTENER; i++) {
            watched.get((first + i) % watched.size()).turn();
        }
    }

    /** Refuses a client or hands it on. False when that failed, which costs this client alone. */
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
                " reached: 503 for " + NumericAddress.of(address));
        refused.refuse(listener);
        return true;
    }

    /** Says it once, however long it lasts. */
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
     * Accepts no more, and leaves the listeners open for others to go on with.
     *
     * @return the listeners, which are the caller's now
     */
    public List<L> leave() {
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
     * Closes the listeners: from now on no client can connect. Clients that have connected already
     * are taken, as far as there is room; closing would reset them.
     */
    public void stop() {
        if (open) {
            boolean lately = loop.nowNs() - acceptedNs < LATELY_NS;
            watched.forEach(listener -> listener.listener.hide());
            acceptAll();
            if (lately) {
                LockSupport.parkNanos(HANDSHAKE_NS);
                acceptAll();
            }
            unwatch();
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
         * How many clients to ask for in a turn. To ask until there is none costs one call in vain
         * a turn; the listener, which stays ready while a client waits, says so anyway.
         */
        private int burst = 1;

        private int fullTurns;

        WatchedListener(L listener) {
            super(listener.fd(), listener.channel());
            this.listener = listener;
        }

        /**
         * Watches the listener, unless it backs off, and as soon as the kernel has room for that.
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

        /** Accepts for a turn, and learns how many came. */
        void turn() {
            if (!accept(burst)) {
                burst = Math.max(1, burst / 2);
                fullTurns = 0;
            } else if (++fullTurns >= TURNS_TO_GROW) {
                burst = Math.min(2 * burst, CLIENTS_PER_TURN);
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
                int accepted = listener.accept();
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

        /** No listener can accept for now. One that has had clients lets another have the next. */
        private void endTurn(int accepted) {
            int own = watched.indexOf(this);
            next = accepted == 0 ? own : (own + 1) % watched.size();
        }

        /** Costs the clients that wait a moment. */
        @Override
        protected void broken(Throwable mistake) {
            log.line(LogLevel.ERROR, "listener", Traces.describe(mistake));
            backOff();
        }
    }

    private final class BackOff extends Timer {
        /** The first descriptor that is free becomes the reserve again, the next ones clients. */
        @Override
        protected void expired(long nowNs) {
            if (!reserve.take()) {
                backOff();
                return;
            }
            resume();
            if (open) {
                turns(); // the listeners say nothing of clients that came before
            }
        }
    }
}
