package caffeine.server.testkit;

import caffeine.server.core.ClientAddress;
import caffeine.server.core.FileRange;
import caffeine.server.core.Protocol;
import caffeine.server.core.Transport;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.LinkedBlockingQueue;

/** A transport in memory: output stays here until the client takes it. */
final class TestTransport implements Transport {

    private static final int CLIENT_PORT = 50_000;
    private static final int SERVER_PORT = 8080;

    private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private final ClientAddress client =
            new ClientAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), CLIENT_PORT));
    private long sent;

    /** Its current protocol; null until the test client has made it. */
    @Nullable Protocol protocol;

    final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    boolean paused;
    boolean closed;
    boolean reset;
    long deadlineNs = Long.MAX_VALUE;

    /** The client takes that many bytes; true when none are left. */
    boolean take(int most) {
        byte[] all = waiting.toByteArray();
        int count = Math.min(most, all.length);
        taken.write(all, 0, count);
        waiting.reset();
        waiting.write(all, count, all.length - count);
        return count > 0 && count == all.length;
    }

    /** The bytes that the client has taken, as characters. */
    String taken() {
        return taken.toString(StandardCharsets.ISO_8859_1);
    }

    /** Drops the first taken bytes. */
    void forget(int bytes) {
        byte[] all = taken.toByteArray();
        taken.reset();
        taken.write(all, bytes, all.length - bytes);
    }

    boolean isOver() {
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
