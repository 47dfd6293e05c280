package caffeine.server.transport;

import org.jspecify.annotations.Nullable;

import java.util.function.LongSupplier;

/**
 * Whether a client takes a response quickly enough: some of it within the idle time, and all of it
 * at a least rate on average, for the time in which some of it waits. The idle time is a grace for
 * the rate, as it is for content that comes ({@code --min-rate}).
 *
 * <p>That the kernel takes bytes says little about a client: its buffer holds up to megabytes, and
 * takes more only when much of it is free. So what counts is what the client has acknowledged. To
 * ask for that is a system call, which a client costs only when it has kept us waiting for a
 * second; until then what the kernel takes is near enough.
 */
final class SendPace {

    private static final long LOOK_AFTER_NS = 1_000_000_000L;

    /** What the kernel takes so soon goes into its buffer, and not to the client. */
    private static final long FILLING_NS = 50_000_000L;

    /** Centuries; more would not fit. */
    private static final double MOST_EARNED_NS = 2e18;

    private static final long UNKNOWN = -1;

    private final long idleNs;
    private final int bytesPerSecond;

    /** Of this response, in the waits before this one. */
    private long earlierNs;

    private long earlierBytes;

    // ---- this wait
    private boolean waiting;
    private long startNs;

    /** What the kernel had taken in all when it began. */
    private long startHanded;

    /**
     * What the client had taken in all when we first looked, and how much that was in this wait.
     */
    private long firstTaken = UNKNOWN;

    private long firstBytes;

    /** How much the client has taken in this wait, at least. */
    private long bytes;

    private long progressNs;

    /** What the client had taken in all when we last looked; unknown if it took some since. */
    private long seenTaken = UNKNOWN;

    SendPace(long idleNs, int bytesPerSecond) {
        this.idleNs = idleNs;
        this.bytesPerSecond = bytesPerSecond;
    }

    /** A response begins. What still waits of the one before counts on. */
    void begin() {
        if (!waiting) {
            earlierNs = 0;
            earlierBytes = 0;
        }
    }

    /**
     * Something waits.
     *
     * @param handed what the kernel has taken in all
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

    /** Nothing waits any more. */
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
     * Looks how the client does.
     *
     * @param taken what the client has taken in all
     * @return the limit that it has passed; null: none, and {@link #dueNs} says when to look again
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

    /** When to look. */
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

    /** When the client will have taken too little, if it takes no more. */
    private long rateDueNs() {
        double earnedNs = (earlierBytes + bytes) * 1e9 / bytesPerSecond;
        return startNs - earlierNs + idleNs + (long) Math.min(earnedNs, MOST_EARNED_NS);
    }
}
