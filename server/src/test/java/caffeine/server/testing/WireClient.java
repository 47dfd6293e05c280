package caffeine.server.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A client of a server that runs on its own; it waits for what should come, but not for ever. */
public final class WireClient implements AutoCloseable {

    private final SocketChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
    private final Received received = new Received();
    private int taken;
    private boolean ended;
    private boolean reset;

    /** Lets look at the bytes without a copy. */
    private static final class Received extends ByteArrayOutputStream {
        byte[] array() {
            return buf;
        }

        void drop(int bytes) {
            System.arraycopy(buf, bytes, buf, 0, count - bytes);
            count -= bytes;
        }
    }

    public WireClient(InetSocketAddress server) {
        this(server, 0);
    }

    /**
     * @param bufferBytes of the kernel's buffers on this side; 0: its own choice
     */
    public WireClient(InetSocketAddress server, int bufferBytes) {
        try {
            channel = SocketChannel.open();
            if (bufferBytes > 0) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, bufferBytes);
                channel.setOption(StandardSocketOptions.SO_SNDBUF, bufferBytes);
            }
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.connect(server);
            channel.configureBlocking(false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- sending

    /** Sends all of it, waiting where the server does. */
    public WireClient send(String text) {
        ByteBuffer left = bytes(text);
        Until.holds(
                "the server takes what is sent",
                () -> {
                    int _ = sendSome(left);
                    return !left.hasRemaining();
                });
        return this;
    }

    public static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends what the kernel takes now; how much that was. */
    public int sendSome(ByteBuffer bytes) {
        try {
            return channel.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends what the kernel takes now; false when the server has closed. */
    public boolean trySending(String text) {
        try {
            channel.write(bytes(text));
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /** Sends no more. */
    public WireClient endOutput() {
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** Goes away with a reset. */
    public void reset() {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- receiving

    /** Takes at most so many bytes of what is there; how many that was. */
    public int receive(int most) {
        if (isOver()) {
            return 0;
        }
        buffer.clear().limit(Math.min(most, buffer.capacity()));
        try {
            int count = channel.read(buffer);
            ended = count < 0;
            if (count > 0) {
                received.write(buffer.array(), 0, count);
            }
            return Math.max(0, count);
        } catch (IOException _) {
            reset = true;
            return 0;
        }
    }

    /** Whether something came that nobody has asked for yet. */
    public boolean hasInput() {
        return taken < received.size() || receive() > 0;
    }

    private int receive() {
        return receive(buffer.capacity());
    }

    /** Waits for the next bytes, and returns what one read brings. */
    public String nextBytes() {
        Until.holds("something comes", () -> receive() > 0 || isOver());
        return rest();
    }

    /** Whether the connection has ended, and not as it should. */
    public boolean isReset() {
        return reset;
    }

    private boolean isOver() {
        return ended || reset;
    }

    /** Waits for one response, and leaves what follows it. */
    public Reply reply() {
        int[] length = {-1};
        Until.holds("a response comes", () -> hasReply(length));
        Reply reply = Reply.parse(received.array(), taken, length[0]);
        taken += length[0];
        if (taken > buffer.capacity()) {
            received.drop(taken);
            taken = 0;
        }
        return reply;
    }

    private boolean hasReply(int[] length) {
        do {
            length[0] = Reply.length(received.array(), taken, received.size(), isOver());
            if (length[0] >= 0) {
                return true;
            } else if (isOver()) {
                String how = reset ? "reset" : "ended";
                throw new AssertionError(how + " instead of a response: " + rest());
            }
        } while (receive() > 0);
        return isOver() && hasReply(length);
    }

    /** Sends a request and waits for its response. */
    public Reply ask(String request) {
        return send(request).reply();
    }

    /** Waits for the end, in order or by a reset, and closes; what came until then. */
    public String untilOver() {
        Until.holds(
                "the server closes",
                () -> {
                    while (receive() > 0) {
                        // There may be more.
                    }
                    return isOver();
                });
        close();
        return rest();
    }

    private String rest() {
        int from = taken;
        taken = received.size();
        return new String(received.array(), from, taken - from, StandardCharsets.ISO_8859_1);
    }
}
