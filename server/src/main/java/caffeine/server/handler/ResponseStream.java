package caffeine.server.handler;

import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A response. The handler's thread writes it, and the thread that drives the connection sends it.
 * Output is collected and handed over in pieces; when the client is slow, writing waits.
 *
 * <pre>
 *   write ──▶ buffer ──flush──▶ pieces under way ──▶ the connection ──▶ client
 *             16 KiB            at most 64 KiB       at most 256 KiB and a piece
 * </pre>
 */
final class ResponseStream extends OutputStream {

    private static final int BUFFER_BYTES = 16 * 1024;
    private static final int LARGEST_PIECE = 32 * 1024;

    /** With this many bytes handed over but not sent, writing waits. */
    private static final int MOST_UNDER_WAY = 64 * 1024;

    private static final byte[] NOTHING = {};

    private final Exchange exchange;

    // Used by the handler's thread only.
    private @Nullable ResponseHead head;
    private long length = -1;
    private long written;
    private byte[] buffer = NOTHING;
    private int buffered;
    private boolean handedOver;
    private boolean closed;

    // Used by both threads, under the lock.
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private int underWay;
    private boolean abandoned;

    /** The time until more output is due; 0: no limit. */
    private volatile long timeNs;

    // Used by the thread that drives the connection only.
    private int stuck;

    /**
     * @param timeNs how long the handler may take for each piece of output, while the client takes
     *     it; 0: no limit
     */
    ResponseStream(Exchange exchange, long timeNs) {
        this.exchange = exchange;
        this.timeNs = timeNs;
    }

    // ---- on the handler's thread

    void begin(ResponseHead newHead, long contentLength) {
        if (head != null) {
            throw new IllegalStateException("the response has begun");
        }
        head = newHead;
        length = contentLength;
    }

    /** Whether there is a head. */
    boolean hasBegun() {
        return head != null;
    }

    /** Sets another time limit, from now on. */
    void timeLimit(long newTimeNs) {
        timeNs = newTimeNs;
        exchange.execute(this::expectMore);
    }

    /** The function has returned: completes the response. */
    void end() throws IOException {
        if (head == null) {
            throw new IllegalStateException("the handler has no answer");
        }
        close();
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
        Objects.checkFromIndexSize(from, count, bytes.length);
        if (closed) {
            throw new IOException("the response is complete");
        }
        if (length >= 0 && count > length - written) {
            throw new IOException("more than the " + length + " bytes that were announced");
        }
        written += count;
        int at = from;
        int end = from + count;
        while (end - at >= BUFFER_BYTES - buffered) {
            int piece = buffered > 0 ? BUFFER_BYTES - buffered : Math.min(end - at, LARGEST_PIECE);
            if (buffered > 0) {
                keep(bytes, at, piece);
                flush();
            } else {
                handOver(Arrays.copyOfRange(bytes, at, at + piece), false);
            }
            at += piece;
        }
        keep(bytes, at, end - at);
    }

    private void keep(byte[] bytes, int from, int count) {
        if (buffered + count > buffer.length) {
            int wanted = Math.max(buffered + count, Math.min(2 * buffer.length, BUFFER_BYTES));
            buffer = Arrays.copyOf(buffer, wanted);
        }
        System.arraycopy(bytes, from, buffer, buffered, count);
        buffered += count;
    }

    /** Sends all output so far, the head first. */
    @Override
    public void flush() throws IOException {
        if (!closed && (buffered > 0 || !handedOver)) {
            handOver(takeBuffer(), false);
        }
    }

    /**
     * Completes the response.
     *
     * @throws IOException when the client is gone
     * @throws IllegalStateException when less was written than announced
     */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        if (written < length) {
            throw new IllegalStateException(
                    "a response of " + length + " bytes was announced, " + written + " came");
        }
        if (!handedOver) {
            length = written; // all of it is here
        }
        handOver(takeBuffer(), true);
        buffer = NOTHING;
    }

    private byte[] takeBuffer() {
        byte[] piece = Arrays.copyOf(buffer, buffered);
        buffered = 0;
        return piece;
    }

    private void handOver(byte[] piece, boolean isLast) throws IOException {
        awaitRoom(piece.length);
        ResponseHead first = handedOver ? null : head;
        long announced = length;
        handedOver = true;
        exchange.execute(() -> send(first, announced, piece, isLast));
    }

    private void awaitRoom(int more) throws IOException {
        lock.lock();
        try {
            while (underWay >= MOST_UNDER_WAY && !abandoned) {
                changed.await();
            }
            if (abandoned) {
                throw new IOException("the client is gone");
            }
            underWay += more;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the client takes its answer");
        } finally {
            lock.unlock();
        }
    }

    // ---- on the thread that drives the connection

    private void send(@Nullable ResponseHead first, long announced, byte[] piece, boolean isLast) {
        if (exchange.isDone()) {
            return;
        }
        if (first != null) {
            exchange.respond(first, announced);
        }
        exchange.write(piece, 0, piece.length);
        if (isLast) {
            exchange.finish();
        } else if (exchange.isWritable()) {
            makeRoom(stuck + piece.length);
            stuck = 0;
            expectMore();
        } else {
            stuck += piece.length;
            exchange.answerBy(Long.MAX_VALUE); // the client has a deadline of its own
        }
    }

    /** The client has taken all output. */
    void writable() {
        makeRoom(stuck);
        stuck = 0;
        expectMore();
    }

    private void makeRoom(int bytes) {
        lock.lock();
        try {
            underWay -= bytes;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** From now on the handler's time counts. */
    void expectMore() {
        long limitNs = timeNs;
        if (stuck == 0) {
            exchange.answerBy(limitNs > 0 ? exchange.nowNs() + limitNs : Long.MAX_VALUE);
        }
    }

    void abandon() {
        lock.lock();
        try {
            abandoned = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
