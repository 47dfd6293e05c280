package caffeine.server.virtual;

import caffeine.os.Errno;
import caffeine.server.core.Client;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.Connection;
import caffeine.server.core.ConnectionContext;
import caffeine.server.core.NumericAddress;
import caffeine.server.core.Transport;
import caffeine.server.options.NetworkOptions;
import caffeine.server.socket.Lingering;
import caffeine.server.socket.TransportDeadline;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;

/**
 * A client's channel, driven by virtual threads that block: one reads, and writes what answers what
 * it has read; what comes from elsewhere is written by one that is started for it. In the lane
 * only, where nothing says otherwise.
 *
 * <pre>
 *   OPEN ──close──▶ CLOSING ──all written──▶ LINGERING ──end of input, or of its time──▶ CLOSED
 * </pre>
 */
final class ChannelTransport implements Transport, Client {

    private enum State {
        OPEN,
        CLOSING,
        LINGERING,
        CLOSED
    }

    private final SocketChannel channel;
    private final ClientAddress client;
    private final Lane lane;
    private final LaneContext context;
    private final Consumer<ChannelTransport> opener;
    private final ClientThread thread;
    private final ChannelOutput output;
    private final Deadline deadline;
    private final Lingering lingering;
    private @Nullable Connection connection;
    private Consumer<Client> closed = _ -> {};
    private volatile State state = State.OPEN;
    private volatile boolean paused;
    private boolean inputEnded;
    private @Nullable ChannelTask visitor;

    /**
     * @param opener called once, in the lane, to open it there
     */
    ChannelTransport(
            SocketChannel channel,
            ClientAddress client,
            Lane lane,
            LaneContext context,
            BufferPool large,
            Consumer<ChannelTransport> opener) {
        this.channel = channel;
        this.client = client;
        this.lane = lane;
        this.context = context;
        this.opener = opener;
        this.thread = new ClientThread(this, large);
        this.output = new ChannelOutput(this, context);
        this.deadline = new Deadline();
        this.lingering = new Lingering(context.lingerNs);
    }

    /** What to run in a virtual thread. On any thread. */
    ClientThread thread() {
        return thread;
    }

    /** On any thread. */
    SocketChannel channel() {
        return channel;
    }

    /** On any thread. */
    Lane lane() {
        return lane;
    }

    @Override
    public Connection connection() {
        Connection opened = connection;
        if (opened == null) {
            throw new IllegalStateException("not open yet");
        }
        return opened;
    }

    /** On any thread. */
    @Override
    public boolean isClosed() {
        return state == State.CLOSED;
    }

    boolean isOpen() {
        return state == State.OPEN;
    }

    /** Whether input stays in the kernel for now. On any thread. */
    boolean leavesInput() {
        State current = state;
        return current == State.CLOSING || (current == State.OPEN && paused);
    }

    /** Drops what a thread has read, if that is all there is to do with it. On any thread. */
    boolean drops(long nowNs) {
        boolean lingers = state == State.LINGERING;
        if (lingers) {
            lingering.heard(nowNs);
        }
        return lingers;
    }

    // ---- what its threads tell

    /** Who is in the lane for this transport, until the turn is over. */
    void visited(@Nullable ChannelTask by) {
        visitor = by;
    }

    /** The visit that happens now, if any. */
    @Nullable ChannelTask visitor() {
        return visitor;
    }

    /** Its first visit. */
    void open() {
        setOption(StandardSocketOptions.TCP_NODELAY, true);
        opener.accept(this);
    }

    /** A Unix-domain socket has none of the options that are set here. */
    private <T> void setOption(SocketOption<T> option, T value) {
        if (client.isUnix()) {
            return;
        }
        try {
            channel.setOption(option, value);
        } catch (IOException _) {
            // The client is gone; reading will tell.
        }
    }

    /** Begins to speak HTTP. */
    void begin(ConnectionContext connections, Consumer<Client> whenClosed) {
        closed = whenClosed;
        connection = new Connection(connections, this, context.loop.nowNs());
    }

    void received(byte[] bytes, int count, boolean ended, long nowNs) {
        inputEnded |= ended;
        if (state == State.LINGERING) {
            lingering.heard(nowNs);
            if (ended) {
                closeNow();
            }
        } else if (state == State.OPEN && ended) {
            connection().ended(nowNs);
        } else if (state == State.OPEN) {
            connection().received(bytes, 0, count, nowNs);
        }
    }

    /** Reading failed: the client is gone. */
    void failed(long nowNs) {
        inputEnded = true;
        if (state == State.OPEN) {
            connection().failed(Errno.ECONNRESET, nowNs);
        } else if (state != State.CLOSED) {
            closeNow();
        }
    }

    /** Costs this client its connection, and no other anything. */
    @Override
    public void broken(Throwable mistake) {
        Connection opened = connection;
        try {
            if (opened != null) {
                opened.broken(mistake);
            }
        } finally {
            reset();
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
    public long sentBytes() {
        return output.sentBytes();
    }

    /** A thread has written some, and is in the lane. */
    void written(int count, @Nullable IOException failure, long nowNs) {
        output.written(count, failure, nowNs);
    }

    void outputWaits(long nowNs) {
        deadline.outputWaits(nowNs);
    }

    void outputTaken(long nowNs) {
        deadline.outputTaken(nowNs);
    }

    void outputEmpty(long nowNs) {
        deadline.outputEmpty(nowNs);
    }

    void allWritten(long nowNs) {
        if (state == State.CLOSING) {
            linger();
        } else if (state == State.OPEN) {
            connection().drained(nowNs);
        }
    }

    /** Told to the connection later, since it may happen while that is sending. */
    void sendingFailed(int errno) {
        if (state == State.CLOSING) {
            closeNow();
            return;
        }
        context.loop.execute(
                () -> {
                    if (state == State.OPEN) {
                        connection().failed(errno, context.loop.nowNs());
                    }
                });
    }

    @Override
    public void execute(Runnable task) {
        context.loop.execute(task);
    }

    // ---- reading on and off

    /** What is being read now still comes. */
    @Override
    public void pauseReading() {
        paused = true;
    }

    @Override
    public void resumeReading() {
        if (paused) {
            paused = false;
            thread.unpark();
        }
    }

    @Override
    public void deadline(long atNs) {
        deadline.connectionBy(atNs);
    }

    // ---- lending

    /** The JDK hides the descriptor: what a script writes comes through a pipe instead. */
    @Override
    public int lend() {
        return NO_DESCRIPTOR;
    }

    @Override
    public long takeBack() {
        return 0;
    }

    // ---- closing

    @Override
    public void drain() {
        if (isIdle()) {
            new QuietClose(this, context.loop).begin();
        } else if (state == State.OPEN) {
            connection().drain();
        }
        lingering.hurry(context.loop.nowNs());
        if (state == State.LINGERING) {
            deadline.connectionBy(lingering.dueNs());
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

    /** Whether no request is under way, as far as is known here. */
    boolean isIdle() {
        return state == State.OPEN && connection().isIdle();
    }

    /** Whether the kernel has something for its thread to read. */
    boolean hasInput() {
        try {
            return !inputEnded && ClientThread.available(channel) > 0;
        } catch (IOException _) {
            return false; // it is gone, and reading will tell
        }
    }

    @Override
    public void close() {
        if (state != State.OPEN) {
            return;
        }
        deadline.connectionBy(Long.MAX_VALUE);
        state = State.CLOSING;
        if (output.isEmpty()) {
            linger();
        }
    }

    /**
     * Ends the output and has input discarded until the client has ended too: closing a socket with
     * unread input sends a reset, which destroys what the client has not read yet (RFC 9112 §9.6).
     */
    private void linger() {
        lingering.begin(context.loop.nowNs());
        state = State.LINGERING;
        try {
            channel.shutdownOutput();
        } catch (IOException _) {
            closeNow();
            return;
        }
        if (inputEnded) {
            closeNow();
            return;
        }
        deadline.connectionBy(lingering.dueNs());
        thread.unpark();
    }

    @Override
    public void reset() {
        if (state == State.CLOSED) {
            return;
        }
        setOption(StandardSocketOptions.SO_LINGER, 0);
        closeNow();
    }

    private void closeNow() {
        state = State.CLOSED;
        output.drop();
        deadline.cancel();
        try {
            channel.close();
        } catch (IOException _) {
            // What can be said of a connection that is over.
        }
        thread.unpark();
        closed.accept(this);
    }

    @Override
    public ClientAddress client() {
        return client;
    }

    @Override
    public String localHost() {
        try {
            if (channel.getLocalAddress() instanceof InetSocketAddress local) {
                String host = NumericAddress.of(local.getAddress());
                return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
            }
        } catch (IOException _) {
            // Closed meanwhile.
        }
        return "localhost";
    }

    @Override
    public int localPort() {
        if (client.isUnix()) {
            return 0;
        }
        if (context.localPort != NetworkOptions.SEVERAL_PORTS) {
            return context.localPort;
        }
        try {
            return channel.getLocalAddress() instanceof InetSocketAddress local
                    ? local.getPort()
                    : 0;
        } catch (IOException _) {
            return 0; // Closed meanwhile.
        }
    }

    private final class Deadline extends TransportDeadline {
        Deadline() {
            super(context.loop, context.sendIdleNs, context.minimumSentPerSecond);
        }

        @Override
        protected void broken(Throwable mistake) {
            ChannelTransport.this.broken(mistake);
        }

        @Override
        protected void sendExpired(String limit, long nowNs) {
            if (state == State.OPEN) {
                connection().tooSlow(limit, nowNs);
            } else {
                reset();
            }
        }

        @Override
        protected long handedOver() {
            return output.handedOver();
        }

        /** Of what the kernel has of it, the JDK says nothing. */
        @Override
        protected long taken() {
            return output.handedOver();
        }

        @Override
        protected void connectionExpired(long nowNs) {
            if (state == State.OPEN) {
                connection().expired(nowNs);
            } else if (state == State.LINGERING && lingering.dueNs() - nowNs > 0) {
                connectionBy(lingering.dueNs()); // something has come since
            } else {
                closeNow();
            }
        }
    }
}
