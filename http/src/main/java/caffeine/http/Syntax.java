package caffeine.http;

/**
 * The character classes that the grammars of RFC 9110, 9112 and 3986 are made of, each a bit in one
 * table of 256 bytes. All methods take a byte as it lies in an array, signed; characters above 0xFF
 * belong to no class.
 */
public final class Syntax {
    private static final int TOKEN = 1;
    private static final int FIELD_VALUE = 2;
    private static final int TARGET = 4;
    private static final int HEX = 8;
    private static final int NAME_IN_HOST = 16;
    private static final int QUOTED = 32;
    private static final int WHITESPACE = 64;
    private static final int HOST_NAME = 128;

    private static final byte[] CLASSES = new byte[256];

    static {
        String digits = "0123456789";
        String letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        mark(TOKEN, digits + letters + "!#$%&'*+-.^_`|~");
        mark(HEX, digits + "abcdefABCDEF");
        mark(NAME_IN_HOST, digits + letters + "-._~" + "!$&'()*+,;=");
        mark(WHITESPACE, " \t");
        mark(HOST_NAME, digits + letters + "-_");
        mark(FIELD_VALUE | QUOTED, '\t', '\t');
        mark(FIELD_VALUE | QUOTED, ' ', '~');
        mark(FIELD_VALUE | QUOTED, 0x80, 0xFF);
        mark(TARGET, '!', '~');
        unmark(QUOTED, "\"\\");
        unmark(TARGET, "#\"<>");
    }

    private Syntax() {}

    private static void mark(int bits, String characters) {
        characters.chars().forEach(c -> CLASSES[c] |= (byte) bits);
    }

    private static void mark(int bits, int first, int last) {
        for (int c = first; c <= last; c++) {
            CLASSES[c] |= (byte) bits;
        }
    }

    private static void unmark(int bits, String characters) {
        characters.chars().forEach(c -> CLASSES[c] &= (byte) ~bits);
    }

    /** tchar, RFC 9110 §5.6.2. */
    public static boolean isTokenChar(byte b) {
        return (CLASSES[b & 0xFF] & TOKEN) != 0;
    }

    /** Characters of a field value: visible characters, obs-text, space and tab, RFC 9110 §5.5. */
    public static boolean isFieldValueChar(byte b) {
        return (CLASSES[b & 0xFF] & FIELD_VALUE) != 0;
    }

    /**
     * Characters of a request target: any visible ASCII character but {@code # " < >}. That is more
     * than RFC 3986 §2 has, because browsers send some others ({@code |}) as they are.
     */
    public static boolean isTargetChar(byte b) {
        return (CLASSES[b & 0xFF] & TARGET) != 0;
    }

    /** HEXDIG in either case, RFC 5234 §B.1. */
    public static boolean isHexDigit(byte b) {
        return (CLASSES[b & 0xFF] & HEX) != 0;
    }

    /** DIGIT, RFC 5234 §B.1. */
    public static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    /** unreserved or sub-delims, RFC 3986 §2: a reg-name is these and percent-triples. */
    public static boolean isRegNameChar(byte b) {
        return (CLASSES[b & 0xFF] & NAME_IN_HOST) != 0;
    }

    /**
     * Characters of a label of a host name: letters, digits and hyphens, RFC 1123 §2.1, and the
     * underscore, which names of services have (as Docker's and Kubernetes' networks do).
     */
    public static boolean isHostNameChar(byte b) {
        return (CLASSES[b & 0xFF] & HOST_NAME) != 0;
    }

    /** qdtext, RFC 9110 §5.6.4. */
    public static boolean isQuotedText(byte b) {
        return (CLASSES[b & 0xFF] & QUOTED) != 0;
    }

    /** Space or tab: OWS and BWS are any number of them, RFC 9110 §5.6.3. */
    public static boolean isWhitespace(byte b) {
        return (CLASSES[b & 0xFF] & WHITESPACE) != 0;
    }

    /** Whether the text is a token, RFC 9110 §5.6.2: a field name or a method. */
    public static boolean isToken(String text) {
        return !text.isEmpty() && consistsOf(TOKEN, text);
    }

    /** Whether the text may be a field value, or a part of one, RFC 9110 §5.5. */
    public static boolean isFieldValue(String text) {
        return consistsOf(FIELD_VALUE, text);
    }

    /** The value of a hexadecimal digit, 0 to 15; of anything else, -1. */
    public static int hexValue(byte b) {
        if (!isHexDigit(b)) {
            return -1;
        }
        return b <= '9' ? b - '0' : (b | 0x20) - 'a' + 10;
    }

    /** The lower case of an ASCII letter; every other byte is returned as it is. */
    public static int lowerCase(int b) {
        return b >= 'A' && b <= 'Z' ? b | 0x20 : b;
    }

    private static boolean consistsOf(int bits, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > 0xFF || (CLASSES[c] & bits) == 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * The decimal number in {@code text[from, to)}, or -1 when it is too large, or none: it has no
     * sign and no leading zeros.
     */
    public static int decimal(String text, int from, int to, int most) {
        boolean leadingZero = to - from > 1 && text.charAt(from) == '0';
        if (to <= from || to - from > 9 || leadingZero) {
            return -1;
        }
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number <= most ? number : -1;
    }
}
