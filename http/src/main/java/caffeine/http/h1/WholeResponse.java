package caffeine.http.h1;

import caffeine.http.HttpException;
import caffeine.http.Limits;
import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Looks for mistakes in a whole HTTP response that a script wrote to its client by itself, after
 * which the connection closes. No server reads such a response; this helps the author of the
 * script.
 *
 * <pre>{@code
 * List<String> faults = WholeResponse.faults("GET", output, true);   // empty: none was found
 * }</pre>
 */
public final class WholeResponse {

    private static final int LONGEST_QUOTE = 60;

    private final byte[] output;
    private final boolean whole;
    private final boolean head;
    private final List<String> faults = new ArrayList<>();

    private int at;
    private int lines;
    private int bareLineFeeds;
    private int firstBare;

    private int status;
    private long contentLength = -1;
    private boolean chunked;
    private boolean closes;

    private WholeResponse(String method, byte[] output, boolean whole) {
        this.output = output;
        this.whole = whole;
        this.head = method.equals("HEAD");
    }

    /**
     * The mistakes of a response.
     *
     * @param method the request's
     * @param output the output of the script, from its first byte on
     * @param whole whether that is all of it
     * @return a sentence for each mistake, with the next step
     */
    public static List<String> faults(String method, byte[] output, boolean whole) {
        WholeResponse response = new WholeResponse(method, output, whole);
        if (output.length == 0) {
            response.faults.add("it wrote nothing: the client would get 502");
        } else {
            response.read();
        }
        return List.copyOf(response.faults);
    }

    private void read() {
        String first = line();
        if (first == null || !isStatusLine(first)) {
            noStatusLine(first == null ? text(0, output.length) : first);
            return;
        }
        while (true) {
            String line = line();
            if (line == null) {
                faults.add("its head does not end: an empty line is missing before the content");
                break;
            }
            if (line.isEmpty()) {
                judgeContent();
                break;
            }
            field(line);
        }
        if (bareLineFeeds > 0) {
            faults.add(
                    "line "
                            + firstBare
                            + " of its head ends in a bare LF"
                            + (bareLineFeeds > 1 ? ", and so do others" : "")
                            + "; HTTP's lines end in CR LF (\\r\\n, RFC 9112 §2.2)");
        }
    }

    // ---- lines

    /** The next line without its end; null when there is none that ends. */
    private @Nullable String line() {
        int lineFeed = at;
        while (lineFeed < output.length && output[lineFeed] != '\n') {
            lineFeed++;
        }
        if (lineFeed == output.length) {
            return null;
        }
        lines++;
        boolean carriageReturn = lineFeed > at && output[lineFeed - 1] == '\r';
        if (!carriageReturn && bareLineFeeds++ == 0) {
            firstBare = lines;
        }
        String line = text(at, carriageReturn ? lineFeed - 1 : lineFeed);
        at = lineFeed + 1;
        return line;
    }

    private String text(int from, int to) {
        return new String(output, from, to - from, StandardCharsets.ISO_8859_1);
    }

    private static String quoted(String text) {
        String shown = text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE);
        return '"' + shown + (shown.length() < text.length() ? "...\"" : "\"");
    }

    // ---- the status line, RFC 9112 §4

    private boolean isStatusLine(String line) {
        boolean wellFormed =
                line.length() >= 12
                        && (line.startsWith("HTTP/1.1 ") || line.startsWith("HTTP/1.0 "))
                        && (line.length() == 12 || line.charAt(12) == ' ');
        long code = wellFormed ? digits(line.substring(9, 12)) : -1;
        if (code < 100 || code > 599) {
            return false;
        }
        status = (int) code;
        if (status < 200) {
            faults.add(
                    status + " is an interim status: the client goes on waiting for the final one");
        }
        if (line.length() == 12) {
            faults.add("a space is missing behind the status (RFC 9112 §4): write " + line + " OK");
        }
        return true;
    }

    private void noStatusLine(String first) {
        int colon = first.indexOf(':');
        boolean field = colon > 0 && isToken(first.substring(0, colon));
        String advice =
                field
                        ? "; this looks like a CGI response: put the script below a cgi-bin folder,"
                                + " or give --cgi"
                        : "; write HTTP/1.1 200 OK first";
        faults.add("it does not begin with a status line but with " + quoted(first) + advice);
    }

    // ---- field lines, RFC 9112 §5

    private void field(String line) {
        int colon = line.indexOf(':');
        if (line.startsWith(" ") || line.startsWith("\t")) {
            faults.add(
                    "line "
                            + lines
                            + " begins with a space; folded lines are not allowed (RFC 9112 §5.2)");
            return;
        }
        if (colon <= 0 || !isToken(line.substring(0, colon))) {
            String what = colon < 0 ? " has no colon: " : " has no valid field name: ";
            faults.add("line " + lines + what + quoted(line));
            return;
        }
        String name = line.substring(0, colon);
        String value = line.substring(colon + 1).strip();
        for (int i = 0; i < value.length(); i++) {
            if (!Syntax.isFieldValueChar((byte) value.charAt(i))) {
                faults.add(name + " holds a control character");
                break;
            }
        }
        switch (name.toLowerCase(Locale.ROOT)) {
            case "content-length" -> contentLength(value);
            case "transfer-encoding" -> transferEncoding(value);
            case "connection" -> closes |= value.toLowerCase(Locale.ROOT).contains("close");
            default -> {}
        }
    }

    private static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!Syntax.isTokenChar((byte) text.charAt(i)) || text.charAt(i) > 0x7f) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private void contentLength(String value) {
        boolean number = !value.isEmpty() && value.length() <= 18;
        long length = number ? digits(value) : -1;
        if (length < 0) {
            faults.add("Content-Length is not a number: " + quoted(value));
        } else if (contentLength >= 0 && contentLength != length) {
            faults.add("Content-Length is there twice, with two values");
        } else {
            contentLength = length;
        }
    }

    private void transferEncoding(String value) {
        if (value.equalsIgnoreCase("chunked")) {
            chunked = true;
        } else {
            faults.add("Transfer-Encoding is not chunked but " + quoted(value));
        }
    }

    // ---- content, RFC 9112 §6

    private void judgeContent() {
        int content = output.length - at;
        boolean none = head || status == 204 || status == 304 || status < 200;
        if (!closes) {
            faults.add(
                    "Connection: close is missing: the connection closes after the response, and"
                        + " without this line a client may send another request, which is lost");
        }
        if (chunked && contentLength >= 0) {
            faults.add(
                    "both Content-Length and Transfer-Encoding: leave one out, or two readers see"
                            + " two responses (RFC 9112 §6.2)");
        } else if (none) {
            if (content > 0) {
                faults.add(
                        (head ? "a response to HEAD" : "a response of status " + status)
                                + " has no content, but "
                                + content
                                + " bytes follow its head");
            }
        } else if (chunked) {
            chunks();
        } else if (contentLength >= 0
                && (whole ? content != contentLength : content > contentLength)) {
            faults.add(
                    "Content-Length says "
                            + contentLength
                            + ", but "
                            + content
                            + " bytes follow; count bytes, not characters, or leave it out");
        }
        if (status == 204 && (chunked || contentLength >= 0)) {
            faults.add("204 has no content, so no Content-Length or Transfer-Encoding either");
        }
    }

    /** A client reads chunks as this server reads those of a request. */
    private void chunks() {
        byte[] request =
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        .getBytes(StandardCharsets.ISO_8859_1);
        HeadParser parser = new HeadParser(Limits.DEFAULTS);
        parser.parse(request, 0, request.length);
        BodyDecoder decoder = new BodyDecoder();
        Limits any = new Limits(8192, 8192, 100, Long.MAX_VALUE, 256);
        decoder.start(parser.head().contentLength(), any);
        try {
            int end = decoder.decode(output, at, output.length, (bytes, from, to) -> {});
            if (!decoder.isComplete() && whole) {
                faults.add(
                        "its chunks do not end: the last is 0, and an empty line follows it (0\\r"
                                + "\\n"
                                + "\\r"
                                + "\\n"
                                + ")");
            } else if (end < output.length) {
                faults.add((output.length - end) + " bytes follow the last chunk");
            }
        } catch (HttpException e) {
            faults.add("its chunks cannot be read: " + e.detail() + " (" + e.section() + ")");
        }
    }

    private static long digits(String text) {
        long number = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return number;
    }
}
