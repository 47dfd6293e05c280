package caffeine.server.testing;

import caffeine.http.websocket.WebSocketConnection;
import caffeine.http.websocket.WebSocketLimits;
import caffeine.http.websocket.WebSocketListener;
import caffeine.http.websocket.WebSocketOutput;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/** A WebSocket client over a socket. It answers Pings and a Close, while it reads. */
public final class WireWebSocket implements AutoCloseable {

    private final Socket socket = new Socket();
    private final WebSocketConnection connection =
            WebSocketConnection.client(
                    WebSocketLimits.DEFAULTS, null, new Output(), new Listener(), () -> 0x12345678);
    private final ArrayDeque<Object> messages = new ArrayDeque<>();
    private final String head;
    private int pings;
    private int closeCode;
    private boolean isReset;

    public WireWebSocket(InetSocketAddress server, String target) {
        this(server, target, 0, new byte[0]);
    }

    /**
     * @param bufferBytes of the kernel's buffers on this side; 0: its own choice
     * @param behind bytes in the segment of the handshake
     */
    public WireWebSocket(InetSocketAddress server, String target, int bufferBytes, byte[] behind) {
        ByteArrayOutputStream first = new ByteArrayOutputStream();
        first.writeBytes(
                ("GET "
                                + target
                                + " HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\n"
                                + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        first.writeBytes(behind);
        try {
            if (bufferBytes > 0) {
                socket.setReceiveBufferSize(bufferBytes);
                socket.setSendBufferSize(bufferBytes);
            }
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) TimeUnit.NANOSECONDS.toMillis(Until.PATIENCE_NS));
            socket.connect(server);
            socket.getOutputStream().write(first.toByteArray());
            head = readHead();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String readHead() throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.indexOf("\r\n\r\n") < 0) {
            int c = socket.getInputStream().read();
            if (c < 0) {
                throw new AssertionError("ended instead of a response: " + text);
            }
            text.append((char) c);
        }
        return text.toString();
    }

    /** The head of the response. */
    public String head() {
        return head;
    }

    public WireWebSocket send(String text) {
        boolean _ = connection.text(text);
        return this;
    }

    public WireWebSocket send(byte[] binary) {
        boolean _ = connection.binary(binary, 0, binary.length);
        return this;
    }

    /** Sends bytes as they are. */
    public WireWebSocket raw(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** A masked frame with a key of zeros, as characters. */
    public static byte[] frame(int first, String payload) {
        String text = (char) first + "" + (char) (0x80 | payload.length()) + "\0\0\0\0" + payload;
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    public WireWebSocket close(int code) {
        connection.close(code, "");
        return this;
    }

    /** Disconnects with a reset. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next message. */
    public String text() {
        return (String) next();
    }

    /** The next message. */
    public byte[] binary() {
        return (byte[]) next();
    }

    private Object next() {
        while (messages.isEmpty()) {
            if (closeCode != 0) {
                throw new AssertionError("closed with " + closeCode + " instead of a message");
            }
            read();
        }
        return messages.remove();
    }

    /** Waits for a Ping; how many have come. */
    public int awaitPing() {
        while (pings == 0) {
            read();
        }
        return pings;
    }

    /** Waits for the end of the connection: its code. */
    public int closeCode() {
        while (closeCode == 0) {
            read();
        }
        return closeCode;
    }

    /** Waits until the server ends its output; whether that was in order. */
    public boolean endsInOrder() {
        int _ = closeCode();
        try {
            while (!isReset && socket.getInputStream().read() >= 0) {
                // nothing should come
            }
        } catch (IOException _) {
            isReset = true;
        }
        return !isReset;
    }

    private void read() {
        byte[] bytes = new byte[1 << 16];
        int count;
        try {
            count = socket.getInputStream().read(bytes);
        } catch (SocketTimeoutException e) {
            throw new UncheckedIOException(e);
        } catch (IOException _) {
            isReset = true;
            count = -1;
        }
        if (count < 0) {
            connection.ended();
        } else {
            int _ = connection.received(bytes, 0, count);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final class Output implements WebSocketOutput {
        @Override
        public void send(byte[] bytes, int from, int to) {
            try {
                socket.getOutputStream().write(bytes, from, to - from);
            } catch (IOException _) {
                isReset = true; // the next read reports it
            }
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
        }

        @Override
        public void failed(int code, String detail) {
            throw new AssertionError("the server broke the protocol: " + detail);
        }
    }
}
