package caffeine.server.core;

import caffeine.http.FieldList;
import caffeine.http.OutputBuffer;
import caffeine.http.ResponseHead;
import caffeine.http.Status;
import caffeine.http.h1.HeadEncoder;
import caffeine.http.h1.ResponseFraming;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A whole response that is the same for every request, except for the date and the persistence of
 * the connection. Its bytes are encoded once, so that answering formats and allocates nothing; its
 * content is in memory once.
 *
 * <p>Immutable, so thread-safe.
 */
public final class PreparedResponse {

    /** As long as a date, and none. */
    private static final byte[] NO_DATE = ascii("-".repeat(29));

    private final int status;

    /** The bytes before the date, or those of all fields when the date is among them. */
    private final byte[] before;

    private final boolean dated;

    /** The end of the head, and the content. */
    private final byte[] after;

    /** The index of the content. */
    private final int start;

    /**
     * A response.
     *
     * @throws IllegalArgumentException for a status without content, for an interim one (1xx), and
     *     for a head with the field Upgrade
     */
    public PreparedResponse(ResponseHead head, byte[] content) {
        if (!Status.hasContent(head.status())) {
            throw new IllegalArgumentException("a status without content: " + head.status());
        }
        if (head.fields().contains("Upgrade")) {
            throw new IllegalArgumentException("the field Upgrade changes the field Connection");
        }
        status = head.status();
        OutputBuffer out = new OutputBuffer();
        ResponseFraming framing = ResponseFraming.of("GET", 1, status, content.length);
        HeadEncoder.encode(out, head, framing, false, 1, NO_DATE);
        byte[] encoded = out.toByteArray();
        // The date is the last field before that of the framing, unless the author gave one.
        byte[] end = ascii("\r\nContent-Length: " + content.length + "\r\n\r\n");
        int dateEnd = encoded.length - end.length;
        int dateStart = dateEnd - NO_DATE.length;
        dated = !Arrays.equals(encoded, dateStart, dateEnd, NO_DATE, 0, NO_DATE.length);
        before = Arrays.copyOf(encoded, dated ? dateEnd : dateStart);
        start = end.length;
        after = Arrays.copyOf(end, start + content.length);
        System.arraycopy(content, 0, after, start, content.length);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    int status() {
        return status;
    }

    /** Its head again, for a response with more fields. */
    ResponseHead head() {
        FieldList fields = new FieldList();
        String[] lines = new String(before, StandardCharsets.ISO_8859_1).split("\r\n", -1);
        for (int i = 1; i < lines.length; i++) { // behind the status line
            int colon = lines[i].indexOf(':');
            String value = lines[i].substring(colon + 1).strip();
            if (dated || i < lines.length - 1) { // else the date is yet to come
                fields.add(lines[i].substring(0, colon), value);
            }
        }
        return new ResponseHead(status, null, fields);
    }

    /** A copy of its content. */
    byte[] content() {
        return Arrays.copyOfRange(after, start, after.length);
    }

    /** The length of the content. */
    public int contentBytes() {
        return after.length - start;
    }

    /** The memory that it holds. */
    public int memoryBytes() {
        return before.length + after.length;
    }

    /** The bytes before the date; those of all fields when {@link #isDated}. To be read only. */
    byte[] before() {
        return before;
    }

    /** Whether its author gave a date. */
    boolean isDated() {
        return dated;
    }

    /** The last field, the empty line and the content. To be read only. */
    byte[] after() {
        return after;
    }

    /** The index of the content there. */
    int contentStart() {
        return start;
    }

    /** Writes a part of its content as content of another response. */
    public void writeContent(Exchange exchange, int from, int to) {
        exchange.write(after, start + from, start + to);
    }
}
