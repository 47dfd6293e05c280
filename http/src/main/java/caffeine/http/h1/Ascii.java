package caffeine.http.h1;

import caffeine.http.Syntax;

import java.nio.charset.StandardCharsets;

/** Texts as they lie in an array. */
final class Ascii {
    private Ascii() {}

    /**
     * Whether the bytes at {@code from} are the letters of {@code lowerCase}, in either case. The
     * caller knows that there are as many.
     */
    static boolean equalsIgnoreCase(byte[] b, int from, String lowerCase) {
        for (int i = 0; i < lowerCase.length(); i++) {
            if (Syntax.lowerCase(b[from + i]) != lowerCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the bytes from {@code from} to before {@code to} are {@code lowerCase}. */
    static boolean equalsIgnoreCase(byte[] b, int from, int to, String lowerCase) {
        return to - from == lowerCase.length() && equalsIgnoreCase(b, from, lowerCase);
    }

    /** Whether the bytes from {@code from} to before {@code to} are exactly {@code text}. */
    static boolean equals(byte[] b, int from, int to, String text) {
        if (to - from != text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (b[from + i] != (byte) text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether there is a percent sign with two hexadecimal digits behind it, RFC 3986 §2.1. */
    static boolean isPercentTriple(byte[] b, int at, int to) {
        return to - at >= 3
                && b[at] == '%'
                && Syntax.isHexDigit(b[at + 1])
                && Syntax.isHexDigit(b[at + 2]);
    }

    /** The bytes as a string, a character for each. */
    static String string(byte[] b, int from, int to) {
        return new String(b, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** The byte as a log shows it: {@code 0x0A}. */
    static String hex(byte b) {
        return String.format("0x%02X", b & 0xFF);
    }
}
