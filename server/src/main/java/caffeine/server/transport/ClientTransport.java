package caffeine.server.transport;

import caffeine.http.IpAddress;
import caffeine.server.core.Client;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.Exchange;
import caffeine.server.core.FileRange;
import caffeine.server.core.Protocol;
import caffeine.server.core.Transport;
import caffeine.server.loop.Timer;
import caffeine.server.options.NetworkOptions;
import caffeine.server.poll.Source;

import org.jspecify.annotations.Nullable;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;

/**
 * A client's connection, without the calls that move its bytes: its output, which is collected
 * during a turn and queued for a slow client; its deadlines; its closing. On the thread that drives
 * it, unless stated otherwise.
 *
 * <pre>
 *   OPEN ──lend──▶ LENT ──takeBack──▶ OPEN
 *    └──close──▶ CLOSING ──all sent──▶ LINGERING ──end of input, or of its time──▶ CLOSED
 * </pre>
 */
public abstract class ClientTransport extends Source implements Transport, Client {

    /** See the drawing. */
    protected enum State {
        OPEN,
        LENT,
        CLOSING,
        LINGERING,
        CLOSED
    }

    /** Output that waits for the client. */
    protected final OutputQueue queue;

    private final Deadline deadline = new Deadline();

    /** From the first time that output waits. */
    private @Nullable SendPace pace;

    /** Of the end, which is far for most connections. */
    private @Nullable Lingering lingering;

    /** The client sends no more. */
    protected boolean inputEnded;

    private final TransportContext context;
    private final ClientAddress client;
    private @Nullable Protocol protocol;
    private volatile State state = State.OPEN;
    private volatile boolean paused;

    /** The protocol expects no more input. */
    private boolean finished;

    /** Sending has failed: nothing more is sent. */
    private boolean broken;

    private long sentBytes;
    private boolean fileFollows;

    /** The bytes that the kernel has taken. */
    private long handedOver;

    /** A transport over a raw descriptor; takes ownership of it, unless this throws. */
    protected ClientTransport(int fd, ClientAddress client, TransportContext context) {
        super(fd);
        this.client = client;
        this.context = context;
        this.queue = new OutputQueue(context.unsent);
    }

    /** A transport over a channel; takes ownership of it, unless this throws. */
    protected ClientTransport(
            SelectableChannel channel, ClientAddress client, TransportContext context) {
        super(channel);
        this.client = client;
        this.context = context;
        this.queue = new OutputQueue(context.unsent);
    }

    // ---- for the engine's own part of it

    /** Sends bytes that were collected in this turn, or queues them. */
    protected abstract void sendCollected(ByteBuffer collected, int length);

    /** Sends from the queue, up to the limit of a turn; the rest still waits when this returns. */
    protected abstract void sendQueued();

    /**
     * Makes sure that the kernel has taken what {@link #sendCollected} has sent; the rest is in the
     * queue then, or sending has failed.
     */
    protected void settle() {}

    /** Whether another thread sends a piece of the queue, which must not move. */
    protected boolean isSending() {
        return false;
    }

    /**
     * Reads input that the protocol has not seen yet, before it drains.
     *
     * @return false when this takes a moment; {@link #drain} is then called again
     */
    protected abstract boolean isReadyToDrain();

    /**
     * Whether closing now cannot destroy output: no input is unread, and none will arrive.
     *
     * @param finished whether the protocol expects none
     */
    protected boolean needsNoLingering(boolean finished) {
        return false;
    }

    /** Ends the output (SHUT_WR); false when the client is gone. */
    protected abstract boolean shutdownOutput();

    /** Reads and drops input until the client has ended too. */
    protected abstract void awaitClientEnd();

    /** Makes the next close a reset. */
    protected abstract void resetOnClose();

    /** Closes the socket. */
    protected abstract void closeSocket();

    /** Resumes input after a pause. */
    protected abstract void readAgain();

    /** How many bytes the kernel has taken in all. */
    protected final long handedOver() {
        return handedOver;
    }

    /** How many bytes the kernel has taken and the client has not acknowledged, if known. */
    protected long unacknowledgedBytes() {
        return 0;
    }

    /** The address that the client connected to; null when it is no longer known. */
    protected abstract @Nullable SocketAddress localAddress();

    // ---- state

    protected final State state() {
        return state;
    }

    protected final boolean isOpen() {
        return state == State.OPEN;
    }

    @Override
    public final boolean isClosed() {
        return state == State.CLOSED;
    }

    /** Whether input stays in the kernel for now. On any thread. */
    protected final boolean isPaused() {
        return paused;
    }

    @Override
    public final ClientAddress client() {
        return client;
    }

    // ---- the protocol

    /** Begins with the first protocol. */
    protected final Protocol begin() {
        Protocol first = context.begin(this);
        if (protocol == null) {
            protocol = first; // unless it was replaced already
        }
        return protocol;
    }

    @Override
    public final Protocol protocol() {
        Protocol current = protocol;
        if (current == null) {
            throw new IllegalStateException("no protocol yet");
        }
        return current;
    }

    @Override
    public final void upgrade(Protocol next) {
        protocol = next;
    }

    /** Ends this connection only. */
    @Override
    public void broken(Throwable mistake) {
        Protocol current = protocol;
        try {
            if (current != null) {
                current.broken(mistake);
            }
        } finally {
            reset();
        }
    }

    @Override
    public final void execute(Runnable task) {
        context.loop.execute(task);
    }

    @Override
    public final void deadline(long atNs) {
        deadline.protocolBy(atNs);
    }

    // ---- reading on and off

    /** Costs nothing: input stays in the kernel. */
    @Override
    public final void pauseReading() {
        paused = true;
    }

    @Override
    public final void resumeReading() {
        if (paused) {
            paused = false;
            readAgain();
        }
    }

    // ---- output

    @Override
    public final void send(byte[] bytes, int from, int to) {
        sentBytes += to - from;
        int next = from;
        while (next < to && canSend()) {
            if (!queue.isEmpty()) {
                requireQueued(queue.append(bytes, next, to));
                return;
            }
            next += context.collect(this, bytes, next, to - next);
            if (next < to) {
                context.flush();
            }
        }
    }

    @Override
    public final void send(ByteBuffer bytes, int from, int to) {
        sentBytes += to - from;
        int next = from;
        while (next < to && canSend()) {
            if (!queue.isEmpty()) {
                requireQueued(queue.append(bytes, next, to));
                return;
            }
            next += context.collect(this, bytes, next, to - next);
            if (next < to) {
                context.flush();
            }
        }
    }

    @Override
    public final void send(FileRange file) {
        sentBytes += file.length();
        fileFollows = true;
        flush();
        fileFollows = false;
        settle();
        if (!canSend()) {
            file.close();
            return;
        }
        if (queue.isEmpty()) {
            sendAtTurnEnd();
        }
        queue.append(file);
    }

    private boolean canSend() {
        return state == State.OPEN && !broken;
    }

    /** Too many clients are too slow: disconnects this one. */
    protected final void requireQueued(boolean appended) {
        if (!appended) {
            sendFailed(ENOBUFS);
        }
    }

    /** Without the table of errno names, which only engines of raw descriptors need. */
    private static final int ENOBUFS = 105;

    /** Sends what this turn has collected for this client. */
    protected final void flush() {
        context.flushFor(this);
    }

    /** Sends what was collected; a mistake ends this connection only. */
    final void flushed(ByteBuffer collected, int length) {
        try {
            if (state != State.CLOSED && !broken) {
                sendCollected(collected, length);
            }
        } catch (Throwable mistake) {
            broken = true;
            broken(mistake);
        }
    }

    protected final void sendAtTurnEnd() {
        context.sendAtTurnEnd(this);
    }

    final void sendQueuedAtTurnEnd() {
        try {
            if (state != State.CLOSED && !broken && !queue.isEmpty()) {
                sendQueued();
                flush(); // output after progress of the client
            }
        } catch (Throwable mistake) {
            broken = true;
            broken(mistake);
        }
    }

    /** The kernel has taken bytes that were never queued. */
    protected final void sent(long bytes) {
        handedOver += bytes;
    }

    /** The client takes no more for now. */
    protected final void outputWaits() {
        SendPace current = pace;
        if (current == null) {
            current = new SendPace(context.sendIdleNs, context.minimumSentPerSecond);
            pace = current;
        }
        current.waits(handedOver, context.loop.nowNs());
        deadline.sendBy(current.dueNs());
    }

    /** The kernel has taken bytes of the queue. */
    protected final void queueSent(long bytes, long nowNs) {
        queue.sent(bytes);
        handedOver += bytes;
        SendPace current = pace;
        if (current == null) {
            return; // a file, which has not had to wait
        }
        if (queue.isEmpty()) {
            current.ends(handedOver, this::takenBytes, nowNs);
            deadline.sendBy(Long.MAX_VALUE);
        } else {
            current.progress(handedOver, nowNs);
            deadline.sendBy(current.dueNs());
        }
    }

    /** Reports that the queue is empty. */
    protected final void outputEmpty(long nowNs) {
        if (state == State.CLOSING) {
            linger();
        } else if (state == State.OPEN) {
            protocol().drained(nowNs);
        }
    }

    /** Reported to the protocol later, because it may happen while the protocol sends. */
    protected final void sendFailed(int errno) {
        broken = true;
        dropQueue();
        if (state == State.CLOSING) {
            closeNow();
        }
        context.loop.execute(() -> protocol().failed(errno, context.loop.nowNs()));
    }

    /** Unless another thread sends a piece of it; then that thread drops it at its end. */
    protected final void dropQueue() {
        if (!isSending()) {
            queue.clear();
        }
    }

    /** Whether a file comes directly behind the output that is sent now. */
    protected final boolean fileFollows() {
        return fileFollows;
    }

    protected final boolean isBroken() {
        return broken;
    }

    @Override
    public final boolean unsend(long bytes) {
        if (context.collectedBy(this) < bytes) {
            return false;
        }
        context.uncollect((int) bytes);
        sentBytes -= bytes;
        return true;
    }

    @Override
    public final long unsentBytes() {
        if (broken) {
            return NEVER_TAKEN;
        }
        return state == State.CLOSED ? 0 : sentBytes - handedOver;
    }

    @Override
    public final long room() {
        long share = context.unsent.share(Exchange.HIGH_WATER_BYTES);
        return broken ? 0 : Math.max(0, share - queue.size());
    }

    @Override
    public final long beginResponse(byte[] bytes, int from, int to) {
        if (pace != null) {
            pace.begin();
        }
        long before = sentBytes;
        send(bytes, from, to);
        return before;
    }

    @Override
    public final long untakenBytes() {
        return state == State.CLOSED ? 0 : unsentBytes() + unacknowledgedBytes();
    }

    /** How many bytes the client has taken. May cost a system call. */
    private long takenBytes() {
        return handedOver - unacknowledgedBytes();
    }

    @Override
    public final long sentBytes() {
        return sentBytes;
    }

    // ---- lending

    @Override
    public int lend() {
        return NO_DESCRIPTOR;
    }

    @Override
    public long takeBack() {
        return 0;
    }

    /** Suspends output and deadlines; false when output must be sent first. */
    protected final boolean beginLoan() {
        flush();
        settle();
        if (state != State.OPEN || !queue.isEmpty()) {
            return false;
        }
        deadline.protocolBy(Long.MAX_VALUE);
        state = State.LENT;
        return true;
    }

    /** False when there was no loan. */
    protected final boolean endLoan() {
        if (state != State.LENT) {
            return false;
        }
        state = State.OPEN;
        return true;
    }

    // ---- closing

    @Override
    public final void drain() {
        if (state == State.OPEN && isReadyToDrain() && state == State.OPEN) {
            protocol().drain();
        }
        lingering().hurry(context.loop.nowNs());
        if (state == State.LINGERING) {
            deadline.protocolBy(lingering().dueNs());
        }
    }

    /** Made when it is first needed: before the end, that is to limit it. */
    protected final Lingering lingering() {
        Lingering current = lingering;
        if (current == null) {
            current = new Lingering(context.lingerNs);
            lingering = current;
        }
        return current;
    }

    @Override
    public final void lingerAtMost(long ns) {
        lingering().atMost(ns);
    }

    @Override
    public final void finish() {
        finished = true;
        close();
    }

    @Override
    public final void close() {
        if (state != State.OPEN && state != State.LENT) {
            return;
        }
        flush();
        if (state == State.CLOSED) {
            return; // sending failed
        }
        deadline.protocolBy(Long.MAX_VALUE);
        state = State.CLOSING;
        if (broken) {
            closeNow();
        } else if (queue.isEmpty()) {
            linger();
        }
    }

    /**
     * Ends the output and drops input until the client has ended too: closing a socket with unread
     * input sends a reset, which destroys output that the client has not read yet (RFC 9112 §9.6).
     */
    private void linger() {
        if (needsNoLingering(finished)) {
            closeNow();
            return;
        }
        settle();
        if (state != State.CLOSING || !queue.isEmpty()) {
            return; // it waits for the client, or sending has failed
        }
        lingering().begin(context.loop.nowNs());
        state = State.LINGERING;
        if (!shutdownOutput() || inputEnded) {
            closeNow();
            return;
        }
        deadline.protocolBy(lingering().dueNs());
        awaitClientEnd();
    }

    @Override
    public final long lingeringNs(long nowNs) {
        return state == State.LINGERING ? lingering().sinceNs(nowNs) : NOT_LINGERING;
    }

    @Override
    public final void endLingering() {
        if (state == State.LINGERING) {
            closeNow();
        }
    }

    @Override
    public final void reset() {
        if (state != State.CLOSED) {
            resetOnClose();
            closeNow();
        }
    }

    protected final void closeNow() {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        context.drop(this);
        dropQueue();
        context.loop.timers().cancel(deadline);
        closeSocket();
        context.closed(this);
    }

    // ---- addresses

    @Override
    public final String localHost() {
        // The number of a closed descriptor may be reused by another connection.
        if (state != State.CLOSED && localAddress() instanceof InetSocketAddress local) {
            return IpAddress.host(local.getAddress().getAddress());
        }
        return "localhost";
    }

    @Override
    public final int localPort() {
        if (client.isUnix()) {
            return 0;
        }
        if (context.localPort != NetworkOptions.SEVERAL_PORTS) {
            return context.localPort;
        }
        return state != State.CLOSED && localAddress() instanceof InetSocketAddress local
                ? local.getPort()
                : 0;
    }

    // ---- deadlines

    /**
     * The earlier of two times: the protocol's deadline, and the deadline of the client for waiting
     * output.
     */
    private final class Deadline extends Timer {

        private static final long NEVER = Long.MAX_VALUE;
        private static final long FAR_NS = 3_600_000_000_000L;

        private long protocolBy = NEVER;
        private long sendBy = NEVER;

        void protocolBy(long atNs) {
            protocolBy = atNs;
            set();
        }

        void sendBy(long atNs) {
            sendBy = atNs;
            set();
        }

        /** Only postpones if nothing is due: otherwise each request would sort the heap. */
        private void set() {
            long due = sooner(protocolBy, sendBy);
            if (due != NEVER) {
                context.loop.timers().schedule(this, due);
            } else if (isScheduled()) {
                context.loop.timers().schedule(this, context.loop.nowNs() + FAR_NS);
            }
        }

        private static long sooner(long a, long b) {
            if (a == NEVER || b == NEVER) {
                return Math.min(a, b);
            }
            return a - b < 0 ? a : b;
        }

        private static boolean isDue(long atNs, long nowNs) {
            return atNs != NEVER && atNs - nowNs <= 0;
        }

        @Override
        protected void expired(long nowNs) {
            if (isDue(sendBy, nowNs)) {
                sendBy = NEVER;
                sendExpired(nowNs);
            } else if (isDue(protocolBy, nowNs)) {
                protocolBy = NEVER;
                protocolExpired(nowNs);
            }
        }

        @Override
        protected void broken(Throwable mistake) {
            ClientTransport.this.broken(mistake);
        }
    }

    private void sendExpired(long nowNs) {
        SendPace current = pace;
        if (current == null) {
            return; // nothing waits
        }
        String limit = current.look(handedOver, takenBytes(), nowNs);
        if (limit == null) {
            deadline.sendBy(current.dueNs());
        } else if (state == State.OPEN) {
            protocol().tooSlow(limit, nowNs);
        } else {
            reset();
        }
    }

    private void protocolExpired(long nowNs) {
        if (state == State.OPEN) {
            protocol().expired(nowNs);
        } else if (state == State.LINGERING && lingering().dueNs() - nowNs > 0) {
            deadline.protocolBy(lingering().dueNs()); // there was input since
        } else {
            closeNow();
        }
    }
}
