package caffeine.server.testing;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A response as a client sees it. */
public final class Reply {

    private final int status;
    private final String head;
    private final byte[] content;

    private Reply(int status, String head, byte[] content) {
        this.status = status;
        this.head = head;
        this.content = content;
    }

    public int status() {
        return status;
    }

    /** The status line and the field lines, without the empty one. */
    public String head() {
        return head;
    }

    /** The content, decoded. */
    public byte[] content() {
        return content;
    }

    public String text() {
        return new String(content, StandardCharsets.UTF_8);
    }

    /** The value of the only field of that name; empty when there is none. */
    public String field(String name) {
        List<String> values =
                head.lines()
                        .skip(1)
                        .filter(
                                line ->
                                        line.toLowerCase(Locale.ROOT)
                                                .startsWith(name.toLowerCase(Locale.ROOT) + ":"))
                        .map(line -> line.substring(name.length() + 1).strip())
                        .toList();
        if (values.size() > 1) {
            throw new AssertionError(name + " more than once in " + head);
        }
        return values.isEmpty() ? "" : values.getFirst();
    }

    public boolean closes() {
        return field("Connection").equals("close");
    }

    /** How long the response at this place is, or -1 while it is not all there. */
    static int length(byte[] bytes, int from, int to, boolean ended) {
        int content = contentStart(bytes, from, to);
        if (content < 0) {
            return -1;
        }
        Reply head = parse(bytes, from, content - from);
        int end = to;
        if (hasNoContent(head.status())) {
            end = content;
        } else if (head.field("Transfer-Encoding").equals("chunked")) {
            end = chunksEnd(bytes, content, to);
        } else if (!head.field("Content-Length").isEmpty()) {
            end = content + Integer.parseInt(head.field("Content-Length"));
        } else if (!ended) {
            return -1;
        }
        return end < 0 || end > to ? -1 : end - from;
    }

    private static boolean hasNoContent(int status) {
        return status < 200 || status == 204 || status == 304;
    }

    private static int contentStart(byte[] bytes, int from, int to) {
        for (int i = from + 3; i < to; i++) {
            if (bytes[i] == '\n'
                    && bytes[i - 1] == '\r'
                    && bytes[i - 2] == '\n'
                    && bytes[i - 3] == '\r') {
                return i + 1;
            }
        }
        return -1;
    }

    private static int lineEnd(byte[] bytes, int from, int to) {
        for (int i = from; i + 1 < to; i++) {
            if (bytes[i] == '\r' && bytes[i + 1] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private static int chunkBytes(byte[] bytes, int from, int to) {
        return Integer.parseInt(new String(bytes, from, to - from, StandardCharsets.US_ASCII), 16);
    }

    private static int chunksEnd(byte[] bytes, int from, int to) {
        int at = from;
        while (true) {
            int end = lineEnd(bytes, at, to);
            if (end < 0) {
                return -1;
            }
            int length = chunkBytes(bytes, at, end);
            at = end + 2 + length + 2;
            if (length == 0) {
                return at;
            }
        }
    }

    static Reply parse(byte[] bytes, int from, int length) {
        byte[] all = Arrays.copyOfRange(bytes, from, from + length);
        int start = contentStart(all, 0, all.length);
        String head = new String(all, 0, start - 4, StandardCharsets.ISO_8859_1);
        int status = Integer.parseInt(head.substring(9, 12));
        Reply raw = new Reply(status, head, Arrays.copyOfRange(all, start, all.length));
        boolean chunked = raw.field("Transfer-Encoding").equals("chunked");
        return chunked ? new Reply(status, head, decoded(raw.content)) : raw;
    }

    private static byte[] decoded(byte[] chunks) {
        byte[] content = new byte[chunks.length];
        int length = 0;
        int at = 0;
        while (at < chunks.length) {
            int end = lineEnd(chunks, at, chunks.length);
            int count = chunkBytes(chunks, at, end);
            System.arraycopy(chunks, end + 2, content, length, count);
            length += count;
            at = end + 2 + count + 2;
        }
        return Arrays.copyOf(content, length);
    }
}
