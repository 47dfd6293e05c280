package caffeine.http.cgi;

import caffeine.http.FieldList;
import caffeine.http.HttpException;
import caffeine.http.Status;
import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads the head of a script's output, RFC 3875 §6, in pieces of any size. The result does not
 * depend on the pieces. Output that is not a CGI response is a 502.
 *
 * <pre>
 *            first line begins with "HTTP/1.", or the script is nph-*
 *    START ----------------------------------------------------------> COMPLETE (RAW)
 *      |                                                                  ^
 *      | field line                                                       |
 *      v          field line               empty line                     |
 *    FIELDS -----------------> FIELDS -----------------> COMPLETE (document, redirects)
 * </pre>
 *
 * <p>Lines end in LF or CRLF (§6.2); nothing else is read liberally. The fields that belong to the
 * connection (RFC 9110 §7.6.1) are dropped, since it is the server's; one of them, the script's own
 * Transfer-Encoding, is a violation, because its content would be read wrongly without it.
 */
public final class ScriptResponseParser {
    /** The field by which a script leaves the sending of a file to the server; no RFC has it. */
    public static final String SENDFILE = "X-Sendfile";

    /** The {@link #contentLength} of a script that declares none. */
    public static final long NO_LENGTH = -1;

    /** The bytes of a line that are kept for messages. */
    private static final int OFFENDER_BYTES = 80;

    private static final byte[] HTTP_1 = "HTTP/1.".getBytes(StandardCharsets.ISO_8859_1);

    /** The kind of response, RFC 3875 §6.2. */
    public enum Kind {
        /** Fields and content for the client, §6.2.1. */
        DOCUMENT,
        /** A local redirect, §6.2.2: {@link ScriptResponseParser#localTarget}. */
        LOCAL_REDIRECT,
        /** A redirect of the client, with or without a document, §6.2.3 and §6.2.4. */
        CLIENT_REDIRECT,
        /**
         * A whole HTTP response, §5: {@link ScriptResponseParser#rawHead}, then all that follows.
         */
        RAW
    }

    private final int headLimitBytes;
    private final boolean rawByName;

    /** The beginning of a line whose end has not come yet. */
    private byte[] kept = new byte[128];

    private int keptBytes;
    private int headBytes;
    private boolean started;

    private @Nullable Kind kind;
    private final ScriptHead head = new ScriptHead();
    private byte[] rawHead = {};
    private String offender = "";
    private int rawStatus;

    /**
     * A parser for the output of one script.
     *
     * @param headLimitBytes how long the head may be in all, line ends counted
     * @param rawByName whether the name of the script begins with {@code nph-} (RFC 3875 §5.1): its
     *     output is passed on unchanged
     */
    public ScriptResponseParser(int headLimitBytes, boolean rawByName) {
        this.headLimitBytes = headLimitBytes;
        this.rawByName = rawByName;
    }

    /**
     * Reads on.
     *
     * @return the index behind the last byte of the head in {@code b} when it {@linkplain
     *     #isComplete is complete}; what follows is content. Else {@code to}.
     * @throws HttpException with status 502, at the end of the first line that is no part of a head
     */
    public int parse(byte[] b, int from, int to) {
        int at = from;
        while (at < to && !isComplete()) {
            int end = indexOfLineFeed(b, at, to);
            count(Math.min(end + 1, to) - at);
            if (end == to) {
                keep(b, at, to);
            } else if (keptBytes == 0) {
                line(b, at, end);
            } else {
                keep(b, at, end);
                line(kept, 0, keptBytes);
                keptBytes = 0;
            }
            at = Math.min(end + 1, to);
        }
        return at;
    }

    /**
     * The output is over.
     *
     * @throws HttpException with status 502 when the head is not complete
     */
    public void end() {
        if (!isComplete()) {
            offender = text(kept, 0, Math.min(keptBytes, OFFENDER_BYTES));
            throw violation("§6.2", headBytes == 0 ? "no output" : "the output ends in the head");
        }
    }

    /** Whether the head has been read. The following methods need that. */
    public boolean isComplete() {
        return kind != null;
    }

    /**
     * The kind of the response.
     *
     * @throws IllegalStateException when the head is not complete
     */
    public Kind kind() {
        if (kind == null) {
            throw new IllegalStateException("the head is not complete");
        }
        return kind;
    }

    /**
     * The status: the script's, else 200, or 302 for a redirect of the client. Of a {@link
     * Kind#RAW} response it is for the log alone, and 0 if its first line has none. Of a local
     * redirect, 0.
     */
    public int status() {
        return kind == Kind.RAW ? rawStatus : head.status();
    }

    /** The reason phrase that the script gave, or null. */
    public @Nullable String reason() {
        return head.reason();
    }

    /**
     * The field lines for the client, in their order: without Status, without Content-Length, and
     * without those that belong to the connection. Of a local redirect none is sent.
     */
    public FieldList fields() {
        return head.fields();
    }

    /**
     * How many bytes of content the script declares, or {@link #NO_LENGTH}. A redirect without a
     * document (RFC 3875 §6.2.3) has none: 0. The exchange enforces it.
     */
    public long contentLength() {
        return head.contentLength();
    }

    /**
     * Path and query of a local redirect, to be resolved like those of a request.
     *
     * @throws IllegalStateException when the response is no local redirect
     */
    public String localTarget() {
        String location = head.location();
        if (kind != Kind.LOCAL_REDIRECT || location == null) {
            throw new IllegalStateException("no local redirect");
        }
        return location;
    }

    /**
     * Of a {@link Kind#RAW} response, the bytes consumed so far (its first line): they come before
     * all further output. Of another, nothing.
     */
    public byte[] rawHead() {
        return rawHead;
    }

    /**
     * The beginning of the line that is not part of a CGI response, a character for each byte; may
     * be empty.
     */
    public String offender() {
        return offender;
    }

    /** Whether the output began with a valid line of a head. */
    public boolean isStarted() {
        return started;
    }

    /** The name of a field line that came twice with one value, and counted once; else null. */
    public @Nullable String repeated() {
        return head.repeated();
    }

    private void count(int bytes) {
        if (bytes > headLimitBytes - headBytes) {
            throw violation("§6.2", "a head longer than " + headLimitBytes + " bytes");
        }
        headBytes += bytes;
    }

    private void keep(byte[] b, int from, int to) {
        int needed = keptBytes + to - from;
        if (needed > kept.length) {
            kept = Arrays.copyOf(kept, Math.max(needed, 2 * kept.length));
        }
        System.arraycopy(b, from, kept, keptBytes, to - from);
        keptBytes = needed;
    }

    /** Reads the line that ends before the LF at {@code lineFeed}. */
    private void line(byte[] b, int from, int lineFeed) {
        int to = lineFeed > from && b[lineFeed - 1] == '\r' ? lineFeed - 1 : lineFeed;
        try {
            line(b, from, to, lineFeed);
        } catch (HttpException e) {
            offender = text(b, from, Math.min(to, from + OFFENDER_BYTES));
            throw e;
        }
    }

    private void line(byte[] b, int from, int to, int lineFeed) {
        if (!started && (rawByName || startsWith(b, from, to, HTTP_1))) {
            rawHead = Arrays.copyOfRange(b, from, lineFeed + 1);
            rawHead[lineFeed - from] = '\n'; // the LF of a kept line was never copied
            rawStatus = statusInStatusLine(b, from, to);
            kind = Kind.RAW;
        } else if (from == to) {
            kind = head.complete();
        } else {
            field(b, from, to);
        }
        started = true;
    }

    private void field(byte[] b, int from, int to) {
        int colon = from;
        while (colon < to && Syntax.isTokenChar(b[colon])) {
            colon++;
        }
        if (colon == from || colon == to || b[colon] != ':') {
            // A line that begins with whitespace would continue the one before it: CGI/1.1 has no
            // such lines (§6.3), and HTTP/1.1 no longer does.
            throw violation("§6.3", "a line without a valid field name");
        }
        started = true;
        String name = text(b, from, colon);
        int first = colon + 1;
        int last = to;
        while (first < last && Syntax.isWhitespace(b[first])) {
            first++;
        }
        while (first < last && Syntax.isWhitespace(b[last - 1])) {
            last--;
        }
        for (int i = first; i < last; i++) {
            if (!Syntax.isFieldValueChar(b[i])) {
                throw violation("§6.3", "a control character in " + name);
            }
        }
        head.add(name, text(b, first, last));
    }

    private static int statusInStatusLine(byte[] b, int from, int to) {
        // "HTTP/1.x 200", and then a space or nothing more.
        boolean readable =
                startsWith(b, from, to, HTTP_1)
                        && to - from >= 12
                        && b[from + 8] == ' '
                        && (to - from == 12 || b[from + 12] == ' ');
        long code = readable ? ScriptHead.digits(text(b, from + 9, from + 12), 3) : 0;
        return Status.isValid((int) code) ? (int) code : 0;
    }

    private static boolean startsWith(byte[] b, int from, int to, byte[] prefix) {
        return to - from >= prefix.length
                && Arrays.equals(b, from, from + prefix.length, prefix, 0, prefix.length);
    }

    private static int indexOfLineFeed(byte[] b, int from, int to) {
        int at = from;
        while (at < to && b[at] != '\n') {
            at++;
        }
        return at;
    }

    private static String text(byte[] b, int from, int to) {
        return new String(b, from, to - from, StandardCharsets.ISO_8859_1);
    }

    static HttpException violation(String section, String detail) {
        return new HttpException(502, "RFC 3875 " + section, detail);
    }
}
