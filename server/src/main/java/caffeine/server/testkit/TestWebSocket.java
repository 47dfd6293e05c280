package caffeine.server.testkit;

import caffeine.http.websocket.CloseCode;
import caffeine.http.websocket.DeflateParameters;
import caffeine.http.websocket.WebSocketConnection;
import caffeine.http.websocket.WebSocketLimits;
import caffeine.http.websocket.WebSocketListener;
import caffeine.http.websocket.WebSocketOutput;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * The client's side of a WebSocket connection, from {@link TestClient#webSocket}. It answers Pings
 * and a Close by itself. Time, and how the client reads, are those of its {@link TestClient}.
 *
 * <pre>{@code
 * TestWebSocket socket = new TestClient(router).webSocket("/chat");
 * assertEquals("Hello", socket.send("Hello").text());
 * }</pre>
 */
public final class TestWebSocket {

    /** Any key masks; a test is easier to read when it is the same. */
    private static final int MASKING_KEY = 0x12345678;

    private final TestClient client;
    private final WebSocketConnection connection;
    private final ArrayDeque<Object> messages = new ArrayDeque<>();
    private int pings;
    private int closeCode;
    private String closeReason = "";

    TestWebSocket(TestClient client, @Nullable DeflateParameters compression) {
        this.client = client;
        this.connection =
                WebSocketConnection.client(
                        WebSocketLimits.DEFAULTS,
                        compression,
                        new Output(),
                        new Listener(),
                        () -> MASKING_KEY);
    }

    /** Sends a text message. */
    public TestWebSocket send(String text) {
        require(connection.text(text));
        return this;
    }

    /** Sends a binary message. */
    public TestWebSocket send(byte[] binary) {
        require(connection.binary(binary, 0, binary.length));
        return this;
    }

    /** Sends a Ping. */
    public TestWebSocket ping(String payload) {
        require(connection.ping(payload.getBytes(StandardCharsets.UTF_8)));
        return this;
    }

    private static void require(boolean sent) {
        if (!sent) {
            throw new IllegalStateException("the connection is closed");
        }
    }

    /** Begins to close. */
    public TestWebSocket close(int code, String reason) {
        connection.close(code, reason);
        return this;
    }

    /**
     * The next message, which is text; waits for threads of the program.
     *
     * @throws AssertionError when it is binary, or the connection ends before
     */
    public String text() {
        if (next() instanceof String text) {
            return text;
        }
        throw new AssertionError("a binary message instead of a text");
    }

    /**
     * The next message, which is binary. As {@link #text}.
     *
     * @throws AssertionError when it is text, or the connection ends before
     */
    public byte[] binary() {
        if (next() instanceof byte[] binary) {
            return binary;
        }
        throw new AssertionError("a text message instead of a binary one");
    }

    private Object next() {
        client.await("a message", () -> hasMessage() || closeCode != 0);
        Object message = messages.poll();
        if (message == null) {
            throw new AssertionError("closed with " + closeCode + " instead of a message");
        }
        return message;
    }

    /** Whether an unread message is there. It does not wait. */
    public boolean hasMessage() {
        receive();
        return !messages.isEmpty();
    }

    /**
     * Waits for the end of the connection.
     *
     * @return the code of the server's Close frame; {@link CloseCode#NONE} or {@link
     *     CloseCode#ABNORMAL} without one
     */
    public int closeCode() {
        client.await(
                "the end of the connection",
                () -> {
                    receive();
                    return closeCode != 0;
                });
        return closeCode;
    }

    /** The reason of the server's Close frame. */
    public String closeReason() {
        int _ = closeCode();
        return closeReason;
    }

    /** How many Pings the server has sent. */
    public int pings() {
        receive();
        return pings;
    }

    private void receive() {
        byte[] bytes = client.received().getBytes(StandardCharsets.ISO_8859_1);
        int _ = connection.received(bytes, 0, bytes.length);
        if (client.isOver()) {
            connection.ended();
        }
    }

    private final class Output implements WebSocketOutput {
        @Override
        public void send(byte[] bytes, int from, int to) {
            client.send(Arrays.copyOfRange(bytes, from, to));
        }

        @Override
        public boolean isBackedUp() {
            return false;
        }
    }

    private final class Listener implements WebSocketListener {
        @Override
        public void text(byte[] utf8) {
            messages.add(new String(utf8, StandardCharsets.UTF_8));
        }

        @Override
        public void binary(byte[] bytes) {
            messages.add(bytes);
        }

        @Override
        public void ping(byte[] payload) {
            pings++;
        }

        @Override
        public void closed(int code, String reason) {
            closeCode = code;
            closeReason = reason;
        }

        @Override
        public void failed(int code, String detail) {
            throw new AssertionError("the server broke the protocol: " + detail);
        }
    }
}
