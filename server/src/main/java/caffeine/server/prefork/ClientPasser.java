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

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.function.UnaryOperator;

/**
 * Accepts clients while a worker has room, and hands each to the readiest one. Without room it
 * stops watching the listener, and the kernel's backlog holds who comes.
 */
final class ClientPasser implements AutoCloseable {

    /** Clients a turn, so that pings and exits get theirs. */
    private static final int CLIENTS_PER_TURN = 64;

    private static final long BACK_OFF_NS = 100_000_000L;

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

    /** Clients that no worker has taken yet, in their order. */
    private final ArrayDeque<WaitingClient> waiting = new ArrayDeque<>();

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
        if (!open || backOff.isScheduled()) {
            return;
        }
        loop.poller().modify(source, Source.READ);
        if (!waiting.isEmpty()) {
            boolean _ = accept(); // the listener says nothing of those who wait here
        }
    }

    private void pause() {
        loop.poller().modify(source, 0);
    }

    /** Passes clients for a turn; true when there may be more. */
    private boolean accept() {
        for (int i = 0; i < CLIENTS_PER_TURN; i++) {
            WorkerProcess worker = readiest.apply(null);
            if (worker == null) {
                pause();
                return false;
            }
            if (!passWaiting(worker) && !passNext(worker)) {
                return false;
            }
        }
        return true;
    }

    /** Passes the first of those who wait already; false when nobody does. */
    private boolean passWaiting(WorkerProcess worker) {
        WaitingClient client = waiting.peek();
        if (client == null || !pass(worker, client.fd(), client.address())) {
            return false;
        }
        waiting.remove();
        return true;
    }

    /** Accepts and passes the next one; false when nobody comes, or not now. */
    private boolean passNext(WorkerProcess worker) {
        if (!waiting.isEmpty()) {
            backOff(); // whoever waits could not be passed just now
            return false;
        }
        int client = listener.accept();
        if (client == Listener.NONE) {
            return false;
        }
        if (client == Listener.EXHAUSTED) {
            exhausted(listener.lastErrno());
            return false;
        }
        exhausted = false;
        if (!refuses(client) && !pass(worker, client, listener.peer())) {
            waiting.add(WaitingClient.of(client, listener.peer()));
        }
        return true;
    }

    /** Takes a client back that no worker has read. */
    void takeBack(WaitingClient client) {
        if (closed) {
            Descriptors.close(client.fd());
            return;
        }
        waiting.add(client);
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
        InetAddress address = addressOf(listener.peer());
        if (addresses.of(address) < mostPerAddress) {
            return false;
        }
        limitReached("max-connections-per-address", "503 for " + NumericAddress.of(address));
        refused.refuse(client);
        return true;
    }

    private static InetAddress addressOf(MemorySegment sockaddr) {
        return Sockets.inetAddress(sockaddr).getAddress();
    }

    /** Passes a client to a worker, or else to the next best. Our descriptor is closed then. */
    private boolean pass(WorkerProcess first, int client, MemorySegment address) {
        WorkerProcess worker = first;
        while (worker != null) {
            int result = messages.client(worker, client, address);
            if (result == 0) {
                worker.tookClient(mostPerAddress > 0 ? addressOf(address) : null);
                Descriptors.close(client);
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
            while (accept()) {
                // Those who connected before are served.
            }
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
            waiting.forEach(client -> Descriptors.close(client.fd()));
            waiting.clear();
        }
    }

    private final class Accepting extends Source {
        Accepting(int fd) {
            super(fd);
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            boolean _ = accept();
        }
    }

    private final class BackOff extends Timer {
        @Override
        protected void expired(long nowNs) {
            resume();
        }
    }
}
