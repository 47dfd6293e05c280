package caffeine.http.h1;

import caffeine.http.Fields;
import caffeine.http.Syntax;

import java.util.Arrays;
import java.util.Objects;

/** Field lines as offsets into the bytes of a head; strings are made when needed. */
final class FieldTable implements Fields {

    /**
     * The effect of a field line on the message; most have none. Decided by the length of the name
     * first, so that nearly every line costs one comparison.
     */
    enum Role {
        NONE(0, ""),
        HOST(1, "host"),
        EXPECT(2, "expect"),
        CONNECTION(4, "connection"),
        CONTENT_LENGTH(8, "content-length"),
        TRANSFER_ENCODING(16, "transfer-encoding");

        /** A bit of its own, so that a byte can keep a role, and another all that were seen. */
        private final byte bit;

        private final String name;

        Role(int bit, String name) {
            this.bit = (byte) bit;
            this.name = name;
        }

        /**
         * The role of the line whose name, a token, lies from {@code from} to before {@code to}.
         */
        static Role of(byte[] b, int from, int to) {
            Role candidate =
                    switch (to - from) {
                        case 4 -> HOST;
                        case 6 -> EXPECT;
                        case 10 -> CONNECTION;
                        case 14 -> CONTENT_LENGTH;
                        case 17 -> TRANSFER_ENCODING;
                        default -> NONE;
                    };
            return candidate == NONE || !Ascii.equalsIgnoreCase(b, from, candidate.name)
                    ? NONE
                    : candidate;
        }
    }

    private static final int FIRST_LINES = 16;
    private static final int KEPT_LINES = 32;
    private static final int BOUNDS = 4;
    private static final byte[] NO_BYTES = {};

    private byte[] bytes = NO_BYTES;
    private int[] bounds = new int[FIRST_LINES * BOUNDS];
    private byte[] roles = new byte[FIRST_LINES];
    private int size;
    private int rolesSeen;

    /** Adds a line; all places are offsets into the bytes that {@link #over} names. */
    void add(int nameStart, int nameEnd, int valueStart, int valueEnd, Role role) {
        if (size == roles.length) {
            bounds = Arrays.copyOf(bounds, bounds.length * 2);
            roles = Arrays.copyOf(roles, roles.length * 2);
        }
        int at = size * BOUNDS;
        bounds[at] = nameStart;
        bounds[at + 1] = nameEnd;
        bounds[at + 2] = valueStart;
        bounds[at + 3] = valueEnd;
        roles[size++] = role.bit;
        rolesSeen |= role.bit;
    }

    /** Says where the bytes are. */
    void over(byte[] head) {
        bytes = head;
    }

    byte[] bytes() {
        return bytes;
    }

    /** Puts another value, found elsewhere in the head, into line {@code i}. */
    void replaceValue(int i, int valueStart, int valueEnd) {
        bounds[i * BOUNDS + 2] = valueStart;
        bounds[i * BOUNDS + 3] = valueEnd;
    }

    /** The first line with that role at {@code from} or behind it, or -1. */
    int find(Role role, int from) {
        if ((rolesSeen & role.bit) == 0) {
            return -1;
        }
        for (int i = from; i < size; i++) {
            if (roles[i] == role.bit) {
                return i;
            }
        }
        return -1;
    }

    int valueStart(int i) {
        return bounds[i * BOUNDS + 2];
    }

    int valueEnd(int i) {
        return bounds[i * BOUNDS + 3];
    }

    /** Forgets all lines, and the room for them when it has grown beyond the usual. */
    void clear() {
        size = 0;
        rolesSeen = 0;
        bytes = NO_BYTES;
        if (roles.length > KEPT_LINES) {
            bounds = new int[FIRST_LINES * BOUNDS];
            roles = new byte[FIRST_LINES];
        }
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public String name(int i) {
        Objects.checkIndex(i, size);
        return Ascii.field(bytes, bounds[i * BOUNDS], bounds[i * BOUNDS + 1]);
    }

    @Override
    public String value(int i) {
        Objects.checkIndex(i, size);
        return Ascii.string(bytes, valueStart(i), valueEnd(i));
    }

    /** Compares in place, so that looking for a field makes no strings. */
    @Override
    public int indexOf(String name, int from) {
        for (int i = from; i < size; i++) {
            if (isNamed(i, name)) {
                return i;
            }
        }
        return -1;
    }

    private boolean isNamed(int i, String name) {
        int start = bounds[i * BOUNDS];
        int length = bounds[i * BOUNDS + 1] - start;
        if (length != name.length()) {
            return false;
        }
        for (int k = 0; k < length; k++) {
            if (Syntax.lowerCase(bytes[start + k]) != Syntax.lowerCase(name.charAt(k))) {
                return false;
            }
        }
        return true;
    }
}
