package caffeine.server.options;

import java.time.Duration;

/**
 * The times after which a server stops waiting, all in nanoseconds:
 *
 * <pre>{@code
 * Deadlines.DEFAULT.withIdle(Duration.ofMinutes(1)).withGrace(Duration.ofSeconds(30))
 * }</pre>
 *
 * @param headNs from the first byte of a request's head to its last; then 408
 * @param contentIdleNs between two bytes of a request's content; then 408
 * @param idleNs without a byte on a connection that has no request; then it closes silently
 * @param sendIdleNs while a client takes none of the bytes that wait for it; then it is reset
 * @param handlerNs for a script: in direct mode in all; in cgi mode until the end of its header,
 *     then between bytes. For a handler in Java: until its answer, or between the bytes of one that
 *     streams; 0: no limit
 * @param graceNs on stop, for exchanges in progress to end
 * @param lingerNs in all, after the answer that ends a connection, for what its client still sends,
 *     which is read and dropped; 5 s at most without a byte
 */
public record Deadlines(
        long headNs,
        long contentIdleNs,
        long idleNs,
        long sendIdleNs,
        long handlerNs,
        long graceNs,
        long lingerNs) {

    private static final long SECOND = 1_000_000_000L;

    public static final Deadlines DEFAULT =
            new Deadlines(
                    5 * SECOND,
                    5 * SECOND,
                    5 * SECOND,
                    30 * SECOND,
                    60 * SECOND,
                    10 * SECOND,
                    30 * SECOND);

    /**
     * Checks it.
     *
     * @throws IllegalArgumentException when a time is negative, or zero without a meaning
     */
    public Deadlines {
        if (headNs <= 0 || contentIdleNs <= 0 || idleNs <= 0 || sendIdleNs <= 0 || lingerNs <= 0) {
            throw new IllegalArgumentException("a deadline for a client must be above zero");
        }
        if (handlerNs < 0 || graceNs < 0) {
            throw new IllegalArgumentException("a time is never negative");
        }
    }

    /** These times, with the default for lingering. */
    public Deadlines(
            long headNs,
            long contentIdleNs,
            long idleNs,
            long sendIdleNs,
            long handlerNs,
            long graceNs) {
        this(headNs, contentIdleNs, idleNs, sendIdleNs, handlerNs, graceNs, DEFAULT.lingerNs());
    }

    /** These times with another one for a request's head. */
    public Deadlines withHead(Duration time) {
        return new Deadlines(
                time.toNanos(), contentIdleNs, idleNs, sendIdleNs, handlerNs, graceNs, lingerNs);
    }

    /** These times with another one for content that does not come. */
    public Deadlines withContentIdle(Duration time) {
        return new Deadlines(
                headNs, time.toNanos(), idleNs, sendIdleNs, handlerNs, graceNs, lingerNs);
    }

    /** These times with another one for a connection without a request. */
    public Deadlines withIdle(Duration time) {
        return new Deadlines(
                headNs, contentIdleNs, time.toNanos(), sendIdleNs, handlerNs, graceNs, lingerNs);
    }

    /** These times with another one for a client that takes nothing. */
    public Deadlines withSendIdle(Duration time) {
        return new Deadlines(
                headNs, contentIdleNs, idleNs, time.toNanos(), handlerNs, graceNs, lingerNs);
    }

    /** These times with another one for a handler; zero: no limit. */
    public Deadlines withHandler(Duration time) {
        return new Deadlines(
                headNs, contentIdleNs, idleNs, sendIdleNs, time.toNanos(), graceNs, lingerNs);
    }

    /** These times with another one for exchanges in progress at a stop. */
    public Deadlines withGrace(Duration time) {
        return new Deadlines(
                headNs, contentIdleNs, idleNs, sendIdleNs, handlerNs, time.toNanos(), lingerNs);
    }

    /** These times with another one for lingering. */
    public Deadlines withLinger(Duration time) {
        return withLinger(time.toNanos());
    }

    /** These times with another one for lingering, in nanoseconds. */
    public Deadlines withLinger(long newLingerNs) {
        return new Deadlines(
                headNs, contentIdleNs, idleNs, sendIdleNs, handlerNs, graceNs, newLingerNs);
    }
}
