package caffeine.http.h1;

import caffeine.http.HttpException;
import caffeine.http.Syntax;

/**
 * The grammar of chunk extensions, RFC 9112 §7.1.1. They are checked, counted, and ignored.
 *
 * <pre>
 *   ';'        tchar         '='            tchar
 *  ─────▶ GAP ──────▶ NAME ─────▶ VALUE_GAP ──────▶ TOKEN ──▶ ';' or CR
 *          ▲           │ BWS          │ '"'           │ BWS
 *          │           ▼              ▼       '"'     ▼
 *          │     AFTER_NAME        QUOTED ───────▶ AFTER_QUOTED ──▶ ';' or CR
 *          │ ';'                   ⟲ ESCAPED          │ BWS
 *          └───────────── BEFORE ◀────────────────────┘
 * </pre>
 *
 * Whitespace is allowed around the semicolon and the equals sign, but not before the line's end.
 */
final class ChunkExtensions {
    private enum State {
        BEFORE,
        GAP,
        NAME,
        AFTER_NAME,
        VALUE_GAP,
        TOKEN,
        QUOTED,
        ESCAPED,
        AFTER_QUOTED,
        COMPLETE
    }

    private State state = State.COMPLETE;
    private int maxBytes;
    private int bytes;

    /** Begins behind a chunk size. */
    void begin(int maxBytes) {
        this.maxBytes = maxBytes;
        state = State.BEFORE;
        bytes = 0;
    }

    boolean isComplete() {
        return state == State.COMPLETE;
    }

    /** How many bytes of extensions this chunk has had. */
    int bytes() {
        return bytes;
    }

    /**
     * Scans on, and returns where it stopped: at {@code to}, or behind the CR that ends the
     * extensions.
     */
    int scan(byte[] b, int from, int to) {
        int at = from;
        while (at < to && state != State.COMPLETE) {
            byte c = b[at++];
            if (c == '\r' && mayEnd()) {
                state = State.COMPLETE;
            } else if (++bytes > maxBytes) {
                throw new HttpException(
                        400, "RFC 9112 §7.1.1", "chunk extensions of more than " + maxBytes + " B");
            } else {
                state = after(c);
            }
        }
        return at;
    }

    private boolean mayEnd() {
        return state == State.NAME || state == State.TOKEN || state == State.AFTER_QUOTED;
    }

    private State after(byte c) {
        boolean space = Syntax.isWhitespace(c);
        boolean token = Syntax.isTokenChar(c);
        return switch (state) {
            case BEFORE -> space ? State.BEFORE : semicolon(c);
            case GAP -> space ? State.GAP : require(token, State.NAME);
            case NAME -> token ? State.NAME : space ? State.AFTER_NAME : afterName(c);
            case AFTER_NAME -> space ? State.AFTER_NAME : afterName(c);
            case VALUE_GAP -> space ? State.VALUE_GAP : beginValue(c, token);
            case TOKEN -> token ? State.TOKEN : space ? State.BEFORE : semicolon(c);
            case QUOTED -> quoted(c);
            case ESCAPED -> require(Syntax.isFieldValueChar(c), State.QUOTED);
            case AFTER_QUOTED -> space ? State.BEFORE : semicolon(c);
            case COMPLETE -> State.COMPLETE;
        };
    }

    private static State semicolon(byte c) {
        return require(c == ';', State.GAP);
    }

    private static State afterName(byte c) {
        return c == '=' ? State.VALUE_GAP : semicolon(c);
    }

    private static State beginValue(byte c, boolean token) {
        return c == '"' ? State.QUOTED : require(token, State.TOKEN);
    }

    private static State quoted(byte c) {
        return switch (c) {
            case '"' -> State.AFTER_QUOTED;
            case '\\' -> State.ESCAPED;
            default -> require(Syntax.isQuotedText(c), State.QUOTED);
        };
    }

    private static State require(boolean holds, State next) {
        if (!holds) {
            throw new HttpException(400, "RFC 9112 §7.1.1", "not a chunk extension");
        }
        return next;
    }
}
