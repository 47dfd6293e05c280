package caffeine.server.virtual;

import caffeine.server.core.ClientAddress;
import caffeine.server.core.FileRange;
import caffeine.server.loop.Timer;
import caffeine.server.transport.ClientTransport;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;

/**
 * A client's channel, driven by blocking virtual threads: one reads requests and writes their
 * answers; for other output, a thread is started. In the lane only, unless stated otherwise.
 */
final class ChannelTransport extends ClientTransport {

    /** How long an idle connection must be quiet before it closes. */
    private static final long MOMENT_NS = 20_000_000L;

    // Error numbers of the kernel for texts of the JDK.
    private static final int ECONNRESET = 104;
    private static final int EPIPE = 32;
    private static final int EIO = 5;

    private final SocketChannel channel;
    private final Lane lane;
    private final LaneContext context;
    private final Consumer<ChannelTransport> opener;
    private final ClientThread thread;
    private @Nullable ChannelTask visitor;

    /** A thread writes, or is about to; its piece must not move. */
    private boolean writing;

    private boolean quiet;
    private final Timer quietly =
            new Timer() {
                @Override
                protected void expired(long nowNs) {
                    quiet = !hasInput();
                    drain();
                    quiet = false;
                }
            };

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
        super(channel, client, context);
        this.channel = channel;
        this.lane = lane;
        this.context = context;
        this.opener = opener;
        this.thread = new ClientThread(this, large);
    }

    // ---- on any thread

    /** The task for a virtual thread. */
    ClientThread thread() {
        return thread;
    }

    SocketChannel channel() {
        return channel;
    }

    Lane lane() {
        return lane;
    }

    /** Whether input stays in the kernel for now. */
    boolean leavesInput() {
        State current = state();
        return current == State.CLOSING || (current == State.OPEN && isPaused());
    }

    /** Drops the input of a thread, if the connection only discards it. */
    boolean drops(long nowNs) {
        boolean lingers = state() == State.LINGERING;
        if (lingers) {
            lingering.heard(nowNs);
        }
        return lingers;
    }

    // ---- what its threads tell

    /** The task that is in the lane for this transport, until the turn is over. */
    void visited(@Nullable ChannelTask by) {
        visitor = by;
    }

    /** Its first task. */
    void open() {
        setOption(StandardSocketOptions.TCP_NODELAY, true);
        opener.accept(this);
    }

    /** Begins with the first protocol. */
    void start() {
        var _ = begin();
    }

    /** A Unix-domain socket has none of these options. */
    private <T> void setOption(SocketOption<T> option, T value) {
        if (client().isUnix()) {
            return;
        }
        try {
            channel.setOption(option, value);
        } catch (IOException _) {
            // The client is gone; the next read reports it.
        }
    }

    void received(byte[] bytes, int count, boolean ended, long nowNs) {
        inputEnded |= ended;
        if (state() == State.LINGERING) {
            lingering.heard(nowNs);
            if (ended) {
                closeNow();
            }
        } else if (isOpen() && ended) {
            protocol().ended(nowNs);
        } else if (isOpen()) {
            protocol().received(bytes, 0, count, nowNs);
        }
    }

    /** Reading failed: the client is gone. */
    void failed(long nowNs) {
        inputEnded = true;
        if (isOpen()) {
            protocol().failed(ECONNRESET, nowNs);
        } else if (!isClosed()) {
            closeNow();
        }
    }

    // ---- sending

    @Override
    protected void sendCollected(ByteBuffer collected, int length) {
        boolean first = queue.isEmpty();
        requireQueued(queue.appendSmall(collected, 0, length));
        if (first && !queue.isEmpty()) {
            sendAtTurnEnd();
        }
    }

    /** Starts writing waiting output, unless a thread already does. */
    @Override
    protected void sendQueued() {
        if (writing) {
            return;
        }
        writing = true;
        outputWaits();
        ChannelTask here = visitor;
        ChannelTask writer = here != null ? here : new ChannelTask(this);
        FileRange file = queue.file();
        if (file != null) {
            writer.writeNext(file);
        } else {
            writer.writeNext(queue.piece());
        }
        if (here == null) {
            try {
                context.start(writer);
            } catch (Throwable mistake) {
                writing = false;
                throw mistake;
            }
        }
    }

    @Override
    protected boolean isSending() {
        return writing;
    }

    /**
     * A thread has written some, and is in the lane.
     *
     * @param count of bytes; 0 when a file was shorter than its range
     */
    void written(int count, @Nullable IOException failure, long nowNs) {
        writing = false;
        if (isBroken() || isClosed()) {
            dropQueue();
        } else if (failure != null || count <= 0) {
            sendFailed(failure == null ? EIO : EPIPE);
        } else {
            queueSent(count, nowNs);
            if (queue.isEmpty()) {
                outputEmpty(nowNs);
            } else {
                sendQueued();
            }
        }
    }

    @Override
    protected void readAgain() {
        thread.unpark();
    }

    // ---- closing

    /**
     * Input that its thread is reading is not known here. So an idle connection closes only when
     * there was no input for a moment, neither from the thread nor in the kernel: a client that has
     * sent a request gets its response.
     */
    @Override
    protected boolean isReadyToDrain() {
        if (quiet || !protocol().isIdle()) {
            return true;
        }
        context.loop.timers().schedule(quietly, context.loop.nowNs() + MOMENT_NS);
        return false;
    }

    /** Whether the kernel has input for its thread. */
    private boolean hasInput() {
        try {
            return !inputEnded && ClientThread.available(channel) > 0;
        } catch (IOException _) {
            return false; // it is gone, and the next read reports it
        }
    }

    @Override
    protected boolean shutdownOutput() {
        try {
            channel.shutdownOutput();
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    @Override
    protected void awaitClientEnd() {
        thread.unpark();
    }

    @Override
    protected void resetOnClose() {
        setOption(StandardSocketOptions.SO_LINGER, 0);
    }

    @Override
    protected void closeSocket() {
        context.loop.timers().cancel(quietly);
        try {
            channel.close();
        } catch (IOException _) {
            // The connection is over in any case.
        }
        thread.unpark();
    }

    @Override
    protected @Nullable SocketAddress localAddress() {
        try {
            return channel.getLocalAddress();
        } catch (IOException _) {
            return null; // Closed meanwhile.
        }
    }

    /** Never registered with a poller. */
    @Override
    protected void ready(int readiness, long nowNs) {
        throw new IllegalStateException("a channel of a virtual thread is not polled");
    }
}
