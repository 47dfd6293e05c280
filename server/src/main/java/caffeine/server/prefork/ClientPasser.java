package caffeine.server.prefork;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Sockets;
import caffeine.server.LogLevel;
import caffeine.server.core.NumericAddress;
import caffeine.server.log.FloodGate;
import caffeine.server.log.Log;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.poll.Source;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.util.function.UnaryOperator;

/**
 * Accepts clients while a worker has room, and hands each to the readiest one. Without room it
 * stops watching the listener, and the kernel's backlog holds who comes.
 */
final class ClientPasser implements AutoCloseable {

    /** Clients a turn, so that pings and exits get theirs. */
    private static final int CLIENTS_PER_TURN = 64;

    private static final long BACK_OFF_NS = 100_000_000L;
    private static final int NOBODY = -1;

    private final EventLoop loop;
    private final Log log;
    private final Listener listener;
    private final WorkerMessages messages;

    /** The worker with the most room other than the argument, or null. */
    private final UnaryOperator<@Nullable WorkerProcess> readiest;

    private final AddressCounts addresses;

    /** Clients of one address; 0: they are not counted. */
    private final int mostPerAddress;

    private final RefusedClients refused;
    private final FloodGate limits = new FloodGate(1);
    private final Accepting source;
    private final BackOff backOff = new BackOff();

    /** A client that no worker has taken yet. */
    private int held = NOBODY;

    private @Nullable InetAddress heldAddress;

    private boolean open;
    private boolean closed;
    private boolean exhausted;

    ClientPasser(
            EventLoop loop,
            Log log,
            Listener listener,
            WorkerMessages messages,
            UnaryOperator<@Nullable WorkerProcess> readiest,
            AddressCounts addresses,
            int mostPerAddress) {
        this.loop = loop;
        this.log = log;
        this.listener = listener;
        this.messages = messages;
        this.readiest = readiest;
        this.addresses = addresses;
        this.mostPerAddress = mostPerAddress;
        this.refused = new RefusedClients(loop);
        this.source = new Accepting(listener.fd());
    }

    /** Begins to accept. */
    void start() {
        open = true;
        loop.poller().add(source, Source.READ);
    }

    /** Accepts again, if it had stopped for want of room. */
    void resume() {
        if (open && !backOff.isScheduled()) {
            loop.poller().modify(source, Source.READ);
        }
    }

    private void pause() {
        loop.poller().modify(source, 0);
    }

    private void accept() {
        for (int i = 0; i < CLIENTS_PER_TURN; i++) {
            WorkerProcess worker = readiest.apply(null);
            if (worker == null) {
                limitReached("max-connections", "clients wait until another one leaves");
                pause();
                return;
            }
            if (held == NOBODY) {
                int client = listener.accept();
                if (client == Listener.NONE) {
                    return;
                }
                if (client == Listener.EXHAUSTED) {
                    exhausted(listener.lastErrno());
                    return;
                }
                if (refuses(client)) {
                    continue;
                }
                held = client;
            }
            if (!pass(worker)) {
                backOff();
                return;
            }
            exhausted = false;
        }
    }

    private void limitReached(String limit, String detail) {
        String more = limits.pass(limit);
        if (more != null) {
            log.line(LogLevel.INFO, "limit", limit + " reached: " + detail + more);
        }
    }

    private boolean refuses(int client) {
        if (mostPerAddress == 0) {
            return false;
        }
        InetAddress address = Sockets.inetAddress(listener.peer()).getAddress();
        if (addresses.of(address) < mostPerAddress) {
            heldAddress = address;
            return false;
        }
        limitReached("max-connections-per-address", "503 for " + NumericAddress.of(address));
        refused.refuse(client);
        return true;
    }

    /** The client's address stays in the listener until the next accept. */
    private boolean pass(WorkerProcess first) {
        WorkerProcess worker = first;
        while (worker != null) {
            int result = messages.client(worker, held, listener.peer());
            if (result == 0) {
                worker.tookClient(heldAddress);
                Descriptors.close(held);
                held = NOBODY;
                return true;
            }
            log.line(
                    LogLevel.DEBUG,
                    "parent",
                    "pid " + worker.pid + " takes no client: " + Errno.describe(-result));
            worker = worker == first ? readiest.apply(first) : null;
        }
        return false;
    }

    /** Says it once, however long it lasts. */
    private void exhausted(int errno) {
        if (!exhausted) {
            exhausted = true;
            log.line(
                    LogLevel.WARN,
                    "parent",
                    "cannot accept clients for now ("
                            + Errno.describe(errno)
                            + "); they wait. Raise the descriptor limit (ulimit -n) or lower"
                            + " --max-connections");
        }
        backOff();
    }

    private void backOff() {
        pause();
        loop.timers().schedule(backOff, loop.nowNs() + BACK_OFF_NS);
    }

    /**
     * Closes the listener: from now on nobody can connect. Who has connected already is passed on,
     * as far as there is room; closing would reset them.
     */
    void stop() {
        if (open) {
            accept();
            open = false;
            loop.poller().remove(source);
        }
        close();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            listener.close();
            refused.close();
            if (held != NOBODY) {
                Descriptors.close(held);
                held = NOBODY;
            }
        }
    }

    private final class Accepting extends Source {
        Accepting(int fd) {
            super(fd);
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            accept();
        }
    }

    private final class BackOff extends Timer {
        @Override
        protected void expired(long nowNs) {
            resume();
        }
    }
}
