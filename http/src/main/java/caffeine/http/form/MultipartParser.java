package caffeine.http.form;

import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.Syntax;
import caffeine.http.ValueReader;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Reads a form with files, multipart/form-data (RFC 7578), in pieces of any size: bytes in, events
 * to a {@link MultipartListener} out. The events do not depend on how the bytes are cut, except for
 * the cuts of content.
 *
 * <pre>
 *              boundary              CR LF           empty line
 *   PREAMBLE ───────────▶ DELIMITER ───────▶ HEAD ──────────────▶ CONTENT
 *                          │     ▲                                  │
 *                          │"--" └──────────────────────────────────┘ boundary
 *                          ▼
 *                        CLOSED ──▶ EPILOGUE
 * </pre>
 *
 * <p>The grammar is that of RFC 2046 §5.1.1. Line ends are CR LF; a boundary with anything but
 * spaces, tabs and a line end behind it is refused, since readers differ in whether it is one.
 * Preamble and epilogue are ignored. A form without parts has only the last boundary, as browsers
 * send it.
 *
 * <p>The parser keeps the head of one part, and no content. Each byte is compared once or twice,
 * whatever it is: the CR of a boundary's line end is nowhere else in it, so a comparison that fails
 * goes on with the byte at which it failed.
 */
public final class MultipartParser {

    /** The media type of a form with files. */
    public static final String MEDIA_TYPE = "multipart/form-data";

    private enum State {
        PREAMBLE,
        /** The boundary is read; what follows decides. */
        DELIMITER,
        DASH,
        PADDING,
        LINE_FEED,
        HEAD,
        CONTENT,
        /** The last boundary is read. */
        CLOSED,
        CLOSED_LINE_FEED,
        EPILOGUE
    }

    private static final String GRAMMAR = "RFC 2046 §5.1.1";
    private static final String TOO_LARGE = "RFC 9110 §15.5.14";
    private static final int MOST_BOUNDARY_CHARACTERS = 70;
    private static final int LINE_END = 2;
    private static final int FIRST_HEAD_BYTES = 256;

    private final FormLimits limits;
    private final MultipartListener listener;

    /** CR LF, two dashes and the boundary. */
    private final byte[] delimiter;

    /** How many bytes of the delimiter the last bytes are. */
    private int matched = LINE_END;

    /** How many of these came before: the line end that ends a head, or that no byte stands for. */
    private int implied = LINE_END;

    private State state = State.PREAMBLE;
    private int parts;
    private byte[] head = new byte[0];
    private int headBytes;

    /**
     * A parser before the first byte of a form.
     *
     * @param boundary 1 to 70 characters, as {@link #boundary} returns it
     * @throws IllegalArgumentException for another boundary
     */
    public MultipartParser(String boundary, FormLimits limits, MultipartListener listener) {
        if (!isBoundary(boundary)) {
            throw new IllegalArgumentException("not a boundary (RFC 2046 §5.1.1)");
        }
        this.limits = limits;
        this.listener = listener;
        delimiter = ("\r\n--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Whether the content of a request is such a form, by its Content-Type. */
    public static boolean accepts(Fields fields) {
        return ParameterizedValue.isMediaType(fields, MEDIA_TYPE);
    }

    /**
     * The boundary that the Content-Type of a request has.
     *
     * @throws HttpException 415 when the content is another; 400 when the boundary is missing or
     *     invalid
     */
    public static String boundary(Fields fields) {
        List<String> types = fields.all("Content-Type");
        ParameterizedValue type =
                types.size() == 1 ? ParameterizedValue.of(types.getFirst()) : null;
        if (types.size() > 1 || (type == null && types.size() == 1)) {
            throw malformed("RFC 9110 §8.3", "not one valid Content-Type");
        }
        if (type == null || !type.value().equals(MEDIA_TYPE)) {
            throw new HttpException(415, "RFC 9110 §15.5.16", "content that is no " + MEDIA_TYPE);
        }
        String quoted = type.parameter("boundary");
        String boundary = quoted == null ? "" : ValueReader.unescaped(quoted);
        if (!isBoundary(boundary)) {
            throw malformed("RFC 7578 §4.1", "a form without a valid boundary");
        }
        return boundary;
    }

    private static boolean isBoundary(String text) {
        return !text.isEmpty()
                && text.length() <= MOST_BOUNDARY_CHARACTERS
                && text.chars().allMatch(MultipartParser::isBoundaryCharacter)
                && !text.endsWith(" ");
    }

    /** bchars. */
    private static boolean isBoundaryCharacter(int c) {
        boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') || " '()+_,-./:=?".indexOf(c) >= 0;
    }

    /**
     * Reads on.
     *
     * @throws HttpException 400 for a malformed form, 413 for one beyond the limits; the parser
     *     must not be called again
     */
    public void parse(byte[] b, int from, int to) {
        int at = from;
        while (at < to) {
            at =
                    switch (state) {
                        case PREAMBLE, CONTENT -> content(b, at, to);
                        case HEAD -> head(b, at, to);
                        case EPILOGUE -> to;
                        default -> {
                            state = delimiterLine(b[at]);
                            yield at + 1;
                        }
                    };
        }
    }

    /**
     * All bytes have come.
     *
     * @throws HttpException 400 when the last boundary is missing
     */
    public void end() {
        if (state != State.CLOSED && state != State.EPILOGUE) {
            throw malformed(GRAMMAR, "a form without its end");
        }
        listener.end();
    }

    /** Goes up to the next delimiter, and behind it. */
    private int content(byte[] b, int from, int to) {
        int at = from;
        if (matched > 0) {
            at = match(b, at, to);
            if (isMatched()) {
                return endContent(at);
            }
            if (at == to) {
                return to;
            }
            pass(delimiter, implied, matched);
        }
        int start = at;
        while (true) {
            int end = indexOfCarriageReturn(b, at, to);
            matched = 0;
            implied = 0;
            at = match(b, end, to);
            if (isMatched() || at == to) {
                pass(b, start, end);
                return isMatched() ? endContent(at) : to;
            }
        }
    }

    private static int indexOfCarriageReturn(byte[] b, int from, int to) {
        int at = from;
        while (at < to && b[at] != '\r') {
            at++;
        }
        return at;
    }

    /** Compares on; returns the place behind the last byte that is of the delimiter. */
    private int match(byte[] b, int from, int to) {
        int at = from;
        while (at < to && matched < delimiter.length && b[at] == delimiter[matched]) {
            at++;
            matched++;
        }
        return at;
    }

    private boolean isMatched() {
        return matched == delimiter.length;
    }

    private void pass(byte[] b, int from, int to) {
        if (from < to && state == State.CONTENT) {
            listener.content(b, from, to);
        }
    }

    private int endContent(int at) {
        if (state == State.CONTENT) {
            listener.partEnd();
        }
        state = State.DELIMITER;
        return at;
    }

    /** One byte behind a boundary: two dashes or none, transport padding, CR LF. */
    private State delimiterLine(byte c) {
        boolean closed = state == State.CLOSED || state == State.CLOSED_LINE_FEED;
        boolean lineFeed = state == State.LINE_FEED || state == State.CLOSED_LINE_FEED;
        if (lineFeed && c == '\n') {
            return closed ? State.EPILOGUE : beginHead();
        }
        if (c == '-' && state == State.DELIMITER) {
            return State.DASH;
        }
        if (c == '-' && state == State.DASH) {
            return State.CLOSED;
        }
        if (lineFeed || state == State.DASH || !(c == '\r' || Syntax.isWhitespace(c))) {
            throw malformed(GRAMMAR, "a boundary with more behind it");
        }
        if (c == '\r') {
            return closed ? State.CLOSED_LINE_FEED : State.LINE_FEED;
        }
        return closed ? State.CLOSED : State.PADDING;
    }

    private State beginHead() {
        if (++parts > limits.fields()) {
            throw new HttpException(413, TOO_LARGE, "more than " + limits.fields() + " parts");
        }
        headBytes = 0;
        return State.HEAD;
    }

    /** Collects the head, up to the line end that an empty line consists of. */
    private int head(byte[] b, int from, int to) {
        int at = from;
        while (at < to) {
            byte c = b[at++];
            if (headBytes == limits.partHeadBytes()) {
                throw new HttpException(
                        413, TOO_LARGE, "a part's head of more than " + headBytes + " bytes");
            }
            if (headBytes == head.length) {
                head = Arrays.copyOf(head, Math.max(FIRST_HEAD_BYTES, 2 * headBytes));
            }
            head[headBytes++] = c;
            if (c == '\n' && isEmptyLine()) {
                endHead();
                return at;
            }
        }
        return to;
    }

    private boolean isEmptyLine() {
        if (headBytes < LINE_END || head[headBytes - 2] != '\r') {
            throw malformed("RFC 5322 §2.3", "a bare LF in the head of a part");
        }
        return headBytes == LINE_END || head[headBytes - LINE_END - 1] == '\n';
    }

    private void endHead() {
        String lines = new String(head, 0, headBytes - LINE_END, StandardCharsets.ISO_8859_1);
        if (("\r\n" + lines).contains(new String(delimiter, StandardCharsets.ISO_8859_1))) {
            // Also where it would be a field name: other readers cut the parts first.
            throw malformed(GRAMMAR, "a boundary in the head of a part");
        }
        listener.part(Part.of(lines));
        state = State.CONTENT;
        // A part may end here (body-part, RFC 2046 §5.1.1): the empty line is then the delimiter's.
        matched = LINE_END;
        implied = LINE_END;
    }

    private static HttpException malformed(String section, String detail) {
        return new HttpException(400, section, detail);
    }
}
