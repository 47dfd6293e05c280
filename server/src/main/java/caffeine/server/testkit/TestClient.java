package caffeine.server.testkit;

import caffeine.http.websocket.DeflateParameters;
import caffeine.server.core.ConnectionContext;
import caffeine.server.core.Handler;
import caffeine.server.core.Http1;
import caffeine.server.core.MemoryTransport;
import caffeine.server.core.Protocol;
import caffeine.server.core.ServerEvents;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ServerLimits;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A client of a handler, without a socket: the raw bytes of requests go in and those of responses
 * come out, through the same protocol as in a server.
 *
 * <pre>{@code
 * TestClient client = new TestClient(Handlers.of(request -> Response.text("hi")));
 * client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
 * assert client.response().text().equals("hi");
 * }</pre>
 *
 * <p>Time stands still at the beginning of 1970, UTC, until {@link #advance}: no test waits for a
 * deadline. Handlers that block do so on their own threads, and {@link #response} waits for them;
 * everything else happens within the calls of this class. For one thread.
 */
public final class TestClient {

    /** The time to wait for threads of handlers, in real time: 60 s at most. */
    private static final int SLICE_MILLIS = 10;

    private static final int PATIENCE_SLICES = 6_000;

    private static final int AT_ONCE = 16 * 1024;

    private final MemoryTransport transport = new MemoryTransport();
    private final List<Throwable> mistakes = new ArrayList<>();
    private byte[] coming = {};
    private boolean ending;
    private boolean ended;
    private boolean reads = true;
    private long nowNs;

    /** A client of that handler, with the usual limits and deadlines. */
    public TestClient(Handler handler) {
        this(handler, ServerLimits.DEFAULT, Deadlines.DEFAULT);
    }

    /** A client of that handler. */
    public TestClient(Handler handler, ServerLimits limits, Deadlines deadlines) {
        ServerEvents events =
                new ServerEvents() {
                    @Override
                    public void mistake(String component, Throwable mistake) {
                        mistakes.add(mistake);
                    }
                };
        ConnectionContext context =
                new ConnectionContext(
                        limits,
                        deadlines,
                        handler,
                        events,
                        () -> nowNs,
                        () -> nowNs / 1_000_000,
                        1);
        transport.protocol = new Http1(context, transport, nowNs);
    }

    // ---- what the client does

    /** Sends text, one byte a character (ISO-8859-1). */
    public TestClient send(String text) {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends bytes. While the server reads nothing they wait, as in a kernel without limits. */
    public TestClient send(byte[] bytes) {
        byte[] all = new byte[coming.length + bytes.length];
        System.arraycopy(coming, 0, all, 0, coming.length);
        System.arraycopy(bytes, 0, all, coming.length, bytes.length);
        coming = all;
        work();
        return this;
    }

    /** Sends no more, and may still read. */
    public TestClient end() {
        ending = true;
        work();
        return this;
    }

    /** Disconnects: the connection is reset. */
    public void reset() {
        if (!isOver()) {
            protocol().failed(104, nowNs); // ECONNRESET
        }
    }

    /** Reads nothing from the server, until {@link #resumeReading} or {@link #take}. */
    public TestClient pauseReading() {
        reads = false;
        return this;
    }

    /** Reads everything from the server. */
    public TestClient resumeReading() {
        reads = true;
        work();
        return this;
    }

    /** While reading is paused: takes at most that many bytes. */
    public TestClient take(int bytes) {
        takeUp(bytes);
        work();
        return this;
    }

    /** Lets time pass, and every deadline in it. */
    public TestClient advance(Duration time) {
        long until = nowNs + time.toNanos();
        while (!isOver() && transport.deadlineNs - until <= 0) {
            nowNs = Math.max(nowNs, transport.deadlineNs);
            transport.deadlineNs = Long.MAX_VALUE;
            protocol().expired(nowNs);
            work();
        }
        nowNs = until;
        return this;
    }

    // ---- what comes of it

    /**
     * The next response; waits for a handler that blocks.
     *
     * @throws AssertionError when the connection ends before it is complete, or nothing more comes
     */
    public TestResponse response() {
        return response(false);
    }

    /** The next response, which is one to HEAD and so has no content. */
    public TestResponse responseToHead() {
        return response(true);
    }

    private TestResponse response(boolean isHead) {
        await("a whole response", () -> isOver() || read(isHead) != null);
        TestResponse response = read(isHead);
        if (response == null) {
            throw new AssertionError("ended within a response: " + transport.taken());
        }
        transport.forget(response.wireBytes);
        return response;
    }

    private @Nullable TestResponse read(boolean isHead) {
        return TestResponse.read(transport.taken(), isHead, transport.closed);
    }

    /**
     * Opens a WebSocket connection, with the opening handshake of RFC 6455 §4.1.
     *
     * @param fieldLines further fields of the request, such as {@code "Origin: http://a.test"}; an
     *     offer of permessage-deflate is used when the server accepts it
     * @throws AssertionError when the server does not answer 101
     */
    public TestWebSocket webSocket(String target, String... fieldLines) {
        StringBuilder request = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: test\r\n");
        request.append("Upgrade: websocket\r\nConnection: Upgrade\r\n");
        request.append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        request.append("Sec-WebSocket-Version: 13\r\n");
        for (String line : fieldLines) {
            request.append(line).append("\r\n");
        }
        TestResponse response = send(request.append("\r\n").toString()).response();
        if (response.status() != 101) {
            throw new AssertionError("no WebSocket, but " + response);
        }
        String extensions = response.field("Sec-WebSocket-Extensions");
        return new TestWebSocket(this, DeflateParameters.answered(extensions));
    }

    /** The unread output of the server, one character a byte. It does not wait. */
    public String received() {
        work();
        String text = transport.taken();
        transport.forget(text.length());
        return text;
    }

    /**
     * Waits for threads of handlers.
     *
     * @param what is awaited, for the message when it does not come
     */
    public TestClient await(String what, BooleanSupplier isSo) {
        work();
        for (int slices = 0; !isSo.getAsBoolean(); slices++) {
            if (slices > PATIENCE_SLICES) {
                throw new AssertionError("waited in vain for " + what);
            }
            awaitTask();
            work();
        }
        return this;
    }

    /** Whether the connection has ended, in order or not. */
    public boolean isOver() {
        return transport.isOver();
    }

    /** Whether the server cut the connection, because a response cannot be completed. */
    public boolean isReset() {
        return transport.reset;
    }

    /** How many unread bytes the server keeps for this client. */
    public long unsentBytes() {
        return transport.unsentBytes();
    }

    /** How many bytes this client has sent that the server has not read yet. */
    public long unreadBytes() {
        return coming.length;
    }

    /** Unexpected exceptions of handlers. */
    public List<Throwable> mistakes() {
        return List.copyOf(mistakes);
    }

    // ---- the work of a loop

    private void work() {
        while (runTask() || deliver() || (reads && takeUp(Integer.MAX_VALUE))) {}
    }

    private boolean runTask() {
        Runnable task = transport.tasks.poll();
        if (task == null) {
            return false;
        }
        task.run();
        return true;
    }

    private boolean deliver() {
        if (transport.paused || isOver() || ended) {
            return false;
        }
        if (coming.length > 0) {
            int count = Math.min(coming.length, AT_ONCE);
            byte[] piece = new byte[count];
            System.arraycopy(coming, 0, piece, 0, count);
            byte[] rest = new byte[coming.length - count];
            System.arraycopy(coming, count, rest, 0, rest.length);
            coming = rest;
            protocol().received(piece, 0, count, nowNs);
            return true;
        }
        if (ending) {
            ended = true;
            protocol().ended(nowNs);
            return true;
        }
        return false;
    }

    private Protocol protocol() {
        return Objects.requireNonNull(transport.protocol);
    }

    private boolean takeUp(int most) {
        boolean drained = transport.take(most);
        if (drained && !isOver()) {
            protocol().drained(nowNs);
        }
        return drained;
    }

    private void awaitTask() {
        try {
            Runnable task = transport.tasks.poll(SLICE_MILLIS, TimeUnit.MILLISECONDS);
            if (task != null) {
                task.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for a handler", e);
        }
    }
}
