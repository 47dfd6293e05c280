package caffeine.server.transport;

import org.jspecify.annotations.Nullable;

import java.util.function.LongSupplier;

/**
 * Whether a client takes a response quickly enough: some bytes within the idle time, and a minimum
 * average rate while output waits. The idle time is a grace for the rate, as for request content
 * ({@code --min-rate}).
 *
 * <p>Bytes that the kernel takes say little about a client: its buffer holds up to megabytes, and
 * takes more only when much of it is free. So acknowledged bytes count. Reading their number is a
 * system call, made only for a client that has been slow for a second; until then the kernel's
 * number is accurate enough.
 */
final class SendPace {

    private static final long LOOK_AFTER_NS = 1_000_000_000L;

    /** Bytes that the kernel takes this early go into its buffer, not to the client. */
    private static final long FILLING_NS = 50_000_000L;

    /** Centuries; more would not fit. */
    private static final double MOST_EARNED_NS = 2e18;

    private static final long UNKNOWN = -1;

    private final long idleNs;
    private final int bytesPerSecond;

    /** Bytes of this response in earlier waits. */
    private long earlierNs;

    private long earlierBytes;

    // ---- this wait
    private boolean waiting;
    private long startNs;

    /** The bytes that the kernel had taken when it began. */
    private long startHanded;

    /**
     * The bytes that the client had taken at the first check, and how many of them in this wait.
     */
    private long firstTaken = UNKNOWN;

    private long firstBytes;

    /** The least number of bytes that the client has taken in this wait. */
    private long bytes;

    private long progressNs;

    /** The bytes that the client had taken at the last check; unknown after further progress. */
    private long seenTaken = UNKNOWN;

    SendPace(long idleNs, int bytesPerSecond) {
        this.idleNs = idleNs;
        this.bytesPerSecond = bytesPerSecond;
    }

    /** A response begins. Waiting bytes of the one before still count. */
    void begin() {
        if (!waiting) {
            earlierNs = 0;
            earlierBytes = 0;
        }
    }

    /**
     * Output waits.
     *
     * @param handed all bytes that the kernel has taken
     */
    void waits(long handed, long nowNs) {
        if (!waiting) {
            waiting = true;
            startNs = nowNs;
            startHanded = handed;
            firstTaken = UNKNOWN;
            bytes = 0;
            progressNs = nowNs;
            seenTaken = UNKNOWN;
        }
    }

    /** The kernel has taken some. */
    void progress(long handed, long nowNs) {
        if (nowNs - startNs < FILLING_NS) {
            startNs = nowNs;
            startHanded = handed;
        } else if (firstTaken == UNKNOWN) {
            bytes = handed - startHanded;
        }
        progressNs = nowNs;
        seenTaken = UNKNOWN;
    }

    /** No output waits any more. */
    void ends(long handed, LongSupplier taken, long nowNs) {
        if (!waiting) {
            return;
        }
        waiting = false;
        if (nowNs - startNs >= FILLING_NS) {
            earlierNs += nowNs - startNs;
            earlierBytes += firstTaken == UNKNOWN ? handed - startHanded : bytes(taken.getAsLong());
        }
    }

    private long bytes(long taken) {
        return firstBytes + taken - firstTaken;
    }

    /**
     * Checks the client.
     *
     * @param taken all bytes that the client has taken
     * @return the exceeded limit; null: none, and {@link #dueNs} is the time of the next check
     */
    @Nullable String look(long handed, long taken, long nowNs) {
        if (firstTaken == UNKNOWN) {
            firstTaken = taken;
            firstBytes = handed - startHanded;
        }
        if (seenTaken != UNKNOWN && taken > seenTaken) {
            progressNs = nowNs;
        }
        seenTaken = taken;
        bytes = bytes(taken);
        if (idleDueNs() - nowNs <= 0) {
            return "send-timeout";
        }
        return bytesPerSecond > 0 && rateDueNs() - nowNs <= 0 ? "min-send-rate" : null;
    }

    /** The time of the next check. */
    long dueNs() {
        long due = idleDueNs();
        if (firstTaken == UNKNOWN) {
            due = sooner(due, startNs + LOOK_AFTER_NS);
        } else if (seenTaken == UNKNOWN) {
            due = sooner(due, progressNs + LOOK_AFTER_NS);
        }
        return bytesPerSecond > 0 ? sooner(due, rateDueNs()) : due;
    }

    private static long sooner(long a, long b) {
        return a - b < 0 ? a : b;
    }

    private long idleDueNs() {
        return progressNs + idleNs;
    }

    /** When the client will be too slow, if it takes no more. */
    private long rateDueNs() {
        double earnedNs = (earlierBytes + bytes) * 1e9 / bytesPerSecond;
        return startNs - earlierNs + idleNs + (long) Math.min(earnedNs, MOST_EARNED_NS);
    }
}
