package caffeine.server.virtual;

import caffeine.os.Errno;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.NumericAddress;
import caffeine.server.log.FloodGate;
import caffeine.server.log.Log;
import caffeine.server.log.Traces;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.options.LogLevel;
import caffeine.server.options.Setting;
import caffeine.server.poll.Source;
import caffeine.server.service.Acceptor;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.ConnectionLimit;
import caffeine.server.service.Reserve;
import caffeine.server.service.Supervisor;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Accepts clients as long as there is room for them; without room the kernel's backlogs hold new
 * clients. When the system is out of descriptors or memory it waits a moment instead of spinning.
 * Several listeners take turns, as those of an {@link Acceptor} do.
 */
final class ChannelAcceptor implements Supervisor.ClientSource {

    /** Where accepted clients go, with their place in the room. */
    interface Taker {
        void take(SocketChannel client, ClientAddress address);
    }

    /** Clients a turn, so that others on the loop get theirs. */
    private static final int CLIENTS_PER_TURN = 64;

    private static final int NO_LISTENER = -1;

    private static final long BACK_OFF_NS = 100_000_000L;

    private final EventLoop loop;
    private final Log log;
    private final List<WatchedListener> watched;
    private final AddressCounts addresses;
    private final RefusedChannels refused;
    private final Reserve reserve;
    private final FloodGate limits;
    private final FloodGate shortages;
    private final Timer backOff =
            new Timer() {
                @Override
                protected void expired(long nowNs) {
                    if (reserve.take()) {
                        resume();
                    } else {
                        backOff();
                    }
                }
            };
    private ConnectionLimit room;
    private int mostPerAddress;
    private Taker taker;
    private boolean exhausted;
    private boolean stopped;

    /**
     * The listener to begin with where none could accept any more; {@link #NO_LISTENER}: each
     * could.
     */
    private int next = NO_LISTENER;

    /** When the last client came. */
    private long acceptedNs;

    /**
     * @param mostPerAddress how many clients of one address may be connected; 0: any number
     */
    ChannelAcceptor(
            EventLoop loop,
            Log log,
            List<ChannelListener> listeners,
            ConnectionLimit room,
            AddressCounts addresses,
            int mostPerAddress,
            RefusedChannels refused,
            Reserve reserve,
            Taker taker) {
        this.loop = loop;
        this.log = log;
        this.watched = listeners.stream().map(WatchedListener::new).toList();
        this.room = room;
        this.addresses = addresses;
        this.mostPerAddress = mostPerAddress;
        this.refused = refused;
        this.reserve = reserve;
        this.taker = taker;
        this.limits = log.gate(LogLevel.INFO, 1);
        this.shortages = log.gate(LogLevel.WARN, 1);
        this.acceptedNs = loop.nowNs() - Acceptor.LATELY_NS;
    }

    /** What is to be set up with a room before it is used. */
    void prepare(ConnectionLimit fresh) {
        fresh.whenFree(() -> loop.execute(this::resume));
    }

    /** From now on others take the clients. On the loop's thread. */
    void change(ConnectionLimit newRoom, int newMostPerAddress, Taker newTaker) {
        room = newRoom;
        mostPerAddress = newMostPerAddress;
        taker = newTaker;
        resume();
    }

    /** Begins to accept. */
    void start() {
        prepare(room);
        for (WatchedListener listener : watched) {
            int result = loop.poller().add(listener, Source.READ);
            if (result < 0) {
                throw new IllegalStateException(
                        "the listener cannot be watched: " + Errno.describe(-result));
            }
        }
    }

    /** Accepts again, if it had stopped for want of room. */
    private void resume() {
        if (!stopped && !backOff.isScheduled()) {
            watched.forEach(listener -> loop.poller().modify(listener, Source.READ));
        }
    }

    private void pause() {
        watched.forEach(listener -> loop.poller().modify(listener, 0));
    }

    /** A turn for each listener, beginning with the one whose turn it is. */
    private void turns() {
        int first = Math.max(0, next);
        next = NO_LISTENER;
        for (int i = 0; i < watched.size() && next == NO_LISTENER; i++) {
            boolean _ = watched.get((first + i) % watched.size()).accept();
        }
    }

    /** A listener, as the loop's poller watches it. */
    private final class WatchedListener extends Source {

        private final ChannelListener listener;

        WatchedListener(ChannelListener listener) {
            super(listener.channel());
            this.listener = listener;
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            if (backOff.isScheduled()) {
                return; // since another listener's turn, a moment ago
            }
            if (next == NO_LISTENER) {
                boolean _ = accept();
            } else {
                turns();
            }
        }

        /** Accepts for a turn; true when more clients may wait. */
        boolean accept() {
            for (int i = 0; i < CLIENTS_PER_TURN; i++) {
                if (!room.tryTake()) {
                    pause();
                    endTurn(i);
                    return false;
                }
                SocketChannel client = client();
                if (client == null) {
                    room.give();
                    if (backOff.isScheduled()) {
                        endTurn(i);
                    }
                    return false;
                }
                acceptedNs = loop.nowNs();
                if (!admit(client)) {
                    room.give();
                }
            }
            return true;
        }

        /** No listener can accept for now. One that has had clients lets another have the next. */
        private void endTurn(int accepted) {
            int own = watched.indexOf(this);
            next = accepted == 0 ? own : (own + 1) % watched.size();
        }

        private @Nullable SocketChannel client() {
            try {
                SocketChannel client = listener.channel().accept();
                exhausted &= client == null;
                return client;
            } catch (IOException e) {
                exhausted(e);
                return null;
            }
        }

        @Override
        protected void broken(Throwable mistake) {
            failed(mistake);
        }
    }

    /** Costs the clients of this turn a moment. */
    private void failed(Throwable mistake) {
        log.line(LogLevel.ERROR, "listener", Traces.describe(mistake));
        backOff();
    }

    /** False when the client was not taken; it is taken care of then. */
    private boolean admit(SocketChannel client) {
        ClientAddress address;
        try {
            address =
                    client.getRemoteAddress() instanceof InetSocketAddress inet
                            ? new ClientAddress(inet)
                            : ClientAddress.UNIX;
        } catch (IOException _) {
            RefusedChannels.drop(client);
            return false;
        }
        InetAddress counted = mostPerAddress > 0 ? address.network() : null;
        if (counted != null && !addresses.tryAdd(counted, mostPerAddress)) {
            refuse(client, counted);
            return false;
        }
        return take(client, address);
    }

    private boolean take(SocketChannel client, ClientAddress address) {
        try {
            taker.take(client, address);
            return true;
        } catch (Throwable mistake) {
            RefusedChannels.drop(client);
            InetAddress counted = mostPerAddress > 0 ? address.network() : null;
            if (counted != null) {
                addresses.remove(counted);
            }
            failed(mistake);
            return false;
        }
    }

    private void refuse(SocketChannel client, InetAddress address) {
        limits.line(
                "limit: max-connections-per-address",
                " reached: 503 for " + NumericAddress.of(address));
        refused.refuse(client);
    }

    /** Says it once, however long it lasts. */
    private void exhausted(IOException reason) {
        if (!exhausted) {
            exhausted = true;
            shortages.line(
                    "listener",
                    ": cannot accept clients for now ("
                            + reason.getMessage()
                            + "); they wait. Raise the descriptor limit (ulimit -n) or lower "
                            + Setting.CONNECTIONS);
        }
        reserve.release();
        room.exhausted();
        backOff();
    }

    private void backOff() {
        pause();
        loop.timers().schedule(backOff, loop.nowNs() + BACK_OFF_NS);
    }

    /**
     * Closes the listeners: from now on no client can connect. Clients that have connected already
     * are taken, as far as there is room; closing would reset them.
     */
    @Override
    public void stop() {
        if (!stopped) {
            boolean lately = loop.nowNs() - acceptedNs < Acceptor.LATELY_NS;
            watched.forEach(listener -> listener.listener.hide());
            acceptAll();
            if (lately) {
                LockSupport.parkNanos(Acceptor.HANDSHAKE_NS);
                acceptAll();
            }
            close();
        }
    }

    /** Those who connected before are served. */
    private void acceptAll() {
        for (WatchedListener listener : watched) {
            while (listener.accept()) {
                // on
            }
        }
    }

    /** Closes the listeners at once. */
    @Override
    public void close() {
        if (!stopped) {
            stopped = true;
            loop.timers().cancel(backOff);
            for (WatchedListener listener : watched) {
                loop.poller().remove(listener);
                listener.listener.close();
            }
        }
    }
}
