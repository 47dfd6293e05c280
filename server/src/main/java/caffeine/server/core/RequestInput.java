package caffeine.server.core;

import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.http.h1.HeadParser;

import org.jspecify.annotations.Nullable;

/**
 * The head of the next request, or of the one under way: a parser on loan, and memory taken from
 * the thread's budget, for as long as there is a head to keep.
 */
final class RequestInput {

    private final ConnectionContext context;
    private @Nullable HeadParser parser;
    private int reserved;

    RequestInput(ConnectionContext context) {
        this.context = context;
    }

    /**
     * Reads on.
     *
     * @return the index behind the last byte consumed
     * @throws HttpException at the first byte that proves a violation, and 503 when there is no
     *     memory for the head
     */
    int parse(Transport transport, byte[] bytes, int from, int to) {
        HeadParser current = parser;
        if (current == null) {
            current = context.leaseParser();
            parser = current;
        }
        int next = current.parse(bytes, from, to);
        if (!context.input.reserve(next - from)) {
            context.events.limitReached(transport.client(), "memory for requests", "503");
            throw new HttpException(503, "RFC 9110 §15.6.4", "no memory for another head");
        }
        reserved += next - from;
        return next;
    }

    /** The head, once it is complete; valid until {@link #release}. */
    @Nullable RequestHead head() {
        HeadParser current = parser;
        return current != null && current.isComplete() ? current.head() : null;
    }

    /** Whether a byte of a head has come. */
    boolean isStarted() {
        HeadParser current = parser;
        return current != null && current.isStarted();
    }

    /** The method, if that much was understood. */
    @Nullable String seenMethod() {
        HeadParser current = parser;
        return current == null ? null : current.seenMethod();
    }

    /** The target, if that much was understood. */
    @Nullable String seenTarget() {
        HeadParser current = parser;
        return current == null ? null : current.seenTarget();
    }

    /** Forgets the head. */
    void release() {
        HeadParser used = parser;
        if (used != null) {
            context.returnParser(used);
            context.input.release(reserved);
            reserved = 0;
            parser = null;
        }
    }
}
