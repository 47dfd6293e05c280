package caffeine.server.core;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * A transport over a transport: to the one below it is the protocol, to the protocol above it the
 * transport. A subclass turns bytes of one side into those of the other: {@link #decode} and {@link
 * #encode}. Deadlines, pace and closing are those of the transport below.
 *
 * <p>A range of a file is read and encoded in pieces, as the client takes them. The descriptor is
 * never lent: what a process writes to it would not be encoded.
 */
public abstract class FilterTransport implements Transport, Protocol {

    private static final byte[] NOTHING = {};
    private static final int PIECE_BYTES = 16 * 1024;

    /** The transport of the client. */
    protected final Transport below;

    private Protocol above;

    /** The queue behind a range of a file: ranges and arrays of bytes. */
    private final ArrayDeque<Object> waiting = new ArrayDeque<>();

    private long waitingBytes;
    private long sentBytes;

    /** The time of the last call from below. */
    private long nowNs;

    /** The transport below closes once nothing waits. */
    private boolean closing;

    private boolean over;

    /**
     * A filter with a protocol above it, which begins here.
     *
     * @param below the transport that this is the protocol of
     */
    @SuppressWarnings("this-escape") // the protocol may send at once; a subclass has no state yet
    protected FilterTransport(Transport below, Protocol.Factory above, long nowNs) {
        this.below = below;
        this.nowNs = nowNs;
        this.above = above.begin(this, nowNs);
    }

    /**
     * Turns bytes of the client into bytes for {@link #deliver}.
     *
     * @param bytes valid during the call only
     */
    protected abstract void decode(byte[] bytes, int from, int to, long nowNs);

    /**
     * Turns bytes for the client into bytes for {@code below}. Encoded bytes may be more.
     *
     * @param bytes valid during the call only, and not to be changed
     */
    protected abstract void encode(byte[] bytes, int from, int to);

    /** Gives decoded bytes to the protocol above. */
    protected final void deliver(byte[] bytes, int from, int to, long nowNs) {
        above.received(bytes, from, to, nowNs);
    }

    // ---- the protocol of the transport below

    @Override
    public final void received(byte[] bytes, int from, int to, long atNs) {
        nowNs = atNs;
        if (!closing) {
            decode(bytes, from, to, atNs);
        }
    }

    @Override
    public void ended(long atNs) {
        above.ended(atNs);
    }

    @Override
    public void failed(int errno, long atNs) {
        if (closing) {
            reset(); // the protocol above has closed, and expects no more
        } else {
            above.failed(errno, atNs);
        }
    }

    @Override
    public void tooSlow(String limit, long atNs) {
        if (closing) {
            reset();
        } else {
            above.tooSlow(limit, atNs);
        }
    }

    @Override
    public void expired(long atNs) {
        above.expired(atNs);
    }

    @Override
    public final void drained(long atNs) {
        nowNs = atNs;
        if (!sendWaiting() || over) {
            return;
        }
        if (closing) {
            below.close();
        } else {
            above.drained(atNs);
        }
    }

    @Override
    public void drain() {
        above.drain();
    }

    @Override
    public boolean isIdle() {
        return above.isIdle();
    }

    @Override
    public boolean isIdleFor(long ns) {
        return above.isIdleFor(ns);
    }

    @Override
    public void broken(Throwable mistake) {
        above.broken(mistake);
    }

    // ---- the transport of the protocol above

    @Override
    public final void upgrade(Protocol next) {
        above = next;
    }

    @Override
    public final void send(byte[] bytes, int from, int to) {
        sentBytes += to - from;
        if (waiting.isEmpty()) {
            encode(bytes, from, to);
        } else {
            waiting.add(Arrays.copyOfRange(bytes, from, to));
            waitingBytes += to - from;
        }
    }

    @Override
    public final void send(ByteBuffer bytes, int from, int to) {
        byte[] copy = new byte[to - from];
        bytes.get(from, copy);
        send(copy, 0, copy.length);
    }

    @Override
    public final void send(FileRange file) {
        if (closing || over) {
            file.close();
            return;
        }
        sentBytes += file.length();
        waitingBytes += file.length();
        waiting.add(file);
        if (waiting.size() == 1) {
            below.execute(this::sendFirst); // the caller expects no call back from here
        }
    }

    private void sendFirst() {
        try {
            if (!waiting.isEmpty()) {
                drained(nowNs);
            }
        } catch (Throwable mistake) {
            above.broken(mistake);
        }
    }

    /** Sends waiting output as far as there is room; true when none is left. */
    private boolean sendWaiting() {
        while (!waiting.isEmpty() && below.room() > 0) {
            Object next = waiting.getFirst();
            if (next instanceof FileRange file) {
                sendPiece(file);
            } else if (next instanceof byte[] bytes) {
                waiting.removeFirst();
                waitingBytes -= bytes.length;
                encode(bytes, 0, bytes.length);
            }
        }
        return waiting.isEmpty();
    }

    private void sendPiece(FileRange file) {
        byte[] piece = new byte[(int) Math.min(PIECE_BYTES, file.length())];
        int count = 0;
        try {
            count = file.read(ByteBuffer.wrap(piece));
        } catch (IOException _) {
            // Like a file that is too short.
        }
        if (count <= 0) {
            reset();
            return;
        }
        file.skip(count);
        waitingBytes -= count;
        if (file.length() == 0) {
            waiting.removeFirst();
            file.close();
        }
        encode(piece, 0, count);
    }

    private void dropWaiting() {
        for (Object each : waiting) {
            if (each instanceof FileRange file) {
                file.close();
            }
        }
        waiting.clear();
        waitingBytes = 0;
    }

    @Override
    public final long unsentBytes() {
        return waitingBytes + below.unsentBytes();
    }

    @Override
    public final long room() {
        return waiting.isEmpty() ? below.room() : 0;
    }

    @Override
    public final long beginResponse(byte[] bytes, int from, int to) {
        long _ = below.beginResponse(NOTHING, 0, 0);
        long before = sentBytes;
        send(bytes, from, to);
        return before;
    }

    @Override
    public final long untakenBytes() {
        return waitingBytes + below.untakenBytes();
    }

    /** Before encoding. */
    @Override
    public final long sentBytes() {
        return sentBytes;
    }

    @Override
    public final void execute(Runnable task) {
        below.execute(task);
    }

    @Override
    public final void pauseReading() {
        below.pauseReading();
    }

    @Override
    public final void resumeReading() {
        below.resumeReading();
    }

    @Override
    public final void deadline(long atNs) {
        below.deadline(atNs);
    }

    @Override
    public final void lingerAtMost(long ns) {
        below.lingerAtMost(ns);
    }

    @Override
    public void close() {
        closing = true;
        if (waiting.isEmpty()) {
            below.close();
        }
    }

    /** Of both: ends the protocol above and the transport below. */
    @Override
    public void reset() {
        if (!over) {
            over = true;
            above.reset();
        }
        dropWaiting();
        below.reset();
    }

    @Override
    public final ClientAddress client() {
        return below.client();
    }

    @Override
    public final String localHost() {
        return below.localHost();
    }

    @Override
    public final int localPort() {
        return below.localPort();
    }

    @Override
    public final int lend() {
        return NO_DESCRIPTOR;
    }

    @Override
    public final long takeBack() {
        return 0;
    }
}
