package caffeine.server.prefork;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Sockets;
import caffeine.server.log.Log;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ServerOptions;
import caffeine.server.service.Acceptor;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.Reserve;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Accepts clients while a worker has credits, and passes each to the worker with the most. */
final class ClientPasser implements Acceptor.Taker<Listener>, AutoCloseable {

    private static final int CLOSED_TOGETHER = 64;

    private final Log log;
    private final WorkerMessages messages;

    /** The worker with the most credits other than the argument, or null. */
    private final UnaryOperator<@Nullable WorkerProcess> readiest;

    private final AddressCounts addresses;
    private final Acceptor<Listener> acceptor;
    private boolean countsAddresses;

    /** A client costs a process: those that are gone already get none, and at a stop all wait. */
    private final boolean oneClientEach;

    private final MemorySegment peeked = Arena.ofAuto().allocate(1);

    /** Workers that have clients in their {@link WorkerProcess#handoff}. */
    private final List<WorkerProcess> collecting = new ArrayList<>();

    /** Our descriptors of clients that workers have now, and how many they are. */
    private final int[] toClose = new int[CLOSED_TOGETHER];

    private int passed;

    /** The server ends: all clients that have connected are accepted, and wait here. */
    private boolean takesAll;

    private boolean closed;

    /** Clients that no worker has taken yet, in their order. */
    private final ArrayDeque<WaitingClient> waiting = new ArrayDeque<>();

    ClientPasser(
            EventLoop loop,
            Log log,
            List<Listener> listeners,
            WorkerMessages messages,
            UnaryOperator<@Nullable WorkerProcess> readiest,
            Reserve reserve,
            AddressCounts addresses,
            boolean oneClientEach) {
        this.log = log;
        this.messages = messages;
        this.readiest = readiest;
        this.addresses = addresses;
        this.oneClientEach = oneClientEach;
        this.acceptor = new Acceptor<>(loop, log, listeners, this, reserve, null);
    }

    /** Applies the options' limit for clients of one address. */
    void limit(ServerOptions options) {
        int most = options.connectionsPerAddress();
        acceptor.serve(options);
        countsAddresses = most > 0;
        acceptor.admit(countsAddresses ? address -> addresses.of(address) < most : null);
    }

    /** Begins to accept. */
    void start() {
        acceptor.start();
    }

    /** Accepts again, if it had stopped without credits. */
    void resume() {
        if (waiting.isEmpty() || reserve()) {
            acceptor.resume(); // the listener reports no event for clients that wait here
        }
    }

    @Override
    public boolean reserve() {
        WorkerProcess worker = readiest.apply(null);
        if (worker == null || waiting.isEmpty()) {
            return worker != null || takesAll;
        }
        while (worker != null && !waiting.isEmpty()) {
            WaitingClient client = waiting.remove();
            collect(worker, client.fd(), client.address());
            worker = readiest.apply(null);
        }
        if (!passAll()) {
            if (!takesAll) {
                acceptor.backOff(); // some could not be passed just now
            }
            return takesAll;
        }
        return takesAll || readiest.apply(null) != null;
    }

    @Override
    public void take(Listener listener) {
        int client = listener.client();
        if (oneClientEach && isGone(client)) {
            Descriptors.close(client);
            return;
        }
        MemorySegment sockaddr = listener.peer();
        WorkerProcess worker = readiest.apply(null);
        if (worker == null) {
            waiting.add(WaitingClient.of(client, sockaddr));
        } else {
            collect(worker, client, sockaddr);
        }
    }

    /** Whether the client was reset while it waited, or has ended without a request. */
    private boolean isGone(int client) {
        return Sockets.getOption(client, Sockets.SOL_SOCKET, Sockets.SO_ERROR) != 0
                || Sockets.recv(client, peeked, 0, 1, Sockets.MSG_PEEK | Sockets.MSG_DONTWAIT) == 0;
    }

    @Override
    public void endTurn() {
        boolean _ = passAll(); // those that could not be passed are the next to be
    }

    /** Takes back a client that no worker has read. */
    void takeBack(WaitingClient client) {
        if (closed) {
            Descriptors.close(client.fd());
            return;
        }
        waiting.add(client);
    }

    /** Adds a client to the next message for a worker. */
    private void collect(WorkerProcess worker, int client, MemorySegment address) {
        Handoff handoff = worker.handoff();
        if (handoff.isEmpty()) {
            collecting.add(worker);
        } else if (handoff.isFull()) {
            boolean _ = pass(worker);
        }
        handoff.add(client, address);
        worker.tookClient(counted(address));
    }

    private @Nullable InetAddress counted(MemorySegment address) {
        return countsAddresses ? Listener.client(address).network() : null;
    }

    /** Passes the collected clients. False when some have to wait. */
    private boolean passAll() {
        boolean all = true;
        for (WorkerProcess worker : collecting) {
            all &= pass(worker);
        }
        collecting.clear();
        closePassed();
        return all;
    }

    /**
     * Passes its collected clients to a worker, and closes our descriptors. On failure, each goes
     * to the next best worker, or waits: then this is false.
     */
    private boolean pass(WorkerProcess worker) {
        Handoff handoff = worker.handoff();
        int result = handoff.send(messages, worker);
        if (result == 0) {
            for (int i = 0; i < handoff.count(); i++) {
                passed(handoff.fd(i));
            }
            handoff.clear();
            worker.gotClients();
            return true;
        }
        boolean all = true;
        tookNone(worker, result);
        for (int i = 0; i < handoff.count(); i++) {
            MemorySegment address = handoff.address(i);
            worker.missedClient(counted(address));
            all &= passToAnother(worker, handoff.fd(i), address);
        }
        handoff.clear();
        return all;
    }

    private boolean passToAnother(WorkerProcess failed, int client, MemorySegment address) {
        WorkerProcess other = readiest.apply(failed);
        int result = other == null ? 0 : messages.client(other, client, address);
        if (other == null || result < 0) {
            if (other != null) {
                tookNone(other, result);
            }
            waiting.add(WaitingClient.of(client, address));
            return false;
        }
        other.tookClient(counted(address));
        passed(client);
        other.gotClients();
        return true;
    }

    /** Has our descriptor closed together with those of others. */
    private void passed(int client) {
        if (passed == toClose.length) {
            closePassed();
        }
        toClose[passed++] = client;
    }

    private void closePassed() {
        Arrays.sort(toClose, 0, passed);
        Descriptors.close(toClose, passed);
        passed = 0;
    }

    private void tookNone(WorkerProcess worker, int result) {
        log.line(
                LogLevel.DEBUG,
                "parent",
                "pid " + worker.pid + " takes no client: " + Errno.describe(-result));
    }

    /** How many clients were accepted that no worker has taken. */
    int waiting() {
        return waiting.size();
    }

    /**
     * From now on no client can connect; connected clients are passed on while there are credits.
     * If each worker serves one client, the others are accepted too, and wait until {@link #close}.
     */
    void stop() {
        takesAll = oneClientEach;
        acceptor.stop();
        if (!takesAll) {
            close();
        }
    }

    /** Closes the listeners, and resets clients that wait. */
    @Override
    public void close() {
        closed = true;
        acceptor.close();
        waiting.forEach(client -> Descriptors.close(client.fd()));
        waiting.clear();
    }
}
