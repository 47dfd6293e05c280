package caffeine.server.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;

/**
 * A client that waits for what should come, but not for ever. Of a server that runs on its own; a
 * {@link BenchClient} also takes turns of its server's loop while it waits.
 */
public class WireClient implements AutoCloseable {

    private static final int MOST_KEPT_BYTES = 1 << 20;

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
        this(connected(server, bufferBytes));
    }

    /** Takes ownership of a connected channel. */
    WireClient(SocketChannel channel) {
        this.channel = channel;
    }

    private static SocketChannel connected(InetSocketAddress server, int bufferBytes) {
        try {
            SocketChannel channel = SocketChannel.open();
            if (bufferBytes > 0) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, bufferBytes);
                channel.setOption(StandardSocketOptions.SO_SNDBUF, bufferBytes);
            }
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.connect(server);
            channel.configureBlocking(false);
            return channel;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for a condition. */
    void until(String condition, BooleanSupplier holds) {
        Until.holds(condition, holds::getAsBoolean);
    }

    /** Its own address. */
    InetSocketAddress address() {
        try {
            return (InetSocketAddress) channel.getLocalAddress();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- sending

    public static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends all of it, waiting where the server does. */
    public WireClient send(String text) {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The same. Gives up when the server has gone: what it answered is still to be read. */
    public WireClient send(byte[] bytes) {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        until("all is sent", () -> !trySending(left) || !left.hasRemaining());
        return this;
    }

    /** Sends what the kernel takes now, without waiting; how much that was. */
    public int sendSome(byte[] bytes) {
        return sendSome(ByteBuffer.wrap(bytes));
    }

    /** The same. */
    public int sendSome(ByteBuffer bytes) {
        int before = bytes.position();
        trySending(bytes);
        return bytes.position() - before;
    }

    /** Sends what the kernel takes now; false when the server has gone. */
    public boolean trySending(String text) {
        return trySending(bytes(text));
    }

    private boolean trySending(ByteBuffer bytes) {
        try {
            channel.write(bytes);
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

    /** Sends no more, if the connection is still there. */
    public void endOutputIfOpen() {
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            reset = true;
        }
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

    /** Takes all that is there; how many bytes that was. */
    public int receive() {
        int before = received.size();
        while (receiveSome(buffer.capacity()) > 0) {
            // There may be more.
        }
        return received.size() - before;
    }

    /** Takes at most so many bytes of what is there; how many that was. */
    public int receiveSome(int most) {
        if (isOver()) {
            return 0;
        }
        buffer.clear().limit(Math.min(most, buffer.capacity()));
        try {
            int count = channel.read(buffer);
            ended = count < 0;
            received.write(buffer.array(), 0, Math.max(0, count));
            return Math.max(0, count);
        } catch (IOException _) {
            reset = true;
            return 0;
        }
    }

    /** Whether something came that no test has asked for yet. */
    public boolean hasInput() {
        return taken < received.size() || receive() > 0;
    }

    /** Whether the connection has ended in order. */
    public boolean isEnded() {
        return ended;
    }

    /** Whether the connection has ended, and not as it should. */
    public boolean isReset() {
        return reset;
    }

    public boolean isOver() {
        return ended || reset;
    }

    /** All that has come so far. */
    public byte[] received() {
        return received.toByteArray();
    }

    /** What has come since the last call of this kind. */
    private String take(int until) {
        String text = new String(received.array(), taken, until - taken, StandardCharsets.UTF_8);
        taken = until;
        return text;
    }

    private String rest() {
        return take(received.size());
    }

    /** Waits for the next bytes, and returns what one read brings. */
    public String nextBytes() {
        until("something comes", () -> receiveSome(buffer.capacity()) > 0 || isOver());
        return rest();
    }

    /** Waits for the end, in order or by a reset, and closes; what came until then. */
    public String untilOver() {
        String text = awaitEnd();
        close();
        return text;
    }

    /** Waits for the end, in order or by a reset; what came is left. */
    public void awaitOver() {
        until(
                "the server closes",
                () -> {
                    receive();
                    return isOver();
                });
    }

    final String awaitEnd() {
        until(
                "the server closes",
                () -> {
                    receive();
                    return isOver();
                });
        return rest();
    }

    /** The same; a reset is an error. */
    public String untilEnd() {
        String text = untilOver();
        if (reset) {
            throw new AssertionError("reset after " + text);
        }
        return text;
    }

    /** Waits for so many more bytes. */
    public String receive(int length) {
        int end = taken + length;
        until(
                length + " bytes have come",
                () -> {
                    receive();
                    return received.size() >= end || isOver();
                });
        return take(Math.min(end, received.size()));
    }

    /** Waits until this has come, and leaves it. */
    public void await(String part) {
        until(
                part + " has come",
                () -> {
                    receive();
                    return received.toString(StandardCharsets.ISO_8859_1).contains(part);
                });
    }

    /** Waits for one response, and leaves what follows it. */
    public Reply reply() {
        int[] length = {-1};
        until("a response comes", () -> hasReply(length) || isOver());
        if (length[0] < 0) {
            String how = reset ? "reset" : "ended";
            throw new AssertionError(how + " instead of a whole response: " + rest());
        }
        Reply reply = Reply.parse(received.array(), taken, length[0]);
        taken += length[0];
        if (taken > MOST_KEPT_BYTES) {
            received.drop(taken);
            taken = 0;
        }
        return reply;
    }

    private boolean hasReply(int[] length) {
        boolean more = true;
        while (more) {
            boolean over = isOver();
            length[0] = Reply.length(received.array(), taken, received.size(), over);
            more = length[0] < 0 && (receiveSome(buffer.capacity()) > 0 || isOver() != over);
        }
        return length[0] >= 0;
    }

    /** Sends a request and waits for its response. */
    public Reply ask(String request) {
        return send(request).reply();
    }
}
