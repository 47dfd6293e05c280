package caffeine.server.socket;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Sockets;
import caffeine.server.core.Client;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.Connection;
import caffeine.server.core.NumericAddress;
import caffeine.server.core.Transport;
import caffeine.server.options.NetworkOptions;
import caffeine.server.poll.Source;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * A client's socket, driven by readiness.
 *
 * <p>The socket stays in blocking mode for its whole life and every call says MSG_DONTWAIT: the
 * mode belongs to all who hold the socket, so a script whose standard output it becomes would
 * inherit a non-blocking one.
 *
 * <p>The poller hears of it only when something must be waited for. A client whose request is there
 * when it connects, and whose socket is then lent to a script, is never registered at all.
 *
 * <pre>
 *   OPEN ──lend──▶ LENT ──takeBack──▶ OPEN
 *    └──close──▶ CLOSING ──all sent──▶ LINGERING ──end of input, or of its time──▶ CLOSED
 * </pre>
 */
public final class SocketTransport extends Source implements Transport, Client {

    private enum State {
        OPEN,
        LENT,
        CLOSING,
        LINGERING,
        CLOSED
    }

    private final SocketContext context;
    private final ClientAddress client;
    private final int localPort;
    private final Connection connection;
    private final SocketOutput output;
    private final Deadline deadline;
    private final Lingering lingering;
    private State state = State.OPEN;
    private boolean paused;
    private boolean inputEnded;

    /** Whether another process may hold the descriptor. */
    private boolean shared;

    /**
     * Takes ownership of a client's socket, unless this throws.
     *
     * @param localPort where it listens, as {@link NetworkOptions#port} has it; 0 for a client of a
     *     Unix-domain socket
     */
    public SocketTransport(int fd, ClientAddress client, int localPort, SocketContext context) {
        super(fd);
        this.context = context;
        this.deadline = new Deadline();
        this.lingering = new Lingering(context.lingerNs);
        this.output = new SocketOutput(this, context, deadline);
        this.client = client;
        this.localPort = localPort;
        this.connection = new Connection(context.connections, this, context.loop.nowNs());
    }

    /** Reads what the client has sent already. */
    public void open() {
        try {
            read(context.loop.nowNs());
        } catch (Throwable mistake) {
            broken(mistake);
        }
    }

    @Override
    public Connection connection() {
        return connection;
    }

    @Override
    public boolean isClosed() {
        return state == State.CLOSED;
    }

    boolean isOpen() {
        return state == State.OPEN;
    }

    @Override
    public void drain() {
        if (state == State.OPEN && !paused && !inputEnded && connection.isIdle()) {
            read(context.loop.nowNs());
        }
        if (state == State.OPEN) {
            connection.drain();
        }
        lingering.hurry(context.loop.nowNs());
        if (state == State.LINGERING) {
            deadline.connectionBy(lingering.dueNs());
        }
    }

    // ---- what the poller tells

    /** What it answers goes out at once, and not when others of this turn have been served too. */
    @Override
    protected void ready(int readiness, long nowNs) {
        react(readiness, nowNs);
        output.flush();
    }

    private void react(int readiness, long nowNs) {
        if ((readiness & WRITE) != 0) {
            output.sendQueued(nowNs);
        }
        if (state == State.LINGERING && (readiness & (READ | HANGUP)) != 0) {
            discard(nowNs);
        } else if (state == State.CLOSING && (readiness & HANGUP) != 0) {
            closeNow();
        } else if (state == State.CLOSING && (readiness & READ) != 0) {
            watch(interest() & ~READ); // input waits until the answer is out
        } else if (state == State.OPEN && (readiness & (READ | HANGUP)) != 0) {
            if (!paused) {
                read(nowNs);
            } else if ((readiness & HANGUP) != 0) {
                connection.failed(
                        Sockets.getOption(fd(), Sockets.SOL_SOCKET, Sockets.SO_ERROR), nowNs);
            } else {
                watch(interest() & ~READ);
            }
        }
    }

    /** Costs this client its connection, and nobody else anything. */
    @Override
    public void broken(Throwable mistake) {
        try {
            connection.broken(mistake);
        } finally {
            reset();
        }
    }

    private void read(long nowNs) {
        long count =
                Sockets.recv(
                        fd(),
                        context.receiveBuffer,
                        0,
                        SocketContext.BUFFER_BYTES,
                        Sockets.MSG_DONTWAIT);
        if (count > 0) {
            connection.received(context.receivedBytes((int) count), 0, (int) count, nowNs);
            watchForMore();
        } else if (count == 0) {
            inputEnded = true;
            pauseReading();
            if (isRegistered()) {
                watch(interest() & ~READ);
            }
            connection.ended(nowNs);
        } else if (count == -Errno.EAGAIN || count == -Errno.EINTR) {
            watchReading();
        } else {
            connection.failed((int) -count, nowNs);
        }
    }

    /** While paused for the first time, too: a client that goes away ends its exchange. */
    private void watchForMore() {
        if (state == State.OPEN && !paused) {
            watchReading();
        } else if (state == State.OPEN && !isRegistered()) {
            watch(0);
        }
    }

    private void watchReading() {
        int wanted = isRegistered() ? interest() | READ : READ;
        watch(wanted);
    }

    private void watch(int interest) {
        if (isRegistered()) {
            context.loop.poller().modify(this, interest);
            return;
        }
        int result = context.loop.poller().add(this, interest);
        if (result < 0) {
            // The kernel has no room for a registration: without one this client is lost.
            context.loop.later(() -> connection.failed(-result, context.loop.nowNs()));
        }
    }

    // ---- sending

    @Override
    public void send(byte[] bytes, int from, int to) {
        output.send(bytes, from, to);
    }

    @Override
    public void send(ByteBuffer bytes, int from, int to) {
        output.send(bytes, from, to);
    }

    @Override
    public boolean unsend(long bytes) {
        return output.unsend(bytes);
    }

    @Override
    public long unsentBytes() {
        return output.unsentBytes();
    }

    @Override
    public long room() {
        return output.room();
    }

    @Override
    public void responseBegins() {
        deadline.responseBegins();
    }

    @Override
    public long untakenBytes() {
        return state == State.CLOSED
                ? 0
                : unsentBytes() + Math.max(0, Descriptors.unacknowledged(fd()));
    }

    @Override
    public long sentBytes() {
        return output.sentBytes();
    }

    /** The client does not take more for now. */
    void outputWaits() {
        watch((isRegistered() ? interest() : 0) | WRITE);
    }

    /** All that waited has gone out. */
    void outputEmpty(long nowNs) {
        watch(interest() & ~WRITE);
        if (state == State.CLOSING) {
            linger();
        } else if (state == State.OPEN) {
            connection.drained(nowNs);
        }
    }

    /** Sending failed: told later, since it may happen while the connection is sending. */
    void outputBroken(int errno) {
        if (state == State.CLOSING) {
            closeNow();
            return;
        }
        context.loop.later(
                () -> {
                    if (state == State.OPEN) {
                        connection.failed(errno, context.loop.nowNs());
                    }
                });
    }

    @Override
    public void execute(Runnable task) {
        context.loop.execute(task);
    }

    // ---- reading on and off

    /** Costs nothing: the poller is told only if something comes meanwhile. */
    @Override
    public void pauseReading() {
        paused = true;
    }

    @Override
    public void resumeReading() {
        paused = false;
        if (state == State.OPEN && !inputEnded) {
            watchReading();
        }
    }

    @Override
    public void deadline(long atNs) {
        deadline.connectionBy(atNs);
    }

    // ---- lending

    @Override
    public int lend() {
        if (client.isUnix()) {
            return NO_DESCRIPTOR; // nobody could say how much a script has written to it
        }
        output.flush();
        if (state != State.OPEN || output.isWaiting()) {
            return UNSENT;
        }
        context.loop.poller().remove(this);
        deadline.connectionBy(Long.MAX_VALUE);
        state = State.LENT;
        shared = true;
        return fd();
    }

    @Override
    public long takeBack() {
        if (state != State.LENT) {
            return 0;
        }
        state = State.OPEN;
        long written = Sockets.bytesWritten(fd());
        return Math.max(0, written - output.sentBytes());
    }

    // ---- closing

    @Override
    public void close() {
        if (state == State.CLOSED || state == State.CLOSING || state == State.LINGERING) {
            return;
        }
        output.flush();
        deadline.connectionBy(Long.MAX_VALUE);
        state = State.CLOSING;
        if (!output.isWaiting()) {
            linger();
        }
    }

    /**
     * Ends the output and discards input until the client has ended too: closing a socket with
     * unread input sends a reset, which destroys what the client has not read yet (RFC 9112 §9.6).
     */
    private void linger() {
        state = State.LINGERING;
        int result = Sockets.shutdown(fd(), Sockets.SHUT_WR);
        if (result < 0 || inputEnded) {
            closeNow();
            return;
        }
        lingering.begin(context.loop.nowNs());
        deadline.connectionBy(lingering.dueNs());
        if (isRegistered()) {
            watchReading();
        } else {
            context.departures.add(this);
        }
    }

    /** Time enough for most clients to have ended their side. */
    void departed() {
        try {
            if (state == State.LINGERING) {
                discard(context.loop.nowNs());
            }
        } catch (Throwable mistake) {
            broken(mistake);
        }
    }

    /** What is left for the next turn makes the socket ready again. */
    private void discard(long nowNs) {
        if (lingering.drop(fd(), context.receiveBuffer, nowNs)) {
            watchReading();
        } else {
            closeNow();
        }
    }

    @Override
    public long lingeringNs(long nowNs) {
        return state == State.LINGERING ? lingering.sinceNs(nowNs) : NOT_LINGERING;
    }

    @Override
    public void endLingering() {
        if (state == State.LINGERING) {
            closeNow();
        }
    }

    @Override
    public void reset() {
        if (state != State.CLOSED) {
            Sockets.resetOnClose(fd());
            closeNow();
        }
    }

    /** The registration ends before the descriptor does: a script's child may hold it too. */
    private void closeNow() {
        state = State.CLOSED;
        output.drop();
        deadline.cancel();
        if (shared) {
            context.loop.poller().remove(this);
        } else {
            context.loop.poller().forget(this);
        }
        Descriptors.close(fd());
        context.closed(this);
    }

    @Override
    public ClientAddress client() {
        return client;
    }

    @Override
    public String localHost() {
        if (state == State.CLOSED) {
            return "localhost"; // the descriptor may be another's by now
        }
        if (Sockets.localAddress(fd()) instanceof InetSocketAddress local) {
            String host = NumericAddress.of(local.getAddress());
            return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        }
        return "localhost";
    }

    @Override
    public int localPort() {
        if (localPort == NetworkOptions.SEVERAL_PORTS && state != State.CLOSED) {
            return Sockets.localAddress(fd()) instanceof InetSocketAddress local
                    ? local.getPort()
                    : 0;
        }
        return Math.max(0, localPort);
    }

    int fd() {
        return descriptor();
    }

    private final class Deadline extends TransportDeadline {
        Deadline() {
            super(context.loop, context.sendIdleNs, context.minimumSentPerSecond);
        }

        @Override
        protected void broken(Throwable mistake) {
            SocketTransport.this.broken(mistake);
        }

        @Override
        protected void sendExpired(String limit, long nowNs) {
            if (state == State.OPEN) {
                connection.tooSlow(limit, nowNs);
            } else {
                reset();
            }
        }

        @Override
        protected long handedOver() {
            return output.handedOver();
        }

        @Override
        protected long taken() {
            return output.handedOver() - Math.max(0, Descriptors.unacknowledged(fd()));
        }

        @Override
        protected void connectionExpired(long nowNs) {
            if (state == State.OPEN) {
                connection.expired(nowNs);
            } else if (state == State.LINGERING && lingering.dueNs() - nowNs > 0) {
                connectionBy(lingering.dueNs()); // something has come since
            } else {
                closeNow();
            }
        }
    }
}
