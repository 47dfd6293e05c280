package caffeine.server.testkit;

import caffeine.http.FieldList;
import caffeine.http.Fields;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A response as a {@link TestClient} reads it.
 *
 * <pre>{@code
 * TestResponse response = client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n").response();
 * assertEquals(200, response.status());
 * }</pre>
 */
public final class TestResponse {

    private final int status;
    private final FieldList fields;
    private final byte[] content;

    /** How many bytes it had on the wire. */
    final int wireBytes;

    private TestResponse(int status, FieldList fields, byte[] content, int wireBytes) {
        this.status = status;
        this.fields = fields;
        this.content = content;
        this.wireBytes = wireBytes;
    }

    /** The status; an interim response (1xx) is a response too. */
    public int status() {
        return status;
    }

    /** The field section, as sent. */
    public Fields fields() {
        return fields;
    }

    /** The value of the first field line of that name, or null. */
    public @Nullable String field(String name) {
        return fields.first(name);
    }

    /** The content, transfer coding removed. */
    public byte[] content() {
        return content.clone();
    }

    /** The content as UTF-8. */
    public String text() {
        return new String(content, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return status + "\r\n" + fields + "\r\n" + text();
    }

    // ---- reading

    /**
     * The first response in a text of one character a byte, or null while it is not all there.
     *
     * @param isHead whether it answers HEAD, and so has no content
     * @param isOver whether no more will come
     */
    static @Nullable TestResponse read(String wire, boolean isHead, boolean isOver) {
        int headEnd = wire.indexOf("\r\n\r\n");
        if (headEnd < 0) {
            return null;
        }
        String[] lines = wire.substring(0, headEnd).split("\r\n", -1);
        int status = Integer.parseInt(lines[0].substring(9, 12));
        FieldList fields = new FieldList();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            fields.add(lines[i].substring(0, colon), lines[i].substring(colon + 1));
        }
        int start = headEnd + 4;
        if (isHead || status < 200 || status == 204 || status == 304) {
            return new TestResponse(status, fields, new byte[0], start);
        }
        if ("chunked".equals(fields.first("Transfer-Encoding"))) {
            return chunked(status, fields, wire, start);
        }
        String length = fields.first("Content-Length");
        int end = length == null ? wire.length() : start + Integer.parseInt(length);
        if (end > wire.length() || (length == null && !isOver)) {
            return null;
        }
        return new TestResponse(status, fields, bytes(wire.substring(start, end)), end);
    }

    private static @Nullable TestResponse chunked(
            int status, FieldList fields, String wire, int start) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        int at = start;
        while (true) {
            int lineEnd = wire.indexOf("\r\n", at);
            if (lineEnd < 0) {
                return null;
            }
            int length = Integer.parseInt(wire.substring(at, lineEnd), 16);
            int next = lineEnd + 2 + length + 2;
            if (next > wire.length()) {
                return null;
            }
            if (length == 0) {
                return new TestResponse(status, fields, content.toByteArray(), next);
            }
            content.writeBytes(bytes(wire.substring(lineEnd + 2, lineEnd + 2 + length)));
            at = next;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
