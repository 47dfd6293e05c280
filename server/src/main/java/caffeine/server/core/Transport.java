package caffeine.server.core;

import java.nio.ByteBuffer;

/**
 * A client's connection as bytes, from an engine to a {@link Protocol}. All calls come on the
 * thread that drives the connection, and none calls back into it.
 */
public interface Transport {

    /** Replaces the protocol. The old one hands over the bytes that it did not consume. */
    void upgrade(Protocol next);

    /**
     * Takes a copy of bytes for the client, in order; they are sent at the end of the turn at the
     * latest.
     */
    void send(byte[] bytes, int from, int to);

    /** Like {@link #send(byte[], int, int)}, by absolute indexes. */
    void send(ByteBuffer bytes, int from, int to);

    /**
     * Sends a range of a file, in order; takes ownership of it. Later output waits until the client
     * has taken it.
     */
    void send(FileRange file);

    /**
     * Takes the last bytes back, if none of them has been sent.
     *
     * @return false when it is too late; nothing is changed then
     */
    default boolean unsend(long bytes) {
        return false;
    }

    /**
     * How many bytes the kernel has not taken yet; {@link #NEVER_TAKEN} when it will take no more,
     * so that a waiting writer stops.
     */
    long unsentBytes();

    /**
     * How many bytes should be sent now: so many that no more than {@link
     * Exchange#HIGH_WATER_BYTES} wait for the client, and fewer where memory for slow clients is
     * short. At 0 a writer waits for {@link Protocol#drained}.
     */
    default long room() {
        return Math.max(0, Exchange.HIGH_WATER_BYTES - unsentBytes());
    }

    /**
     * Sends the first bytes of a response, as {@link #send(byte[], int, int)}; there may be none.
     * The least rate at which a client takes a response is averaged over each.
     *
     * @return how many bytes were {@linkplain #sentBytes sent} before
     */
    default long beginResponse(byte[] bytes, int from, int to) {
        long before = sentBytes();
        send(bytes, from, to);
        return before;
    }

    /** More than any limit of a writer. */
    long NEVER_TAKEN = Integer.MAX_VALUE;

    /**
     * How many bytes the client has not acknowledged, including those in the kernel. May cost a
     * system call.
     */
    default long untakenBytes() {
        return unsentBytes();
    }

    /** How many bytes were sent in all, unsent ones included. */
    long sentBytes();

    /**
     * Runs a task that may use the connection: on its thread, or holding its lock, never within
     * another call into it, in the order of these calls. Output of the task is sent at the end of
     * its turn. From any thread; also after the connection's end.
     */
    void execute(Runnable task);

    /** Pauses reading: input stays in the kernel. */
    void pauseReading();

    /** Resumes reading. */
    void resumeReading();

    /** Requests {@link Protocol#expired} at this time, replacing an earlier request. */
    void deadline(long atNs);

    /**
     * Closes after the last byte has been sent, lingering: ends the output, then discards further
     * input, so that no reset destroys the answer on its way. The {@link Protocol} gets no further
     * events.
     */
    void close();

    /**
     * Closes after the last byte has gone out. The client has said that it sends nothing more, and
     * all it has sent was read: so where no input is found, lingering can be spared.
     */
    default void finish() {
        close();
    }

    /** Limits the time for which a close reads and drops what the client still sends. */
    default void lingerAtMost(long ns) {}

    /** Closes at once; the reset shows the client that the answer is incomplete. */
    void reset();

    /** The client's address. */
    ClientAddress client();

    /** The address that the client connected to, as in a URL: IPv6 in brackets. */
    String localHost();

    /** The port that the client connected to; 0 when it has none. */
    int localPort();

    /**
     * Lends the client's socket to another process, which writes to it directly. Reading stops and
     * no deadline runs until {@link #takeBack}.
     *
     * @return the descriptor; or {@link #UNSENT} when bytes must be sent first, after which {@link
     *     Protocol#drained} is called; or {@link #NO_DESCRIPTOR}
     */
    int lend();

    /** Bytes must be sent before the descriptor can be lent. */
    int UNSENT = -1;

    /** This transport has no descriptor to lend. */
    int NO_DESCRIPTOR = -2;

    /**
     * Ends a loan.
     *
     * @return how many bytes the borrower wrote to the client
     */
    long takeBack();
}
