package caffeine.server.handler;

import caffeine.http.websocket.CloseCode;
import caffeine.http.websocket.EncodedMessage;
import caffeine.http.websocket.Utf8Validator;
import caffeine.http.websocket.WebSocketConnection;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Objects;

/**
 * A WebSocket connection, as the program sees it. Thread-safe: messages of one thread are sent in
 * their order.
 *
 * <p>A message waits in memory until its client takes it. While {@code WebSocketOptions.queueBytes}
 * or more wait, {@link #send(String) send} takes no other message and returns false, and {@link
 * #sendBlocking(String) sendBlocking} waits. To many connections, send one {@link EncodedMessage},
 * which is encoded once:
 *
 * <pre>{@code
 * EncodedMessage news = EncodedMessage.text("...");
 * sockets.forEach(socket -> socket.send(news));
 * }</pre>
 */
public final class WebSocket {

    private final WebSocketProtocol protocol;
    private final Request request;
    private final @Nullable String subprotocol;
    private final int queueBytes;

    /** Guards the fields below: the protocol, which nothing else locks. */
    private final Object lock;

    /** Messages of other threads; null: none wait. */
    private @Nullable ArrayDeque<Runnable> waiting;

    private long waitingBytes;

    /** The bytes that the client does not take for now. */
    private long unsentBytes;

    /** The connection's thread has been asked to send what waits. */
    private boolean posted;

    private boolean open = true;

    WebSocket(
            WebSocketProtocol protocol,
            Request request,
            @Nullable String subprotocol,
            int queueBytes) {
        this.protocol = protocol;
        this.lock = protocol;
        this.request = request;
        this.subprotocol = subprotocol;
        this.queueBytes = queueBytes;
    }

    /** The request of the opening handshake. */
    public Request request() {
        return request;
    }

    /** The subprotocol that the handshake has chosen, or null. */
    public @Nullable String subprotocol() {
        return subprotocol;
    }

    /** Whether it can send: neither side has closed. */
    public boolean isOpen() {
        synchronized (lock) {
            return open;
        }
    }

    // ---- sending

    /**
     * Sends a text message, without waiting.
     *
     * @param text a surrogate without its pair becomes a question mark
     * @return false when the message was not taken: the connection is not open, or too many bytes
     *     wait for the client
     */
    public boolean send(String text) {
        return sendValid(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Sends a binary message. As {@link #send(String)}.
     *
     * @param binary takes ownership: it must not change any more
     */
    public boolean send(byte[] binary) {
        return offer(binary.length, () -> protocol.connection().binary(binary, 0, binary.length));
    }

    /** Sends a message that is encoded for all connections. As {@link #send(String)}. */
    public boolean send(EncodedMessage message) {
        return offer(message.length(), () -> protocol.connection().send(message));
    }

    /**
     * Sends a text message that is encoded already. As {@link #send(String)}.
     *
     * @param text takes ownership: it must not change any more
     * @throws IllegalArgumentException when it is not UTF-8
     */
    public boolean sendUtf8(byte[] text) {
        if (!Utf8Validator.isValid(text, 0, text.length)) {
            throw new IllegalArgumentException("a text message that is not UTF-8");
        }
        return sendValid(text);
    }

    /** The same for one that has been checked. */
    boolean sendValid(byte[] utf8) {
        return offer(utf8.length, () -> protocol.connection().text(utf8, 0, utf8.length));
    }

    /**
     * Sends a text message, and waits for room in the queue first. For a thread that may block,
     * such as a virtual one, and never for a callback of the handler.
     *
     * @throws IOException when the connection is not open, or this thread is interrupted
     * @throws IllegalStateException in a callback, where it would wait for itself
     */
    public void sendBlocking(String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        put(utf8.length, () -> protocol.connection().text(utf8, 0, utf8.length));
    }

    /**
     * Sends a binary message. As {@link #sendBlocking(String)}, and takes ownership.
     *
     * @throws IOException when the client is gone
     */
    public void sendBlocking(byte[] binary) throws IOException {
        put(binary.length, () -> protocol.connection().binary(binary, 0, binary.length));
    }

    /**
     * Sends an encoded message. As {@link #sendBlocking(String)}.
     *
     * @throws IOException when the client is gone
     */
    public void sendBlocking(EncodedMessage message) throws IOException {
        put(message.length(), () -> protocol.connection().send(message));
    }

    /**
     * Runs a task on the connection's thread, like a callback of the handler, when the client has
     * taken what waits for it; soon, when nothing waits. It does not run when the connection closes
     * before.
     */
    public void whenDrained(Runnable task) {
        Objects.requireNonNull(task);
        protocol.later(() -> protocol.whenDrained(task));
    }

    /** Closes with {@link CloseCode#NORMAL}, behind the messages sent before. */
    public void close() {
        close(CloseCode.NORMAL, "");
    }

    /**
     * Closes, behind the messages sent before. The handler's last event comes when the client has
     * answered, or has not in {@code WebSocketOptions.pongNs}. Does nothing when the connection is
     * not open.
     *
     * @param code {@link CloseCode#isForFrames}: 1000, or 4000 to 4999 for the program's own
     * @param reason for people, at most {@link WebSocketConnection#REASON_BYTES} in UTF-8
     * @throws IllegalArgumentException for another code, and a longer reason
     */
    public void close(int code, String reason) {
        WebSocketConnection.checkClose(code, reason);
        boolean here = protocol.isHere();
        if (here) {
            flush();
        }
        synchronized (lock) {
            if (!open) {
                return;
            }
            open = false;
            lock.notifyAll();
            if (!here) {
                enqueue(0, () -> protocol.close(code, reason));
            }
        }
        if (here) {
            protocol.close(code, reason);
        }
    }

    // ---- receiving

    /**
     * Takes no message from the client, until {@link #resume}: they wait in its kernel, and then in
     * the client. In a callback, no other callback follows.
     */
    public void pause() {
        protocol.execute(protocol::pause);
    }

    /** Ends a {@link #pause}. */
    public void resume() {
        protocol.execute(protocol::resume);
    }

    // ---- the queue

    private boolean isFull() {
        return waitingBytes + unsentBytes >= queueBytes;
    }

    private boolean offer(int bytes, Runnable write) {
        boolean here = protocol.isHere();
        if (here) {
            flush();
        }
        synchronized (lock) {
            if (!open || isFull()) {
                return false;
            }
            if (!here) {
                enqueue(bytes, write);
                return true;
            }
        }
        write.run();
        measure(0);
        return true;
    }

    private void put(int bytes, Runnable write) throws IOException {
        if (protocol.isHere()) {
            throw new IllegalStateException(
                    "sendBlocking in a callback would block the connection; use send there");
        }
        synchronized (lock) {
            try {
                while (open && isFull()) {
                    lock.wait();
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while the client takes messages");
            }
            if (!open) {
                throw new IOException("the WebSocket connection is closed");
            }
            enqueue(bytes, write);
        }
    }

    private void enqueue(int bytes, Runnable write) {
        ArrayDeque<Runnable> queue = waiting;
        if (queue == null) {
            queue = new ArrayDeque<>(1);
            waiting = queue;
        }
        queue.add(write);
        waitingBytes += bytes;
        if (!posted) {
            posted = true;
            protocol.later(this::flush);
        }
    }

    /** Sends what waits. On the connection's thread. */
    void flush() {
        while (true) {
            ArrayDeque<Runnable> batch;
            long bytes;
            synchronized (lock) {
                posted = false;
                if (waiting == null) {
                    return;
                }
                batch = waiting;
                bytes = waitingBytes;
                waiting = null;
            }
            batch.forEach(Runnable::run);
            measure(bytes);
        }
    }

    /** Looks how much the client leaves, after bytes of the queue were sent. */
    void measure(long sentBytes) {
        long unsent = protocol.unsentBytes();
        synchronized (lock) {
            waitingBytes -= sentBytes;
            unsentBytes = unsent;
            if (!isFull()) {
                lock.notifyAll();
            }
        }
    }

    /** It takes no further message. */
    void shut() {
        synchronized (lock) {
            open = false;
            lock.notifyAll();
        }
    }
}
