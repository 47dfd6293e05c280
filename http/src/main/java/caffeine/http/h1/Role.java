package caffeine.http.h1;

/**
 * What a field line does to the message itself; most do nothing. Told by the name's length first,
 * so that nearly every line costs one comparison.
 */
enum Role {
    NONE(0, ""),
    HOST(1, "host"),
    EXPECT(2, "expect"),
    CONNECTION(4, "connection"),
    CONTENT_LENGTH(8, "content-length"),
    TRANSFER_ENCODING(16, "transfer-encoding");

    private final byte bit;
    private final String name;

    Role(int bit, String name) {
        this.bit = (byte) bit;
        this.name = name;
    }

    /** A bit of its own, so that a byte can keep a role, and another all that were seen. */
    byte bit() {
        return bit;
    }

    /** The role of the line whose name, a token, lies from {@code from} to before {@code to}. */
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
