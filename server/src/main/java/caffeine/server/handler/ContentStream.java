package caffeine.server.handler;

import caffeine.server.core.Exchange;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The content of a request. The thread that drives the connection adds it, and the handler's thread
 * reads it. When it is full, the client has to wait.
 */
final class ContentStream extends InputStream {

    /**
     * With this many unread bytes, reading from the client pauses; bytes already on the way still
     * arrive.
     */
    static final int FULL_BYTES = 64 * 1024;

    private final Exchange exchange;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<byte[]> pieces = new ArrayDeque<>();

    /** How much of the first piece has been read. */
    private int taken;

    private int unread;
    private boolean paused;
    private boolean ended;
    private boolean closed;
    private boolean abandoned;

    ContentStream(Exchange exchange) {
        this.exchange = exchange;
    }

    // ---- on the thread that drives the connection

    /** Requests no content until the first read, so that no 100 (Continue) is sent before. */
    void holdBack() {
        paused = true;
        exchange.pauseContent();
    }

    void put(byte[] bytes, int from, int to) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            byte[] piece = new byte[to - from];
            System.arraycopy(bytes, from, piece, 0, piece.length);
            pieces.add(piece);
            unread += piece.length;
            changed.signalAll();
            if (unread >= FULL_BYTES && !paused) {
                paused = true;
                exchange.pauseContent();
            }
        } finally {
            lock.unlock();
        }
    }

    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void abandon() {
        lock.lock();
        try {
            abandoned = true;
            forget();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ---- on the handler's thread

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        Objects.checkFromIndexSize(from, length, into.length);
        if (length == 0) {
            return 0;
        }
        lock.lock();
        try {
            if (!awaitSome()) {
                return -1;
            }
            int count = 0;
            while (count < length && unread > 0) {
                count += takePiece(into, from + count, length - count);
            }
            if (unread <= FULL_BYTES / 2) {
                askForMore();
            }
            return count;
        } finally {
            lock.unlock();
        }
    }

    /** False at the end. */
    private boolean awaitSome() throws IOException {
        while (unread == 0 || abandoned || closed) {
            if (closed) {
                throw new IOException("the content is closed");
            }
            if (abandoned) {
                throw new IOException("the client is gone");
            }
            if (ended) {
                return false;
            }
            askForMore();
            try {
                changed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for content");
            }
        }
        return true;
    }

    private int takePiece(byte[] into, int from, int most) {
        byte[] piece = pieces.element();
        int count = Math.min(most, piece.length - taken);
        System.arraycopy(piece, taken, into, from, count);
        taken += count;
        unread -= count;
        if (taken == piece.length) {
            pieces.remove();
            taken = 0;
        }
        return count;
    }

    private void askForMore() {
        if (paused) {
            paused = false;
            exchange.execute(exchange::resumeContent);
        }
    }

    @Override
    public int available() {
        lock.lock();
        try {
            return unread;
        } finally {
            lock.unlock();
        }
    }

    /** Drops present and further content. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            forget();
        } finally {
            lock.unlock();
        }
    }

    private void forget() {
        pieces.clear();
        taken = 0;
        unread = 0;
    }
}
