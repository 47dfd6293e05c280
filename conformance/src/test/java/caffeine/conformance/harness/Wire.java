package caffeine.conformance.harness;

import caffeine.conformance.harness.Mismatch.Gone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.BooleanSupplier;

/**
 * A client's connection, byte for byte. It also reads while it sends, so that an early answer is
 * never lost to the reset that follows it. Everything ends at one deadline, which {@link #renew}
 * moves.
 */
public final class Wire implements AutoCloseable {

    /** How the server's side of the connection stands. */
    public enum End {
        OPEN,
        CLOSED,
        RESET
    }

    private static final int BLOCK_BYTES = 1 << 18;
    private static final int SHOWN_BYTES = 60;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
    private final StringBuilder log = new StringBuilder();
    private long deadlineNs;
    private byte[] buffer = new byte[1024];
    private int from;
    private int to;
    private End end = End.OPEN;

    private Wire(SocketChannel channel, Duration limit) throws IOException {
        this.channel = channel;
        deadlineNs = System.nanoTime() + limit.toNanos();
        channel.configureBlocking(false);
        selector = Selector.open();
        key = channel.register(selector, SelectionKey.OP_READ);
    }

    /** Connects; everything on the connection must be over within the limit. */
    public static Wire connect(SocketAddress address, Duration limit) {
        if (address instanceof InetSocketAddress inet) {
            return connect(inet, limit, StandardSocketOptions.TCP_NODELAY, true);
        }
        try {
            return new Wire(SocketChannel.open(address), limit);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot connect to " + address, e);
        }
    }

    /** Connects with a socket option that must be set before, such as a small receive buffer. */
    public static <T> Wire connect(
            InetSocketAddress address, Duration limit, SocketOption<T> option, T value) {
        try {
            SocketChannel channel = SocketChannel.open();
            channel.setOption(option, value);
            channel.connect(address);
            return new Wire(channel, limit);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot connect to " + address, e);
        }
    }

    /** From now on, this much time. */
    public Wire renew(Duration limit) {
        deadlineNs = System.nanoTime() + limit.toNanos();
        return this;
    }

    public long leftNs() {
        return Math.max(0, deadlineNs - System.nanoTime());
    }

    public InetSocketAddress localAddress() {
        try {
            return (InetSocketAddress) channel.getLocalAddress();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads once; false when nothing came within the time, or the connection has ended. */
    public boolean pull(long waitNs) {
        if (end != End.OPEN || leftNs() == 0 || !ready(SelectionKey.OP_READ, waitNs)) {
            return false;
        }
        block.clear();
        if (receive() > 0) {
            block.flip();
            room(block.remaining());
            int length = block.remaining();
            block.get(buffer, to, length);
            to += length;
        }
        return true;
    }

    /** Sends it all, unless the server has closed already: what it said is still to be read. */
    public Wire send(byte[] bytes) {
        note('>', bytes, 0, bytes.length);
        ByteBuffer data = ByteBuffer.wrap(bytes);
        while (data.hasRemaining() && leftNs() > 0) {
            int both = SelectionKey.OP_WRITE | (end == End.OPEN ? SelectionKey.OP_READ : 0);
            if (!ready(both, leftNs())) {
                break;
            }
            boolean writable = key.isWritable();
            if (end == End.OPEN && key.isReadable()) {
                pull(0);
            }
            try {
                if (writable) {
                    channel.write(data);
                }
            } catch (IOException closedByServer) {
                break;
            }
        }
        return this;
    }

    /** Sends text, one byte for each character. */
    public Wire send(String latin1) {
        return send(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Writes what the socket takes at once and reads nothing; the number of bytes taken. */
    public int offer(byte[] bytes) {
        try {
            return channel.write(ByteBuffer.wrap(bytes));
        } catch (IOException closedByServer) {
            return -1;
        }
    }

    /** Goes on reading for this long. */
    public void pause(Duration time) {
        long until = Math.min(System.nanoTime() + time.toNanos(), deadlineNs);
        for (long left; (left = until - System.nanoTime()) > 0; ) {
            if (!pull(left) && end != End.OPEN) {
                Await.holdsWithin(Duration.ofNanos(left), () -> false);
            }
        }
    }

    /** Half-close: no more will be sent. */
    public Wire shutdown() {
        try {
            channel.shutdownOutput();
        } catch (IOException alreadyGone) {
            // The server reset the connection: there is nothing left to shut down.
        }
        return this;
    }

    /** Ends the connection with a reset. */
    public void reset() {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException alreadyGone) {
            // Then there is nothing to reset.
        }
        close();
    }

    /** Reads until there is enough; says what was wanted when it does not come. */
    public void want(BooleanSupplier enough, String what) {
        while (!enough.getAsBoolean()) {
            if (!pull(leftNs())) {
                String how = end == End.OPEN ? "nothing more came in time" : named(end);
                throw new Mismatch(what + ": " + how + " after " + shown());
            }
        }
    }

    /** Bytes that were read and not taken yet. */
    public int available() {
        return to - from;
    }

    /** Whether this was read and not taken yet. */
    public boolean has(String latin1) {
        return new String(buffer, from, to - from, StandardCharsets.ISO_8859_1).contains(latin1);
    }

    public End end() {
        return end;
    }

    byte[] take(int count) {
        byte[] bytes = Arrays.copyOfRange(buffer, from, from + count);
        note('<', bytes, 0, count);
        from += count;
        return bytes;
    }

    String takeText(int count) {
        return new String(take(count), StandardCharsets.ISO_8859_1);
    }

    /** Takes a line without its CRLF; any other line end is a mismatch. */
    String line(String what) {
        want(() -> indexOfLf() >= 0, what);
        String line = takeText(indexOfLf() + 1 - from);
        if (!line.endsWith("\r\n") || line.indexOf('\r') < line.length() - 2) {
            throw new Mismatch(what + ": line does not end in CRLF: " + shorten(line));
        }
        return line.substring(0, line.length() - 2);
    }

    /** The next response, interim or final, with its content. */
    public Response response() {
        return ResponseReader.read(this, _ -> false);
    }

    /** The answer to a HEAD request: it ends with its field section. */
    public Response responseToHead() {
        return ResponseReader.read(this, _ -> true);
    }

    /** The next response's head; its content stays on the wire. */
    public Response head() {
        return ResponseReader.readHead(this);
    }

    /** Reads, counts and throws away until the end or this many bytes; gives the count. */
    public long discard(long atMost) {
        long count = Math.min(available(), atMost);
        from += (int) count;
        while (count < atMost && end == End.OPEN && ready(SelectionKey.OP_READ, leftNs())) {
            block.clear().limit((int) Math.min(BLOCK_BYTES, atMost - count));
            count += Math.max(0, receive());
        }
        return count;
    }

    /** Waits for the server to end the connection; nothing may come before. */
    public End awaitEnd() {
        while (end == End.OPEN && available() == 0 && pull(leftNs())) {}
        if (available() > 0) {
            throw new Mismatch("bytes after the last response: " + shown());
        }
        if (end == End.OPEN) {
            throw new Mismatch("connection still open");
        }
        return end;
    }

    /** The connection must end with no answer at all. */
    public void awaitSilentEnd() {
        try {
            Response response = response();
            throw new Mismatch("answered where silence was due: " + response);
        } catch (Gone expected) {
            // That is what was due.
        }
    }

    /** A status from 400 on and then the end, or the end alone. */
    public void awaitRefusal() {
        try {
            Response response = response();
            if (response.status() < 400 || !response.hasOption("close")) {
                throw new Mismatch("answered where a refusal was due: " + response);
            }
            awaitEnd();
        } catch (Gone withoutAnAnswer) {
            // That is a refusal too.
        }
    }

    /** The first bytes not taken yet, for messages. */
    public String shown() {
        int length = Math.min(available(), SHOWN_BYTES);
        return Text.quote(new String(buffer, from, length, StandardCharsets.ISO_8859_1));
    }

    /** What was sent and taken so far, each piece shortened. */
    public String log() {
        return log.toString();
    }

    @Override
    public void close() {
        try {
            selector.close();
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String named(End end) {
        return end == End.RESET ? "reset" : "closed";
    }

    private int receive() {
        try {
            int count = channel.read(block);
            if (count < 0) {
                end = End.CLOSED;
            }
            return count;
        } catch (IOException reset) {
            end = End.RESET;
            return -1;
        }
    }

    private boolean ready(int interest, long waitNs) {
        try {
            key.interestOps(interest);
            selector.selectedKeys().clear();
            long waitMs = (Math.min(waitNs, leftNs()) + 999_999) / 1_000_000;
            return (waitMs == 0 ? selector.selectNow() : selector.select(waitMs)) > 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void room(int length) {
        if (to + length <= buffer.length) {
            return;
        }
        int size = Math.max(2 * (to - from), to - from + length);
        buffer = Arrays.copyOf(Arrays.copyOfRange(buffer, from, to), size);
        to -= from;
        from = 0;
    }

    private int indexOfLf() {
        for (int i = from; i < to; i++) {
            if (buffer[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private void note(char direction, byte[] bytes, int start, int length) {
        int shownBytes = Math.min(length, 600);
        String text = new String(bytes, start, shownBytes, StandardCharsets.ISO_8859_1);
        log.append(direction).append(' ').append(Text.quote(text));
        log.append(shownBytes < length ? " ...\n" : "\n");
    }

    private static String shorten(String line) {
        return Text.quote(line.substring(0, Math.min(line.length(), SHOWN_BYTES)));
    }
}
