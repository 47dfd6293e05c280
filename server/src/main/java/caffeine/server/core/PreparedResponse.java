package caffeine.server.core;

import caffeine.http.FieldList;
import caffeine.http.OutputBuffer;
import caffeine.http.ResponseHead;
import caffeine.http.Status;
import caffeine.http.h1.HeadEncoder;
import caffeine.http.h1.ResponseFraming;

import java.util.Arrays;

/**
 * A whole response that is the same for every request, except for the date. Its bytes for the usual
 * HTTP/1.1 request are cached until the date changes, so that answering formats and allocates
 * nothing; {@link Exchange#respond(PreparedResponse)} encodes unusual responses (HEAD, HTTP/1.0,
 * the last response) each time.
 *
 * <p>Thread-safe: two threads may make the same bytes at a change of date.
 */
public final class PreparedResponse {

    /** The bytes, and the date in them. Its fields are final, so it may pass between threads. */
    private static final class Dated {
        final byte[] date;
        final byte[] bytes;

        Dated(byte[] date, byte[] bytes) {
            this.date = date;
            this.bytes = bytes;
        }
    }

    private static final Dated NONE = new Dated(new byte[0], new byte[0]);

    private final ResponseHead head;
    private final byte[] content;
    private Dated last = NONE;

    /**
     * A response.
     *
     * @throws IllegalArgumentException for a status without content, and for an interim one (1xx)
     */
    public PreparedResponse(ResponseHead head, byte[] content) {
        if (!Status.hasContent(head.status())) {
            throw new IllegalArgumentException("a status without content: " + head.status());
        }
        this.head = new ResponseHead(head.status(), head.reason(), copyOf(head));
        this.content = content.clone();
    }

    private static FieldList copyOf(ResponseHead head) {
        return new FieldList().addAll(head.fields());
    }

    ResponseHead head() {
        return head;
    }

    byte[] content() {
        return content;
    }

    /** All bytes with that date. To be read, never written to. */
    byte[] bytes(byte[] date) {
        Dated kept = last;
        if (!Arrays.equals(kept.date, date)) {
            kept = new Dated(date, encode(date));
            last = kept;
        }
        return kept.bytes;
    }

    private byte[] encode(byte[] date) {
        OutputBuffer out = new OutputBuffer();
        ResponseFraming framing = ResponseFraming.of("GET", 1, head.status(), content.length);
        HeadEncoder.encode(out, head, framing, false, 1, date);
        out.put(content);
        return out.toByteArray();
    }
}
