package caffeine.server.core;

import java.util.ArrayList;
import java.util.List;

/** A client that takes what is sent at once, or nothing while it is stuck; it can lend a socket. */
final class RecordedTransport extends MemoryTransport {

    /** A descriptor to lend, which no test looks at. */
    static final int SOCKET = 77;

    /** What the kernel would not take: everything, while the client takes nothing. */
    long unsent;

    boolean stuck;
    boolean lent;

    /** What the borrower of the socket will have written. */
    long borrowerWrites;

    /** The ranges of files that were sent, as their lengths; they are closed. */
    final List<Long> files = new ArrayList<>();

    private long fileBytes;

    /** Everything that was sent since the last call. */
    String takeSent() {
        take(Integer.MAX_VALUE);
        String text = taken();
        forget(text.length());
        return text;
    }

    @Override
    public void send(byte[] bytes, int from, int to) {
        if (!lent && !isOver()) {
            super.send(bytes, from, to);
            unsent += stuck ? to - from : 0;
        }
    }

    @Override
    public void send(FileRange file) {
        files.add(file.length());
        fileBytes += file.length();
        file.close();
    }

    @Override
    public boolean unsend(long bytes) {
        return false;
    }

    @Override
    public long unsentBytes() {
        return unsent;
    }

    @Override
    public long sentBytes() {
        return super.sentBytes() + fileBytes;
    }

    /** The client has taken everything until then. */
    @Override
    public void reset() {
        take(Integer.MAX_VALUE);
        super.reset();
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
