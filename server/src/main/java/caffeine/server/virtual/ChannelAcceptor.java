package caffeine.server.virtual;

import caffeine.os.Errno;
import caffeine.server.LogLevel;
import caffeine.server.Setting;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.NumericAddress;
import caffeine.server.log.FloodGate;
import caffeine.server.log.Log;
import caffeine.server.log.Traces;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.poll.Source;
import caffeine.server.service.Acceptor;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.Keeper;
import caffeine.server.service.Reserve;
import caffeine.server.service.Room;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.LockSupport;

/**
 * Accepts clients as long as there is room for them; without room the kernel's backlog holds who
 * comes. When the system is out of descriptors or memory it waits a moment instead of spinning.
 */
final class ChannelAcceptor extends Source implements Keeper.Door {

    /** Where accepted clients go, with their place in the room. */
    interface Taker {
        void take(SocketChannel client, ClientAddress address);
    }

    /** Clients a turn, so that others on the loop get theirs. */
    private static final int CLIENTS_PER_TURN = 64;

    private static final long BACK_OFF_NS = 100_000_000L;

    private final EventLoop loop;
    private final Log log;
    private final ChannelListener listener;
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
    private Room room;
    private int mostPerAddress;
    private Taker taker;
    private boolean exhausted;
    private boolean stopped;

    /** When the last client came. */
    private long acceptedNs;

    /**
     * @param mostPerAddress how many clients of one address may be connected; 0: any number
     */
    ChannelAcceptor(
            EventLoop loop,
            Log log,
            ChannelListener listener,
            Room room,
            AddressCounts addresses,
            int mostPerAddress,
            RefusedChannels refused,
            Reserve reserve,
            Taker taker) {
        super(listener.channel());
        this.loop = loop;
        this.log = log;
        this.listener = listener;
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
    void prepare(Room fresh) {
        fresh.whenFree(() -> loop.execute(this::resume));
    }

    /** From now on others take the clients. On the loop's thread. */
    void change(Room newRoom, int newMostPerAddress, Taker newTaker) {
        room = newRoom;
        mostPerAddress = newMostPerAddress;
        taker = newTaker;
        resume();
    }

    /** Begins to accept. */
    void start() {
        prepare(room);
        int result = loop.poller().add(this, READ);
        if (result < 0) {
            throw new IllegalStateException(
                    "the listener cannot be watched: " + Errno.describe(-result));
        }
    }

    /** Accepts again, if it had stopped for want of room. */
    private void resume() {
        if (!stopped && !backOff.isScheduled()) {
            loop.poller().modify(this, READ);
        }
    }

    private void pause() {
        loop.poller().modify(this, 0);
    }

    @Override
    protected void ready(int readiness, long nowNs) {
        boolean _ = accept();
    }

    /** Accepts for a turn; true when more clients may wait. */
    private boolean accept() {
        for (int i = 0; i < CLIENTS_PER_TURN; i++) {
            if (!room.tryTake()) {
                pause();
                return false;
            }
            SocketChannel client = next();
            if (client == null) {
                room.give();
                return false;
            }
            acceptedNs = loop.nowNs();
            if (!admit(client)) {
                room.give();
            }
        }
        return true;
    }

    /** Costs the clients of this turn a moment. */
    @Override
    protected void broken(Throwable mistake) {
        log.line(LogLevel.ERROR, "listener", Traces.describe(mistake));
        backOff();
    }

    private @Nullable SocketChannel next() {
        try {
            SocketChannel client = listener.channel().accept();
            exhausted &= client == null;
            return client;
        } catch (IOException e) {
            exhausted(e);
            return null;
        }
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
        if (mostPerAddress > 0 && !addresses.tryAdd(address.address(), mostPerAddress)) {
            refuse(client, address.address());
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
            if (mostPerAddress > 0) {
                addresses.remove(address.address());
            }
            broken(mistake);
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
        backOff();
    }

    private void backOff() {
        pause();
        loop.timers().schedule(backOff, loop.nowNs() + BACK_OFF_NS);
    }

    /**
     * Closes the listener: from now on nobody can connect. Who has connected already is taken, as
     * far as there is room; closing would reset them.
     */
    @Override
    public void stop() {
        if (!stopped) {
            boolean lately = loop.nowNs() - acceptedNs < Acceptor.LATELY_NS;
            listener.hide();
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
        while (accept()) {
            // on
        }
    }

    /** Closes the listener at once. */
    @Override
    public void close() {
        if (!stopped) {
            stopped = true;
            loop.timers().cancel(backOff);
            loop.poller().remove(this);
            listener.close();
        }
    }
}
