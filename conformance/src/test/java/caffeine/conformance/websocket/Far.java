package caffeine.conformance.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The server at the other end of a connection: its response, and its frames as events. Its frames
 * are checked as they come. Another thread sends, so that large echoes cannot block each other.
 */
final class Far implements AutoCloseable {

    /** For each thing that is expected. */
    private static final int PATIENCE_MILLIS = 60_000;

    /**
     * What has come.
     *
     * @param latin1 the payload, a character for each byte; of a Close frame with its code
     */
    record Event(String name, String latin1) {

        static Event of(String name, byte[] payload) {
            return new Event(name, new String(payload, StandardCharsets.ISO_8859_1));
        }

        byte[] bytes() {
            return latin1.getBytes(StandardCharsets.ISO_8859_1);
        }

        boolean is(String other, byte[] payload) {
            return equals(of(other, payload));
        }

        @Override
        public String toString() {
            return name + "(" + latin1.substring(0, Math.min(40, latin1.length())) + ")";
        }
    }

    private final Socket socket = new Socket();
    private final ExecutorService sender = Executors.newSingleThreadExecutor();
    private final DataInputStream in;
    private int segment;
    private boolean closeSeen;

    Far(InetSocketAddress server) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(server);
        in = new DataInputStream(socket.getInputStream());
    }

    // ---- sending

    /** Later bytes leave this many at a time; 0: all at once. */
    void split(int bytes) {
        segment = bytes;
    }

    /** Does nothing after {@link #reset}. */
    void send(byte[] bytes) {
        if (bytes.length == 0 || sender.isShutdown()) {
            return;
        }
        int step = segment > 0 ? segment : bytes.length;
        var _ =
                sender.submit(
                        () -> {
                            for (int i = 0; i < bytes.length; i += step) {
                                int count = Math.min(step, bytes.length - i);
                                socket.getOutputStream().write(bytes, i, count);
                            }
                            return true;
                        });
    }

    /** Ends the output, behind all that was sent. */
    void shutdown() {
        var _ =
                sender.submit(
                        () -> {
                            socket.shutdownOutput();
                            return true;
                        });
    }

    /** Ends the connection with RST, behind all that was sent. */
    void reset() throws IOException {
        sender.close();
        socket.setSoLinger(true, 0);
        socket.close();
    }

    // ---- receiving

    /** The head of the response, without its empty line. */
    String head() throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            head.write(in.readUnsignedByte());
        }
        return head.toString(StandardCharsets.ISO_8859_1).strip();
    }

    /** Nothing arrives for so long. */
    void quiet(int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            throw new AssertionError("byte " + in.read() + " instead of silence");
        } catch (SocketTimeoutException _) {
            socket.setSoTimeout(PATIENCE_MILLIS);
        }
    }

    /** Reads what comes, until the end. */
    void drop() {
        try {
            in.transferTo(ByteArrayOutputStream.nullOutputStream());
        } catch (IOException _) {
            // A reset is an end too.
        }
    }

    /** The next message, Pong, Close, or {@code eof} with its kind. */
    Event next() throws IOException {
        String kind = "";
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        while (true) {
            int first;
            try {
                first = in.read();
            } catch (SocketTimeoutException e) {
                throw e;
            } catch (IOException _) {
                return new Event("eof", "RST");
            }
            if (first < 0) {
                assertThat(kind).as("the end within a message").isEmpty();
                return new Event("eof", "FIN");
            }
            assertThat(closeSeen).as("bytes behind the Close frame").isFalse();
            byte[] payload = payload(first);
            switch (first & 15) {
                case Frames.PING -> send(Frames.frame(Frames.PONG, payload));
                case Frames.PONG -> {
                    return Event.of("pong", payload);
                }
                case Frames.CLOSE -> {
                    closeSeen = true;
                    return Event.of("close", payload);
                }
                default -> {
                    assertThat((first & 15) == Frames.CONTINUATION).isEqualTo(!kind.isEmpty());
                    kind = kind.isEmpty() ? ((first & 15) == Frames.TEXT ? "text" : "bin") : kind;
                    message.writeBytes(payload);
                    if (first >= 0x80) {
                        return checked(Event.of(kind, message.toByteArray()));
                    }
                }
            }
        }
    }

    private static Event checked(Event message) throws CharacterCodingException {
        if (message.name().equals("text")) {
            var _ = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(message.bytes()));
        }
        return message;
    }

    private byte[] payload(int first) throws IOException {
        int opcode = first & 15;
        assertThat(first & 0x70).as("RSV bits").isZero();
        assertThat(opcode).as("opcode").isIn(0, 1, 2, 8, 9, 10);
        int second = in.readUnsignedByte();
        assertThat(second).as("a length without a mask").isLessThan(0x80);
        long length = second;
        if (second == 126) {
            length = in.readUnsignedShort();
            assertThat(length).as("a length of 16 bits").isGreaterThan(125);
        } else if (second == 127) {
            length = in.readLong();
            assertThat(length).as("a length of 64 bits").isGreaterThan(0xffff);
        }
        if (opcode >= Frames.CLOSE) {
            assertThat(length).as("the length of a control frame").isLessThan(126);
            assertThat(first).as("FIN of a control frame").isGreaterThanOrEqualTo(0x80);
        }
        byte[] payload = new byte[Math.toIntExact(length)];
        in.readFully(payload);
        return payload;
    }

    @Override
    public void close() throws IOException {
        sender.shutdownNow();
        socket.close();
    }
}
