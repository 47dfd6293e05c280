package caffeine.server.prefork;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.server.log.Log;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ServerOptions;
import caffeine.server.service.Acceptor;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.Reserve;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Accepts clients while a worker has room, and hands each to the readiest one. ConnectionLimit is a
 * worker's credit.
 */
final class ClientPasser implements Acceptor.Taker, AutoCloseable {

    private final Log log;
    private final WorkerMessages messages;

    /** The worker with the most room other than the argument, or null. */
    private final UnaryOperator<@Nullable WorkerProcess> readiest;

    private final AddressCounts addresses;
    private final Acceptor acceptor;
    private boolean countsAddresses;

    /** Clients that no worker has taken yet, in their order. */
    private final ArrayDeque<WaitingClient> waiting = new ArrayDeque<>();

    ClientPasser(
            EventLoop loop,
            Log log,
            List<Listener> listeners,
            WorkerMessages messages,
            UnaryOperator<@Nullable WorkerProcess> readiest,
            Reserve reserve,
            AddressCounts addresses) {
        this.log = log;
        this.messages = messages;
        this.readiest = readiest;
        this.addresses = addresses;
        this.acceptor = new Acceptor(loop, log, listeners, this, reserve, null);
    }

    /** From now on no more clients of one address than these options allow. */
    void limit(ServerOptions options) {
        int most = options.connectionsPerAddress();
        acceptor.answerErrorsWith(options.errorPages());
        countsAddresses = most > 0;
        acceptor.admit(countsAddresses ? address -> addresses.of(address) < most : null);
    }

    /** Begins to accept. */
    void start() {
        acceptor.start();
    }

    /** Accepts again, if it had stopped for want of room. */
    void resume() {
        if (waiting.isEmpty() || reserve()) {
            acceptor.resume(); // the listener says nothing of those who wait here
        }
    }

    @Override
    public boolean reserve() {
        WorkerProcess worker = readiest.apply(null);
        while (worker != null && !waiting.isEmpty()) {
            WaitingClient client = waiting.element();
            if (!pass(worker, client.fd(), client.address())) {
                acceptor.backOff(); // whoever waits could not be passed just now
                return false;
            }
            waiting.remove();
            worker = readiest.apply(null);
        }
        return worker != null;
    }

    @Override
    public void take(int client, MemorySegment sockaddr) {
        WorkerProcess worker = readiest.apply(null);
        if (worker == null || !pass(worker, client, sockaddr)) {
            waiting.add(WaitingClient.of(client, sockaddr));
        }
    }

    /** Takes a client back that no worker has read. */
    void takeBack(WaitingClient client) {
        if (acceptor.isClosed()) {
            Descriptors.close(client.fd());
            return;
        }
        waiting.add(client);
    }

    /** Passes a client to a worker, or else to the next best. Our descriptor is closed then. */
    private boolean pass(WorkerProcess first, int client, MemorySegment address) {
        WorkerProcess worker = first;
        while (worker != null) {
            int result = messages.client(worker, client, address);
            if (result == 0) {
                worker.tookClient(countsAddresses ? Listener.client(address).network() : null);
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

    /** From now on nobody can connect; who has connected already is passed on if there is room. */
    void stop() {
        acceptor.stop();
        close();
    }

    @Override
    public void close() {
        acceptor.close();
        waiting.forEach(client -> Descriptors.close(client.fd()));
        waiting.clear();
    }
}
