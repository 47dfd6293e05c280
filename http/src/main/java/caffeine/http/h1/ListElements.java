package caffeine.http.h1;

import caffeine.http.Syntax;

/**
 * Walks the elements of all field lines with one role, as if they were one list (RFC 9110 §5.3):
 * what lies between commas, without the whitespace around it. Empty elements do not count (§5.6.1).
 * Commas in quoted strings are treated as separators: lists with quoted strings must not be read
 * with this. Reused.
 */
final class ListElements {
    private final FieldTable fields;
    private FieldTable.Role role = FieldTable.Role.NONE;
    private int line;
    private int at;
    private int lineEnd;
    private int start;
    private int end;

    ListElements(FieldTable fields) {
        this.fields = fields;
    }

    /** Goes before the first element of that role. */
    void begin(FieldTable.Role role) {
        this.role = role;
        enter(fields.find(role, 0));
    }

    /** Goes to the next element; false when there is none. */
    boolean next() {
        while (line >= 0) {
            if (at > lineEnd) {
                enter(fields.find(role, line + 1));
                continue;
            }
            int comma = at;
            while (comma < lineEnd && bytes()[comma] != ',') {
                comma++;
            }
            trim(at, comma);
            at = comma + 1;
            if (start < end) {
                return true;
            }
        }
        return false;
    }

    /** Whether the element is this, in either case. */
    boolean is(String lowerCase) {
        return Ascii.equalsIgnoreCase(bytes(), start, end, lowerCase);
    }

    /** How many characters from the element's start on are a token's. */
    int tokenLength() {
        int i = start;
        while (i < end && Syntax.isTokenChar(bytes()[i])) {
            i++;
        }
        return i - start;
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }

    byte[] bytes() {
        return fields.bytes();
    }

    private void enter(int nextLine) {
        line = nextLine;
        if (line >= 0) {
            at = fields.valueStart(line);
            lineEnd = fields.valueEnd(line);
        }
    }

    private void trim(int from, int to) {
        start = from;
        end = to;
        while (start < end && Syntax.isWhitespace(bytes()[start])) {
            start++;
        }
        while (end > start && Syntax.isWhitespace(bytes()[end - 1])) {
            end--;
        }
    }
}
