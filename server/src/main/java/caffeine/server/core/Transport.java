package caffeine.server.core;

import java.nio.ByteBuffer;

/**
 * A client's connection as bytes: what an engine gives a {@link Protocol} to answer through. All
 * calls come on the thread that drives the connection, and none calls back into it.
 */
public interface Transport {

    /**
     * Tells another protocol from now on. The one before hands over the bytes that it did not
     * consume.
     */
    void upgrade(Protocol next);

    /**
     * Takes a copy of bytes for the client, in order; they go out at the turn's end at the latest.
     */
    void send(byte[] bytes, int from, int to);

    /** Like {@link #send(byte[], int, int)}, by absolute indexes. */
    void send(ByteBuffer bytes, int from, int to);

    /**
     * Sends a range of a file, in order; takes ownership of it. What is sent behind it waits until
     * the client has taken it.
     */
    void send(FileRange file);

    /**
     * Takes the last bytes back, if none of them has gone out.
     *
     * @return false when it is too late; nothing is changed then
     */
    default boolean unsend(long bytes) {
        return false;
    }

    /**
     * How many bytes the kernel has not taken yet; {@link #NEVER_TAKEN} when it will take no more,
     * so that a writer that waits for room writes no more either.
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

    /** More than any writer waits for. */
    long NEVER_TAKEN = Integer.MAX_VALUE;

    /**
     * How many bytes the client has not taken yet, as far as this side can know: those that the
     * kernel keeps for it, too. May cost a system call.
     */
    default long untakenBytes() {
        return unsentBytes();
    }

    /** How many bytes were sent in all, unsent ones included. */
    long sentBytes();

    /**
     * Runs a task as something that drives the connection: on its thread, or holding its lock,
     * never within another call into it, and in the order of these calls. What the task sends goes
     * out at the end of its turn. From any thread; also after the connection's end.
     */
    void execute(Runnable task);

    /** Leaves what the client sends in the kernel. */
    void pauseReading();

    /** Takes what the client sends again. */
    void resumeReading();

    /** Asks for {@link Protocol#expired} at this time, in place of what was asked before. */
    void deadline(long atNs);

    /**
     * Closes after the last byte has gone out, lingering: ends the output, then discards what the
     * client still sends, so that no reset destroys the answer on its way. The {@link Protocol}
     * hears nothing more.
     */
    void close();

    /** Closes at once and lets the client know by a reset that the answer is not whole. */
    void reset();

    /** The client's address. */
    ClientAddress client();

    /** The address that the client connected to, as it stands in a URL: IPv6 in brackets. */
    String localHost();

    /** The port that the client connected to; 0 when it has none. */
    int localPort();

    /**
     * Lends the client's socket to another process, which writes to it directly. Reading stops and
     * no deadline runs until {@link #takeBack}.
     *
     * @return the descriptor; or {@link #UNSENT} when bytes must go out before, after which {@link
     *     Protocol#drained} is called; or {@link #NO_DESCRIPTOR}
     */
    int lend();

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
