package caffeine.http.h1;

import caffeine.http.HttpException;
import caffeine.http.Limits;
import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

/**
 * The grammar of a field section, RFC 9112 §5, for heads and trailer sections alike.
 *
 * <pre>
 *            tchar         ':'            other          CR             LF
 * LINE_START ─────▶ NAME ─────▶ PADDING ───────▶ VALUE ─────▶ LINE_END ────▶ LINE_START
 *     │ CR                       ⟲ OWS           ⟲ any but controls
 *     ▼             LF
 * LAST_LINE_END ─────────▶ COMPLETE
 * </pre>
 *
 * Each stage scans as far as it can and goes on to the next. Where the input ends, it leaves its
 * name in {@code state}, and the next call enters there: the cuts of the input make no difference,
 * because there is no other path. All places are offsets; the byte with offset 0 lies, or would
 * lie, at {@code base} of the array that is being scanned.
 */
final class FieldSection {
    private enum State {
        LINE_START,
        NAME,
        PADDING,
        VALUE,
        LINE_END,
        LAST_LINE_END,
        COMPLETE
    }

    private final @Nullable FieldTable table;

    private int maxBytes;
    private int maxLines;

    private State state = State.COMPLETE;
    private int base;
    private int start;
    private int lines;
    private int nameStart;
    private int nameEnd;
    private int valueStart;
    private FieldTable.Role role = FieldTable.Role.NONE;

    /** A section whose lines go to {@code table}, or are checked and dropped when it is null. */
    FieldSection(@Nullable FieldTable table) {
        this.table = table;
    }

    /** Begins a section whose first byte has this offset. */
    void begin(int offset, Limits limits) {
        state = State.LINE_START;
        start = offset;
        lines = 0;
        maxBytes = limits.fieldSectionBytes();
        maxLines = limits.fieldLines();
    }

    boolean isComplete() {
        return state == State.COMPLETE;
    }

    /**
     * Scans the bytes from {@code from} to before {@code to} and returns where it stopped: at
     * {@code to}, or behind the line end that ends the section.
     */
    int scan(byte[] b, int base, int from, int to) {
        this.base = base;
        int end = (int) Math.min(to, (long) base + start + maxBytes);
        int at = from;
        while (at < to && state != State.COMPLETE) {
            at =
                    switch (state) {
                        case LINE_START -> lineStart(b, at, end);
                        case NAME -> name(b, within(at, end), end);
                        case PADDING -> padding(b, within(at, end), end);
                        case VALUE -> value(b, within(at, end), end);
                        case LINE_END -> lineEnd(b, within(at, end), end);
                        case LAST_LINE_END -> lastLineEnd(b, at);
                        case COMPLETE -> at;
                    };
        }
        return at;
    }

    /** The line end that ends the section is none of its lines', so it may lie past the limit. */
    private int lineStart(byte[] b, int at, int end) {
        byte c = b[at];
        if (c == '\r') {
            state = State.LAST_LINE_END;
            return at + 1;
        }
        within(at, end);
        if (Syntax.isWhitespace(c)) {
            throw lines == 0
                    ? new HttpException(400, "RFC 9112 §2.2", "whitespace before the field lines")
                    : new HttpException(400, "RFC 9112 §5.2", "a folded line");
        }
        if (++lines > maxLines) {
            throw new HttpException(431, "RFC 6585 §5", "more than " + maxLines + " field lines");
        }
        nameStart = at - base;
        return name(b, at, end);
    }

    private int name(byte[] b, int from, int end) {
        int at = from;
        while (at < end && Syntax.isTokenChar(b[at])) {
            at++;
        }
        if (at == end) {
            state = State.NAME;
            return at;
        }
        nameEnd = at - base;
        if (b[at] != ':' || nameEnd == nameStart) {
            throw badName(b[at]);
        }
        // Asked here, not when the line ends: the start of the name may be in no array by then.
        role = table == null ? FieldTable.Role.NONE : FieldTable.Role.of(b, base + nameStart, at);
        return padding(b, at + 1, end);
    }

    private int padding(byte[] b, int from, int end) {
        int at = from;
        while (at < end && Syntax.isWhitespace(b[at])) {
            at++;
        }
        if (at == end) {
            state = State.PADDING;
            return at;
        }
        valueStart = at - base;
        return value(b, at, end);
    }

    private int value(byte[] b, int from, int end) {
        int at = endOfValue(b, from, end);
        if (at == end) {
            state = State.VALUE;
            return at;
        }
        if (b[at] != '\r') {
            throw badValue(b[at]);
        }
        if (table != null) {
            int last = at;
            while (last > base + valueStart && Syntax.isWhitespace(b[last - 1])) {
                last--;
            }
            table.add(nameStart, nameEnd, valueStart, last - base, role);
        }
        return lineEnd(b, at + 1, end);
    }

    private int lineEnd(byte[] b, int at, int end) {
        if (at == end) {
            state = State.LINE_END;
            return at;
        }
        requireLineFeed(b[at]);
        state = State.LINE_START;
        return at + 1;
    }

    private int lastLineEnd(byte[] b, int at) {
        requireLineFeed(b[at]);
        state = State.COMPLETE;
        return at + 1;
    }

    /** Where the first byte lies that no value may hold, or {@code end}. */
    private static int endOfValue(byte[] b, int from, int end) {
        int at = from;
        while (at <= end - Ascii.WORD_BYTES) {
            long controls = Ascii.controls(Ascii.word(b, at));
            if (controls == 0) {
                at += Ascii.WORD_BYTES;
                continue;
            }
            at += Ascii.firstMarked(controls);
            if (b[at] != '\t') {
                return at;
            }
            at++;
        }
        while (at < end && Syntax.isFieldValueChar(b[at])) {
            at++;
        }
        return at;
    }

    private int within(int at, int end) {
        if (at >= end) {
            throw new HttpException(
                    431, "RFC 6585 §5", "a field section of more than " + maxBytes + " bytes");
        }
        return at;
    }

    private static void requireLineFeed(byte c) {
        if (c != '\n') {
            throw new HttpException(400, "RFC 9112 §2.2", "a bare CR in the field section");
        }
    }

    private HttpException badName(byte c) {
        return switch (c) {
            case '\n' -> new HttpException(400, "RFC 9112 §2.2", "a bare LF in the field section");
            case '\r' -> new HttpException(400, "RFC 9112 §5", "a field line without a colon");
            case ' ', '\t' ->
                    new HttpException(400, "RFC 9112 §5.1", "whitespace before the colon");
            case ':' -> new HttpException(400, "RFC 9112 §5", "a field line without a name");
            default ->
                    new HttpException(400, "RFC 9110 §5.1", "no field name holds " + Ascii.hex(c));
        };
    }

    private static HttpException badValue(byte c) {
        return c == '\n'
                ? new HttpException(400, "RFC 9112 §2.2", "a bare LF in the field section")
                : new HttpException(400, "RFC 9110 §5.5", "no field value holds " + Ascii.hex(c));
    }
}
