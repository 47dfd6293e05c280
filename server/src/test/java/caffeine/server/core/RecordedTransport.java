package caffeine.server.core;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A transport to nowhere: it keeps what is sent, and what else is asked of it. */
final class RecordedTransport implements Transport {

    /** A descriptor to lend; nobody looks at it. */
    static final int SOCKET = 77;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ClientAddress client =
            new ClientAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 50_000));
    private long sent;

    /** What the kernel would not take: everything, while the client takes nothing. */
    long unsent;

    boolean stuck;
    boolean paused;
    boolean closed;
    boolean reset;
    boolean lent;
    long deadlineNs = Long.MAX_VALUE;

    /** What was to be executed and has not been yet. */
    final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    /** What the borrower of the socket will have written. */
    long borrowerWrites;

    /** Everything that was sent since the last call. */
    String takeSent() {
        String text = out.toString(StandardCharsets.ISO_8859_1);
        out.reset();
        return text;
    }

    /** Forgets what was sent; the room for it stays. */
    void forgetSent() {
        out.reset();
    }

    private boolean isOpen() {
        return !closed && !reset && !lent;
    }

    @Override
    public void send(byte[] bytes, int from, int to) {
        if (isOpen()) {
            out.write(bytes, from, to - from);
            sent += to - from;
            unsent += stuck ? to - from : 0;
        }
    }

    /** What its bytes mean since an upgrade. */
    @Nullable Protocol upgraded;

    @Override
    public void upgrade(Protocol next) {
        upgraded = next;
    }

    /** The ranges of files that were sent, as their lengths; they are closed. */
    final List<Long> files = new ArrayList<>();

    @Override
    public void send(FileRange file) {
        files.add(file.length());
        sent += file.length();
        file.close();
    }

    @Override
    public void send(ByteBuffer bytes, int from, int to) {
        byte[] copy = new byte[to - from];
        bytes.get(from, copy);
        send(copy, 0, copy.length);
    }

    @Override
    public long unsentBytes() {
        return unsent;
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
        return 8080;
    }

    @Override
    public int lend() {
        if (unsent > 0) {
            return UNSENT;
        }
        lent = true;
        return SOCKET;
    }

    @Override
    public long takeBack() {
        lent = false;
        return borrowerWrites;
    }
}
