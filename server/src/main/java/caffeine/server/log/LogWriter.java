package caffeine.server.log;

import caffeine.http.OutputBuffer;
import caffeine.os.Errno;
import caffeine.server.loop.Clock;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/**
 * Writes lines to a descriptor on its own thread, so that serving threads never wait for a full
 * disk, a stopped terminal or a stopped reader. (O_NONBLOCK would help for pipes only, and would
 * affect every other process with the same standard error.) Lines that do not fit into a bounded
 * memory, or cannot be written, are counted, and the count is reported when writing works again.
 *
 * <p>Lines are written in pieces of whole lines that the kernel writes atomically, so lines of
 * several processes never mix. Thread-safe. If no thread can be started, lines wait in the memory,
 * and a line a second later tries again.
 */
class LogWriter {

    /** Receives events, on the writer's thread and without its lock. */
    interface Watcher {
        /** From now on lines are lost. */
        void failing(int errno);

        /**
         * Writing works again after so many lines were lost; errno is the reason, 0: lines came too
         * fast.
         */
        void lost(long lines, int errno);

        /**
         * Time has passed, or lines were written.
         *
         * @return whether it needs another call within a second
         */
        boolean awake();
    }

    /** Lines that wait for the descriptor; at 120 bytes a line about 4,000. */
    static final int WAITING_BYTES = 512 * 1024;

    private static final int FILE_PIECE_BYTES = 32 * 1024;
    private static final int STACK_BYTES = 256 * 1024;

    /** A pause between writes, so that a busy server writes many lines at once. */
    private static final long PAUSE_MS = 5;

    /** This many bytes end the pause. */
    private static final int HURRY_BYTES = 64 * 1024;

    /** How long one caller waits when the memory is full, once until it is empty again. */
    private static final long PATIENCE_MS = 50;

    private static final int RETRY_MS = 100;
    private static final long AWAKE_MS = 1000;
    private static final long RETRY_START_NS = 1_000_000_000L;
    private static final long LAST_MOMENT_MS = 1000;
    private static final int NONE = -1;

    private final Object lock = new Object();
    private final Watcher watcher;
    private final Clock clock;
    private final LogDescriptors descriptors = LogDescriptors.OF_PROCESS;
    private final ByteBuffer outgoing = ByteBuffer.allocateDirect(FILE_PIECE_BYTES);

    /** Used by the writer's thread only: the descriptor and the current piece. */
    private int fd;

    private int pieceBytes;
    private boolean regular;
    private OutputBuffer inHand = new OutputBuffer();

    /**
     * The last piece was not written whole. The file may end within a line, so the next piece
     * begins with a line end.
     */
    private boolean failing;

    // Guarded by the lock.
    private OutputBuffer waiting = new OutputBuffer();
    private long lost;
    private int lostErrno;
    private int nextFd = NONE;
    private boolean watched;
    private boolean writing;
    private boolean pausing;
    private boolean patient = true;

    /** There is no space for another long line; read without the lock. */
    private volatile boolean full;

    private boolean closing;
    private @Nullable Thread thread;

    /** When it was last tried to start the thread. */
    private long triedNs;

    /**
     * @param fd takes ownership, except of standard ones (0 to 2)
     */
    LogWriter(int fd, Watcher watcher, Clock clock) {
        this.watcher = watcher;
        this.clock = clock;
        this.triedNs = clock.nanoTime() - RETRY_START_NS;
        use(fd);
    }

    private void use(int descriptor) {
        if (descriptor < 0) {
            throw new IllegalArgumentException("descriptor " + descriptor);
        }
        fd = descriptor;
        regular = descriptors.isRegular(descriptor);
        pieceBytes = regular ? FILE_PIECE_BYTES : Lines.MOST_BYTES;
    }

    /** Waits a moment when the memory is full: one caller, once until it is empty again. */
    void awaitRoom() {
        if (!full) {
            return;
        }
        synchronized (lock) {
            if (isFull(Lines.MOST_BYTES) && patient && !closing) {
                patient = false;
                lock.notifyAll();
                await(PATIENCE_MS);
            }
        }
    }

    /**
     * Takes a line, its end included, at most {@link Lines#MOST_BYTES} long. Never waits: when the
     * memory is full, the line is lost, and counted.
     */
    void line(byte[] bytes, int from, int to) {
        synchronized (lock) {
            if (closing) {
                return;
            }
            if (isFull(to - from)) {
                lost++;
                return;
            }
            int before = waiting.length();
            waiting.put(bytes, from, to);
            full = isFull(Lines.MOST_BYTES);
            boolean much = before < HURRY_BYTES && waiting.length() >= HURRY_BYTES;
            if (thread == null || (pausing ? much : before == 0)) {
                wake();
            }
        }
    }

    private boolean isFull(int more) {
        return waiting.length() + more > WAITING_BYTES;
    }

    /** Calls the watcher within a second. */
    void watch() {
        synchronized (lock) {
            if (!watched && !closing) {
                watched = true;
                wake();
            }
        }
    }

    /**
     * Lines go to another descriptor from now on, of which this takes ownership.
     *
     * @throws IllegalArgumentException for a negative one: it would take the good one's place
     */
    void reopen(int newFd) {
        if (newFd < 0) {
            throw new IllegalArgumentException("descriptor " + newFd);
        }
        synchronized (lock) {
            closeUnlessStandard(nextFd);
            nextFd = newFd;
            wake();
        }
    }

    /** Starts the thread early, because it may not be possible later. */
    void begin() {
        synchronized (lock) {
            start();
        }
    }

    private void wake() {
        if (thread != null) {
            lock.notifyAll();
        } else if (clock.nanoTime() - triedNs >= RETRY_START_NS) {
            start();
        }
    }

    private void start() {
        Thread made = new Thread(null, this::run, "log", STACK_BYTES);
        made.setDaemon(true); // a hanging write must not prevent the end of the process
        triedNs = clock.nanoTime();
        try {
            start(made);
            thread = made;
        } catch (OutOfMemoryError _) {
            // No native thread (ulimit -u): the caller must not fail.
        }
    }

    /** For tests to fail. */
    void start(Thread made) {
        made.start();
    }

    /** Waits, but not for long, until the lines before are written. */
    void awaitWritten() {
        synchronized (lock) {
            for (int i = 0; i < LAST_MOMENT_MS / PAUSE_MS && !isDone(); i++) {
                lock.notifyAll();
                if (!await(PAUSE_MS)) {
                    return;
                }
            }
        }
    }

    private boolean isDone() {
        return waiting.length() == 0 && !writing && nextFd == NONE;
    }

    /** Writes as much as possible; gives up on a blocked descriptor. */
    void close() {
        Thread running;
        synchronized (lock) {
            closing = true;
            if (thread == null && waiting.length() > 0) {
                start();
            }
            running = thread;
            lock.notifyAll();
        }
        if (running == null) {
            closeUnlessStandard(fd);
            return;
        }
        try {
            running.join(LAST_MOMENT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** After the end: the number of lost lines that was not reported. */
    long unwritten() {
        synchronized (lock) {
            // The piece of a hanging writer is not touched.
            return lost
                    + linesBetween(waiting.array(), 0, waiting.length())
                    + (writing ? linesBetween(inHand.array(), 0, inHand.length()) : 0);
        }
    }

    int lostErrno() {
        synchronized (lock) {
            return lostErrno;
        }
    }

    private void closeUnlessStandard(int descriptor) {
        if (descriptor > 2) {
            descriptors.close(descriptor);
        }
    }

    /** Every waiting caller checks its own condition. */
    @SuppressWarnings("WaitNotInLoop")
    private boolean await(long ms) {
        try {
            lock.wait(ms);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    // ---- the writer's thread

    private void run() {
        while (takeInHand()) {
            write();
            reportLosses();
            boolean again = watcher.awake();
            synchronized (lock) {
                writing = false;
                patient |= !isFull(WAITING_BYTES / 2);
                watched |= again;
                lock.notifyAll(); // for a flush
                if (!closing) {
                    pausing = true;
                    await(PAUSE_MS);
                    pausing = false;
                }
            }
        }
        closeUnlessStandard(fd);
    }

    /** Waits for something to do; false at the end. */
    private boolean takeInHand() {
        synchronized (lock) {
            boolean alarm = false;
            while (waiting.length() == 0 && nextFd == NONE && !alarm) {
                alarm = watched;
                watched = false;
                if (closing || !await(alarm ? AWAKE_MS : 0)) {
                    return false;
                }
            }
            OutputBuffer empty = inHand;
            inHand = waiting;
            waiting = empty;
            full = false;
            lock.notifyAll(); // for a caller that waits for space
            writing = true;
            if (nextFd != NONE) {
                // Earlier lines may go to the new one as well: no line is lost.
                closeUnlessStandard(fd);
                use(nextFd);
                nextFd = NONE;
            }
            return true;
        }
    }

    private void write() {
        byte[] bytes = inHand.array();
        int length = inHand.length();
        int from = 0;
        while (from < length) {
            int to = pieceEnd(bytes, from, length);
            int errno = writePiece(bytes, from, to);
            if (errno != 0) {
                fail(linesBetween(bytes, from, length), errno);
                break;
            }
            failing = false;
            from = to;
        }
        inHand.clear();
    }

    private boolean startsAnew() {
        return failing && regular;
    }

    /** As many whole lines as go out in one piece. */
    private int pieceEnd(byte[] bytes, int from, int length) {
        int most = startsAnew() ? pieceBytes - 1 : pieceBytes;
        if (length - from <= most) {
            return length;
        }
        int to = from + most;
        while (to > from && bytes[to - 1] != '\n') {
            to--;
        }
        return to > from ? to : from + most;
    }

    /** Returns 0, or the errno for which the rest of the piece was not written. */
    private int writePiece(byte[] bytes, int from, int to) {
        int length = 0;
        if (startsAnew()) {
            outgoing.put(length++, (byte) '\n');
        }
        outgoing.put(length, bytes, from, to - from);
        length += to - from;
        int done = 0;
        while (done < length) {
            long written = descriptors.write(fd, outgoing, done, length - done);
            if (written >= 0) {
                done += (int) written;
            } else if (!mayRetry((int) -written)) {
                return (int) -written;
            }
        }
        return 0;
    }

    /** Another process may have made the shared standard error non-blocking. */
    private boolean mayRetry(int errno) {
        if (errno == Errno.EAGAIN) {
            synchronized (lock) {
                if (closing) {
                    return false;
                }
            }
            descriptors.awaitWritable(fd, RETRY_MS);
            return true;
        }
        return errno == Errno.EINTR;
    }

    private static int linesBetween(byte[] bytes, int from, int to) {
        int lines = 0;
        for (int i = from; i < to; i++) {
            lines += bytes[i] == '\n' ? 1 : 0;
        }
        return lines;
    }

    private void fail(int lines, int errno) {
        synchronized (lock) {
            lost += lines;
            lostErrno = errno;
        }
        if (!failing) {
            failing = true;
            watcher.failing(errno);
        }
    }

    private void reportLosses() {
        long lines;
        int errno;
        synchronized (lock) {
            lines = lost;
            errno = lostErrno;
            if (lines == 0 || failing) {
                return;
            }
            lost = 0;
            lostErrno = 0;
        }
        watcher.lost(lines, errno);
    }
}
