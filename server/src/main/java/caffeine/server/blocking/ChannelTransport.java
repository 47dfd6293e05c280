package caffeine.server.blocking;

import caffeine.server.core.ClientAddress;
import caffeine.server.core.FileRange;
import caffeine.server.loop.Timer;
import caffeine.server.socket.ChannelClient;
import caffeine.server.socket.ChannelListener;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;

/**
 * A client's channel, driven by blocking threads: one reads requests and writes their answers; for
 * other output, a thread is started. In the lane only, unless stated otherwise.
 */
final class ChannelTransport extends ChannelClient {

    /** How long an idle connection must be quiet before it closes. */
    private static final long MOMENT_NS = 20_000_000L;

    private final Lane lane;
    private final LaneContext context;
    private final Consumer<ChannelTransport> opener;
    private final ClientThread thread;
    private @Nullable ChannelTask visitor;

    /** A thread writes, or is about to; its piece must not move. */
    private boolean writing;

    /** Its end is near: an idle connection is about to close. */
    private volatile boolean draining;

    private boolean quiet;
    private final Timer quietly =
            new Timer() {
                @Override
                protected void expired(long nowNs) {
                    quiet = !hasInputInKernel() && !thread.mayHoldInput(); // in this order
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
        this.lane = lane;
        this.context = context;
        this.opener = opener;
        this.thread = new ClientThread(this, large);
    }

    // ---- on any thread

    /** The task for its thread. */
    ClientThread thread() {
        return thread;
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
            lingering().heard(nowNs);
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
        sendWithoutDelay();
        opener.accept(this);
    }

    /** Begins with the first protocol. */
    void start() {
        var _ = begin();
    }

    void received(byte[] bytes, int count, boolean ended, long nowNs) {
        inputEnded |= ended;
        if (state() == State.LINGERING) {
            lingering().heard(nowNs);
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
                context.threads.write(writer);
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
        draining = true;
        context.loop.timers().schedule(quietly, context.loop.nowNs() + MOMENT_NS);
        return false;
    }

    /** Whether it is to close when it is quiet. On any thread. */
    boolean isDraining() {
        return draining;
    }

    /**
     * Whether the kernel has input for its thread. Where the JDK cannot tell, a thread that has
     * begun would have read it by now. On its thread, or in the lane.
     */
    boolean hasInputInKernel() {
        if (client().isUnix()) {
            return !inputEnded && !thread.hasBegun();
        }
        try {
            return !inputEnded && ClientThread.available(channel()) > 0;
        } catch (IOException _) {
            return false; // it is gone, and the next read reports it
        }
    }

    @Override
    protected void awaitClientEnd() {
        thread.unpark();
    }

    @Override
    protected void closeSocket() {
        context.loop.timers().cancel(quietly);
        ChannelListener.close(channel());
        thread.unpark();
    }

    /** Never registered with a poller. */
    @Override
    protected void ready(int readiness, long nowNs) {
        throw new IllegalStateException("a blocking channel is not polled");
    }
}
