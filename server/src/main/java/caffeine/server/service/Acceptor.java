package caffeine.server.service;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Sockets;
import caffeine.server.ErrorPages;
import caffeine.server.LogLevel;
import caffeine.server.Setting;
import caffeine.server.core.NumericAddress;
import caffeine.server.log.FloodGate;
import caffeine.server.log.Log;
import caffeine.server.log.Traces;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.poll.Source;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * Accepts the clients of a listener as long as there is room for them. Without room it stops
 * watching the listener, and the kernel's backlog holds who comes; when the system is out of
 * descriptors or memory it waits a moment instead of spinning.
 *
 * <pre>
 *               no room                    out of descriptors
 *   PAUSED ◀──────────────── ACCEPTING ────────────────────▶ BACKING OFF
 *      └── resume ─────────────▶ ▲ ◀────────────── 100 ms ────────┘
 * </pre>
 */
public final class Acceptor implements AutoCloseable {

    /** Where accepted clients go. */
    public interface Taker {

        /**
         * Makes sure that there is room for one client; if not, whoever has some later calls {@link
         * Acceptor#resume}.
         */
        boolean reserve();

        /** Gives back what {@link #reserve} took: nobody came. */
        default void cancel() {}

        /**
         * Takes ownership of a client, and of its place, whatever happens.
         *
         * @param sockaddr its address, valid during the call only
         */
        void take(int fd, MemorySegment sockaddr);
    }

    /** Clients a turn at most, so that others on the loop get theirs. */
    private static final int CLIENTS_PER_TURN = 64;

    /** Turns in a row that brought as many as they asked for, after which one asks for more. */
    private static final int TURNS_TO_GROW = 4;

    private static final long BACK_OFF_NS = 100_000_000L;

    /**
     * At the end, for handshakes that have begun: between programs of a machine they take
     * microseconds, unless the kernel has more to do than it has processors.
     */
    public static final long HANDSHAKE_NS = 20_000_000L;

    /** Where nobody has come for so long, nobody is waited for. */
    public static final long LATELY_NS = 1_000_000_000L;

    private final EventLoop loop;
    private final Log log;
    private final Listener listener;
    private final Taker taker;
    private final Reserve reserve;
    private @Nullable Predicate<InetAddress> admits;
    private final RefusedClients refused;
    private final FloodGate limits;
    private final FloodGate shortages;
    private final Accepting source;
    private final BackOff backOff = new BackOff();
    private boolean open;
    private boolean closed;
    private boolean exhausted;

    /**
     * How many clients to ask for in a turn. To ask until nobody is there costs one call in vain a
     * turn; the listener, which stays ready while somebody waits, says so anyway.
     */
    private int burst = 1;

    private int fullTurns;

    /** When the last client came. */
    private long acceptedNs;

    /**
     * @param reserve given up while there are no descriptors; the caller keeps ownership
     * @param admits whether one more client of an address may connect; one that may not gets 503.
     *     Null: any may
     */
    public Acceptor(
            EventLoop loop,
            Log log,
            Listener listener,
            Taker taker,
            Reserve reserve,
            @Nullable Predicate<InetAddress> admits) {
        this.loop = loop;
        this.log = log;
        this.listener = listener;
        this.taker = taker;
        this.reserve = reserve;
        this.admits = admits;
        this.refused = new RefusedClients(loop, ErrorPages.NONE);
        this.limits = log.gate(LogLevel.INFO, 1);
        this.shortages = log.gate(LogLevel.WARN, 1);
        this.source = new Accepting(listener.fd());
        this.acceptedNs = loop.nowNs() - LATELY_NS;
    }

    /** Has others decide from now on whether one more client of an address may connect. */
    public void admit(@Nullable Predicate<InetAddress> newAdmits) {
        admits = newAdmits;
    }

    /** Has clients that may not connect read the page for 503 from now on. */
    public void answerErrorsWith(ErrorPages pages) {
        refused.answerWith(pages);
    }

    /** Begins to accept. */
    public void start() {
        open = true;
        watch();
    }

    /** Watches the listener, as soon as the kernel has room for that. */
    private void watch() {
        int result = loop.poller().add(source, Source.READ);
        if (result < 0) {
            exhausted(-result);
        }
    }

    public boolean isClosed() {
        return closed;
    }

    /** Accepts again, if it had stopped for want of room. */
    public void resume() {
        if (!open || backOff.isScheduled()) {
            return;
        }
        if (source.isRegistered()) {
            loop.poller().modify(source, Source.READ);
        } else {
            watch();
        }
    }

    private void pause() {
        loop.poller().modify(source, 0); // nothing, while it is not watched
    }

    /** Accepts for a turn, and learns how many came. */
    private void turn() {
        if (!accept(burst)) {
            burst = Math.max(1, burst / 2);
            fullTurns = 0;
        } else if (++fullTurns >= TURNS_TO_GROW) {
            burst = Math.min(2 * burst, CLIENTS_PER_TURN);
            fullTurns = 0;
        }
    }

    /** Accepts so many clients; true when more may wait. */
    private boolean accept(int most) {
        for (int i = 0; i < most; i++) {
            if (!taker.reserve()) {
                pause();
                return false;
            }
            int client = listener.accept();
            if (client < 0) {
                taker.cancel();
                if (client == Listener.EXHAUSTED) {
                    exhausted(listener.lastErrno());
                }
                return false;
            }
            exhausted = false;
            acceptedNs = loop.nowNs();
            if (!deal(client)) {
                return false;
            }
        }
        return true;
    }

    /** Refuses a client or hands it on. False when that failed, which costs this client alone. */
    private boolean deal(int client) {
        boolean handed = false;
        try {
            if (refuses(client)) {
                handed = true;
                taker.cancel();
            } else {
                handed = true;
                taker.take(client, listener.peer());
            }
            return true;
        } catch (Throwable mistake) {
            if (!handed) {
                Descriptors.close(client);
                taker.cancel();
            }
            source.broken(mistake);
            return false;
        }
    }

    private boolean refuses(int client) {
        Predicate<InetAddress> decides = admits;
        if (decides == null) {
            return false;
        }
        InetAddress address = Sockets.inetAddress(listener.peer()).getAddress();
        if (decides.test(address)) {
            return false;
        }
        limits.line(
                "limit: max-connections-per-address",
                " reached: 503 for " + NumericAddress.of(address));
        refused.refuse(client);
        return true;
    }

    /** Says it once, however long it lasts. */
    private void exhausted(int errno) {
        if (!exhausted) {
            exhausted = true;
            shortages.line(
                    "listener",
                    ": cannot accept clients for now ("
                            + Errno.describe(errno)
                            + "); they wait. Raise the descriptor limit (ulimit -n) or lower "
                            + Setting.CONNECTIONS);
        }
        reserve.release();
        backOff();
    }

    /** Accepts no client for a moment. */
    public void backOff() {
        pause();
        loop.timers().schedule(backOff, loop.nowNs() + BACK_OFF_NS);
    }

    /** Accepts no more, and leaves the listener open for another to go on with. */
    public void leave() {
        if (open) {
            open = false;
            loop.timers().cancel(backOff);
            loop.poller().remove(source);
        }
        if (!closed) {
            closed = true;
            refused.close();
        }
    }

    /**
     * Closes the listener: from now on nobody can connect. Who has connected already is taken, as
     * far as there is room; closing would reset them.
     */
    public void stop() {
        if (open) {
            boolean lately = loop.nowNs() - acceptedNs < LATELY_NS;
            listener.hide();
            acceptAll();
            if (lately) {
                LockSupport.parkNanos(HANDSHAKE_NS);
                acceptAll();
            }
            open = false;
            loop.timers().cancel(backOff);
            loop.poller().remove(source);
        }
        close();
    }

    /** Those who connected before are served. */
    private void acceptAll() {
        while (accept(CLIENTS_PER_TURN)) {
            // on
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            listener.close();
            refused.close();
        }
    }

    private final class Accepting extends Source {
        Accepting(int fd) {
            super(fd);
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            turn();
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
                turn(); // the listener says nothing of those who came before
            }
        }
    }
}
