package caffeine.http;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** Status codes, their reason phrases and status lines, RFC 9110 §15 and RFC 9112 §4. */
public final class Status {
    /** The lowest status code. */
    public static final int FIRST = 100;

    /** The highest; RFC 9110 §15 calls everything above it invalid. */
    public static final int LAST = 599;

    private static final String[] REASONS = new String[LAST - FIRST + 1];

    /** Made when first used: a server uses a dozen of the five hundred. */
    private static final AtomicReferenceArray<byte[]> LINES =
            new AtomicReferenceArray<>(LAST - FIRST + 1);

    static {
        name(100, "Continue", "Switching Protocols", "Processing", "Early Hints");
        name(200, "OK", "Created", "Accepted", "Non-Authoritative Information", "No Content");
        name(205, "Reset Content", "Partial Content", "Multi-Status", "Already Reported");
        name(226, "IM Used");
        name(300, "Multiple Choices", "Moved Permanently", "Found", "See Other", "Not Modified");
        name(305, "Use Proxy");
        name(307, "Temporary Redirect", "Permanent Redirect");
        name(400, "Bad Request", "Unauthorized", "Payment Required", "Forbidden", "Not Found");
        name(405, "Method Not Allowed", "Not Acceptable", "Proxy Authentication Required");
        name(408, "Request Timeout", "Conflict", "Gone", "Length Required");
        name(412, "Precondition Failed", "Content Too Large", "URI Too Long");
        name(415, "Unsupported Media Type", "Range Not Satisfiable", "Expectation Failed");
        name(421, "Misdirected Request", "Unprocessable Content", "Locked", "Failed Dependency");
        name(425, "Too Early", "Upgrade Required");
        name(428, "Precondition Required", "Too Many Requests");
        name(431, "Request Header Fields Too Large");
        name(451, "Unavailable For Legal Reasons");
        name(500, "Internal Server Error", "Not Implemented", "Bad Gateway");
        name(503, "Service Unavailable", "Gateway Timeout", "HTTP Version Not Supported");
        name(506, "Variant Also Negotiates", "Insufficient Storage", "Loop Detected");
        name(510, "Not Extended", "Network Authentication Required");
    }

    private Status() {}

    private static void name(int first, String... reasons) {
        System.arraycopy(reasons, 0, REASONS, first - FIRST, reasons.length);
    }

    /** Whether there can be such a status code: 100 to 599. */
    public static boolean isValid(int status) {
        return status >= FIRST && status <= LAST;
    }

    /**
     * Returns the status if it ends a response, as those from 200 to 599 do: after an interim one
     * (1xx) a client waits for another.
     *
     * @throws IllegalArgumentException for another
     */
    public static int requireFinal(int status) {
        if (status < 200 || status > LAST) {
            throw new IllegalArgumentException(
                    "not a final status (RFC 9110 §15): " + status + "; give one from 200 to 599");
        }
        return status;
    }

    /**
     * Returns the status if it answers a request that failed: 400 to 599.
     *
     * @throws IllegalArgumentException for another
     */
    public static int requireError(int status) {
        if (status < 400 || status > LAST) {
            throw new IllegalArgumentException(
                    "not the status of an error (RFC 9110 §15.5, §15.6): "
                            + status
                            + "; give one from 400 to 599");
        }
        return status;
    }

    /** The registered reason phrase, or {@code ""} for a code that has none. */
    public static String reason(int status) {
        String reason = isValid(status) ? REASONS[status - FIRST] : null;
        return reason == null ? "" : reason;
    }

    /**
     * The status line, such as {@code "HTTP/1.1 200 OK\r\n"}. The same array for every caller: to
     * be read, never to be written to. The version says what the server conforms to, so it is 1.1
     * for a 1.0 client as well (RFC 9110 §6.2); the space behind the code is there without a reason
     * too (RFC 9112 §4).
     *
     * @param status 100 to 599
     * @throws IndexOutOfBoundsException for another status
     */
    public static byte[] line(int status) {
        byte[] line = LINES.get(status - FIRST);
        if (line == null) {
            String text = "HTTP/1.1 " + status + ' ' + reason(status) + "\r\n";
            line = text.getBytes(StandardCharsets.ISO_8859_1);
            LINES.set(status - FIRST, line);
        }
        return line;
    }

    /**
     * Whether a response of this status may have content: not with 1xx, 204, 205 and 304, RFC 9110
     * §6.4.1 and §15.3.6. (A response to HEAD has none whatever its status.)
     */
    public static boolean hasContent(int status) {
        return status >= 200 && status != 204 && status != 205 && status != 304;
    }
}
