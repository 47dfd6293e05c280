package caffeine.server.core;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A transport in memory: output stays here until the client takes it. It has no time of its own:
 * its owner runs the tasks and expires the deadline. For tests, and for a script's trial.
 */
public class MemoryTransport implements Transport {

    private static final int CLIENT_PORT = 50_000;
    private static final int SERVER_PORT = 8080;

    private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private final ClientAddress client =
            new ClientAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), CLIENT_PORT));
    private long sent;

    /** Its current protocol; null until its owner has made the first, and in a test without one. */
    public @Nullable Protocol protocol;

    /** The tasks of {@link #execute}, for the owner to run. */
    public final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

    /** Whether the protocol reads at present. */
    public boolean paused;

    /** Whether the protocol has closed. */
    public boolean closed;

    /** Whether the protocol has reset. */
    public boolean reset;

    /** When to tell the protocol about time; {@link Long#MAX_VALUE}: never. */
    public long deadlineNs = Long.MAX_VALUE;

    /** Without output, at loopback addresses. */
    public MemoryTransport() {}

    /** The client takes that many bytes; true when none are left. */
    public final boolean take(int most) {
        byte[] all = waiting.toByteArray();
        int count = Math.min(most, all.length);
        taken.write(all, 0, count);
        waiting.reset();
        waiting.write(all, count, all.length - count);
        return count > 0 && count == all.length;
    }

    /** The bytes that the client has taken, as characters. */
    public final String taken() {
        return taken.toString(StandardCharsets.ISO_8859_1);
    }

    /** Drops the first taken bytes. */
    public final void forget(int bytes) {
        byte[] all = taken.toByteArray();
        taken.reset();
        taken.write(all, bytes, all.length - bytes);
    }

    /** Whether it is closed or reset. */
    public final boolean isOver() {
        return closed || reset;
    }

    @Override
    public void send(byte[] bytes, int from, int to) {
        if (!isOver()) {
            waiting.write(bytes, from, to - from);
            sent += to - from;
        }
    }

    @Override
    public void upgrade(Protocol next) {
        protocol = next;
    }

    /** Reads all of it: this client has memory without a limit. */
    @Override
    public void send(FileRange file) {
        try (file) {
            byte[] all = new byte[Math.toIntExact(file.length())];
            ByteBuffer into = ByteBuffer.wrap(all);
            while (into.hasRemaining()) {
                int count = file.read(into);
                if (count <= 0) {
                    reset();
                    return;
                }
                file.skip(count);
            }
            send(all, 0, all.length);
        } catch (IOException _) {
            reset();
        }
    }

    @Override
    public void send(ByteBuffer bytes, int from, int to) {
        byte[] copy = new byte[to - from];
        bytes.get(from, copy);
        send(copy, 0, copy.length);
    }

    @Override
    public boolean unsend(long bytes) {
        byte[] all = waiting.toByteArray();
        if (all.length < bytes) {
            return false;
        }
        waiting.reset();
        waiting.write(all, 0, all.length - (int) bytes);
        sent -= bytes;
        return true;
    }

    @Override
    public long unsentBytes() {
        return waiting.size();
    }

    @Override
    public long sentBytes() {
        return sent;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public void pauseReading() {
        paused = true;
    }

    @Override
    public void resumeReading() {
        paused = false;
    }

    @Override
    public void deadline(long atNs) {
        deadlineNs = atNs;
    }

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public void reset() {
        reset = true;
        waiting.reset();
    }

    @Override
    public ClientAddress client() {
        return client;
    }

    @Override
    public String localHost() {
        return "127.0.0.1";
    }

    @Override
    public int localPort() {
        return SERVER_PORT;
    }

    @Override
    public int lend() {
        return NO_DESCRIPTOR;
    }

    @Override
    public long takeBack() {
        return 0;
    }
}
