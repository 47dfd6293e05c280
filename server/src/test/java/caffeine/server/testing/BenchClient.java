package caffeine.server.testing;

import caffeine.server.socket.SocketTransport;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A client of a {@link LoopBench}, which takes turns while the client waits. */
public final class BenchClient implements AutoCloseable {

    private final LoopBench bench;
    private final SocketChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
    private final Received received = new Received();
    private int taken;
    private int unservedFd;
    private @Nullable SocketTransport transport;
    private boolean ended;
    private boolean reset;

    /** Lets look at the bytes without a copy. */
    private static final class Received extends ByteArrayOutputStream {
        byte[] array() {
            return buf;
        }
    }

    BenchClient(LoopBench bench, SocketChannel channel, int serverFd) {
        this.bench = bench;
        this.channel = channel;
        this.unservedFd = serverFd;
    }

    int unservedFd() {
        return unservedFd;
    }

    /** Lets the loop take up the server's side. */
    public void serve() {
        try {
            int fd = unservedFd;
            unservedFd = -1;
            transport = bench.serve(fd, (InetSocketAddress) channel.getLocalAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The server's side. */
    public SocketTransport transport() {
        SocketTransport known = transport;
        if (known == null) {
            throw new AssertionError("nobody serves this client");
        }
        return known;
    }

    // ---- sending

    public BenchClient send(String text) {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends all, while the loop turns. Gives up when the server has gone. */
    public BenchClient send(byte[] bytes) {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        bench.until("all is sent", () -> write(left) || !left.hasRemaining());
        return this;
    }

    /** Sends as much as the kernel takes now; true when the server has gone. */
    private boolean write(ByteBuffer left) {
        try {
            channel.write(left);
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Sends what the kernel takes, without a turn. */
    public int sendSome(byte[] bytes) {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        write(left);
        return left.position();
    }

    /** Sends no more. */
    public BenchClient endOutput() {
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

    /** Takes what is there; how many bytes that was. */
    public int receive() {
        int before = received.size();
        try {
            while (!isOver()) {
                buffer.clear();
                int count = channel.read(buffer);
                if (count < 0) {
                    ended = true;
                } else if (count == 0) {
                    break;
                } else {
                    received.write(buffer.array(), 0, count);
                }
            }
        } catch (IOException e) {
            reset = true;
        }
        return received.size() - before;
    }

    /** Takes at most so many bytes of what is there. */
    public int receiveSome(int most) {
        try {
            buffer.clear().limit(Math.min(most, buffer.capacity()));
            int count = channel.read(buffer);
            ended |= count < 0;
            received.write(buffer.array(), 0, Math.max(0, count));
            return Math.max(0, count);
        } catch (IOException e) {
            reset = true;
            return 0;
        }
    }

    public boolean isEnded() {
        return ended;
    }

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

    /** Waits for the end, in order or by a reset; what came until then. */
    public String untilOver() {
        bench.until(
                "the server closes",
                () -> {
                    receive();
                    return isOver();
                });
        return take(received.size());
    }

    /** Waits for the end in order. */
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
        bench.until(
                length + " bytes have come",
                () -> {
                    receive();
                    return received.size() >= end || isOver();
                });
        return take(Math.min(end, received.size()));
    }

    /** Waits until this has come, and leaves it. */
    public void await(String part) {
        bench.until(
                part + " has come",
                () -> {
                    receive();
                    return received.toString(StandardCharsets.ISO_8859_1).contains(part);
                });
    }

    /** Waits for one response, and leaves what follows it. */
    public Reply reply() {
        int[] length = {-1};
        bench.until(
                "a response has come",
                () -> {
                    receive();
                    length[0] = Reply.length(received.array(), taken, received.size(), isOver());
                    return length[0] >= 0 || isOver();
                });
        if (length[0] < 0) {
            String rest = take(received.size());
            throw new AssertionError(
                    (reset ? "reset" : "ended") + " instead of a whole response: " + rest);
        }
        Reply reply = Reply.parse(received.array(), taken, length[0]);
        taken += length[0];
        return reply;
    }

    /** Sends a request and waits for its response. */
    public Reply ask(String request) {
        return send(request).reply();
    }
}
