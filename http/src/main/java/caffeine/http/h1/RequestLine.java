package caffeine.http.h1;

import caffeine.http.HttpException;
import caffeine.http.Limits;
import caffeine.http.Syntax;

/**
 * The grammar of a request line, RFC 9112 §3.
 *
 * <pre>
 *         tchar          visible           "HTTP/" digit "." digit      CR             LF
 * METHOD ──────▶ TARGET ──────────▶ VERSION ──────────────────────────────▶ LINE_END ─────▶ COMPLETE
 *   ⟲      SP      ⟲         SP        ⟲
 * </pre>
 *
 * The stages work as those of {@link FieldSection} do. The meaning of the parts is checked
 * elsewhere.
 */
final class RequestLine {
    private enum State {
        METHOD,
        TARGET,
        VERSION,
        LINE_END,
        COMPLETE
    }

    private static final String PATTERN = "HTTP/d.d";
    private static final int MAJOR = 5;
    private static final int MINOR = 7;
    private static final long HTTP_1_1 = Ascii.word("HTTP/1.1");

    private final int maxBytes;

    private State state = State.METHOD;
    private int base;
    private int methodEnd;
    private int targetEnd;
    private int query;
    private boolean percent;
    private int major;
    private int minor;

    RequestLine(Limits limits) {
        maxBytes = limits.requestLineBytes();
        reset();
    }

    void reset() {
        state = State.METHOD;
        methodEnd = 0;
        targetEnd = 0;
        query = -1;
        percent = false;
    }

    boolean isComplete() {
        return state == State.COMPLETE;
    }

    /** Where the method ends, which begins at 0; 0 while that is not known. */
    int methodEnd() {
        return methodEnd;
    }

    int targetStart() {
        return methodEnd + 1;
    }

    /** Where the target ends; 0 while that is not known. */
    int targetEnd() {
        return targetEnd;
    }

    /** Where the target's first question mark lies, or -1. */
    int query() {
        return query;
    }

    /** Whether there is a percent sign in front of the query. */
    boolean hasPercent() {
        return percent;
    }

    int minor() {
        return minor;
    }

    /**
     * Scans the bytes from {@code from} to before {@code to} and returns where it stopped: at
     * {@code to}, or behind the line end.
     */
    int scan(byte[] b, int base, int from, int to) {
        this.base = base;
        int end = (int) Math.min(to, (long) base + maxBytes);
        int at =
                switch (state) {
                    case METHOD -> method(b, from, end);
                    case TARGET -> target(b, from, end);
                    case VERSION -> version(b, from, end);
                    case LINE_END -> lineEnd(b, from, end);
                    case COMPLETE -> from;
                };
        if (at < to && state != State.COMPLETE) {
            throw tooLong();
        }
        return at;
    }

    private int method(byte[] b, int from, int end) {
        int at = from;
        while (at < end && Syntax.isTokenChar(b[at])) {
            at++;
        }
        if (at >= end) {
            return leave(State.METHOD, at);
        }
        if (b[at] != ' ' || at == base) {
            throw badMethod(b[at]);
        }
        methodEnd = at - base;
        return target(b, at + 1, end);
    }

    private int target(byte[] b, int from, int end) {
        int at = query < 0 ? path(b, from, end) : from;
        while (at < end && Syntax.isTargetChar(b[at])) {
            at++;
        }
        if (at >= end) {
            return leave(State.TARGET, at);
        }
        if (b[at] != ' ' || at - base == targetStart()) {
            throw badTarget(b[at]);
        }
        targetEnd = at - base;
        return version(b, at + 1, end);
    }

    /** Scans to the question mark, or to an invalid character. */
    private int path(byte[] b, int from, int end) {
        int at = from;
        while (at < end && Syntax.isTargetChar(b[at])) {
            if (b[at] == '?') {
                query = at - base;
                return at + 1;
            }
            percent |= b[at] == '%';
            at++;
        }
        return at;
    }

    private int version(byte[] b, int from, int end) {
        int versionStart = base + targetEnd + 1;
        int at = from;
        if (at == versionStart && end - at > PATTERN.length() && Ascii.word(b, at) == HTTP_1_1) {
            major = 1;
            minor = 1;
            at += PATTERN.length();
        }
        for (; at < end && at < versionStart + PATTERN.length(); at++) {
            versionByte(b[at], at - versionStart);
        }
        if (at >= end) {
            return leave(State.VERSION, at);
        }
        if (b[at] != '\r') {
            throw b[at] == '\n'
                    ? new HttpException(400, "RFC 9112 §2.2", "a bare LF ends the request line")
                    : badVersion();
        }
        return lineEnd(b, at + 1, end);
    }

    private void versionByte(byte c, int i) {
        if (i == MAJOR || i == MINOR) {
            if (!Syntax.isDigit(c)) {
                throw badVersion();
            }
            if (i == MAJOR) {
                major = c - '0';
            } else {
                minor = c - '0';
            }
        } else if (c != PATTERN.charAt(i)) {
            throw badVersion();
        }
    }

    private int lineEnd(byte[] b, int at, int end) {
        if (at >= end) {
            return leave(State.LINE_END, at);
        }
        if (b[at] != '\n') {
            throw new HttpException(400, "RFC 9112 §2.2", "a bare CR in the request line");
        }
        if (major != 1) {
            throw new HttpException(505, "RFC 9110 §15.6.6", "HTTP/" + major + "." + minor);
        }
        state = State.COMPLETE;
        return at + 1;
    }

    private int leave(State where, int at) {
        state = where;
        return at;
    }

    /** A method that fills the line is unknown, RFC 9112 §3. */
    private HttpException tooLong() {
        String detail = "a request line of more than " + maxBytes + " bytes";
        return state == State.METHOD
                ? new HttpException(501, "RFC 9112 §3", detail)
                : new HttpException(414, "RFC 9112 §3", detail);
    }

    private static HttpException badMethod(byte c) {
        return switch (c) {
            case '\n' -> new HttpException(400, "RFC 9112 §2.2", "a bare LF in the request line");
            case '\r' -> new HttpException(400, "RFC 9112 §3", "a request line without a target");
            case ' ', '\t' ->
                    new HttpException(400, "RFC 9112 §3", "whitespace where it does not belong");
            default -> new HttpException(400, "RFC 9110 §9.1", "no method holds " + Ascii.hex(c));
        };
    }

    private static HttpException badTarget(byte c) {
        return switch (c) {
            case '\n' -> new HttpException(400, "RFC 9112 §2.2", "a bare LF in the request line");
            case '\r' -> new HttpException(400, "RFC 9112 §3", "a request line without a version");
            case ' ' -> new HttpException(400, "RFC 9112 §3", "two spaces before the target");
            default -> new HttpException(400, "RFC 9112 §3.2", "no target holds " + Ascii.hex(c));
        };
    }

    private static HttpException badVersion() {
        return new HttpException(400, "RFC 9112 §2.3", "not the form HTTP/1.1");
    }
}
