package caffeine.http.h1;

import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Texts as they lie in an array: compared in place, eight bytes at a time, or made strings. */
final class Ascii {
    static final int WORD_BYTES = Long.BYTES;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long LOW_BITS = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long SPACES = ' ' * LOW_BITS;
    private static final long DELETES = 0x7F * LOW_BITS;

    /**
     * The field names that nearly every request consists of, so that they are looked up and not
     * made anew: in two spellings, with capitals and in lower case.
     */
    private static final String[] FIELD_NAMES = {
        "Accept",
        "Accept-Charset",
        "Accept-Encoding",
        "Accept-Language",
        "Access-Control-Request-Headers",
        "Access-Control-Request-Method",
        "Authorization",
        "Cache-Control",
        "Connection",
        "Content-Disposition",
        "Content-Encoding",
        "Content-Language",
        "Content-Length",
        "Content-Type",
        "Cookie",
        "DNT",
        "Date",
        "ETag",
        "Expect",
        "Forwarded",
        "From",
        "Host",
        "If-Match",
        "If-Modified-Since",
        "If-None-Match",
        "If-Range",
        "If-Unmodified-Since",
        "Keep-Alive",
        "Max-Forwards",
        "Origin",
        "Pragma",
        "Priority",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Range",
        "Referer",
        "Sec-Fetch-Dest",
        "Sec-Fetch-Mode",
        "Sec-Fetch-Site",
        "Sec-Fetch-User",
        "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Version",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Upgrade-Insecure-Requests",
        "User-Agent",
        "Via",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Real-IP",
        "X-Request-ID",
        "X-Requested-With",
    };

    /** Open addressing, at most a quarter full. */
    private static final @Nullable String[] TABLE = new @Nullable String[512];

    static {
        for (String name : FIELD_NAMES) {
            insert(name);
            insert(name.toLowerCase(Locale.ROOT));
        }
    }

    private Ascii() {}

    /**
     * Whether the bytes at {@code from} are the letters of {@code lowerCase}, in either case. The
     * caller knows that there are as many.
     */
    static boolean equalsIgnoreCase(byte[] b, int from, String lowerCase) {
        for (int i = 0; i < lowerCase.length(); i++) {
            if (lowerCase(b[from + i]) != lowerCase.charAt(i)) {
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

    /** As {@link Syntax#lowerCase}. */
    private static int lowerCase(int b) {
        return b >= 'A' && b <= 'Z' ? b | 0x20 : b;
    }

    // ---- known names

    /** The method, RFC 9110 §9.3, and RFC 5789's PATCH; any other is made. */
    static String method(byte[] b, int from, int to) {
        String candidate =
                switch (to - from) {
                    case 3 -> b[from] == 'G' ? "GET" : "PUT";
                    case 4 -> b[from] == 'P' ? "POST" : "HEAD";
                    case 5 -> b[from] == 'P' ? "PATCH" : "TRACE";
                    case 6 -> "DELETE";
                    case 7 -> b[from] == 'O' ? "OPTIONS" : "CONNECT";
                    default -> "";
                };
        return equals(b, from, to, candidate) ? candidate : string(b, from, to);
    }

    /** The field name as sent; a known one is not made anew. */
    static String field(byte[] b, int from, int to) {
        int slot = slot(to - from, b[from], b[to - 1]);
        for (String name = TABLE[slot]; name != null; name = TABLE[slot]) {
            if (equals(b, from, to, name)) {
                return name;
            }
            slot = next(slot);
        }
        return string(b, from, to);
    }

    private static void insert(String name) {
        int slot =
                slot(name.length(), (byte) name.charAt(0), (byte) name.charAt(name.length() - 1));
        while (TABLE[slot] != null) {
            slot = next(slot);
        }
        TABLE[slot] = name;
    }

    private static int slot(int length, byte first, byte last) {
        return (length * 67 + first * 31 + last * 7) & (TABLE.length - 1);
    }

    private static int next(int slot) {
        return (slot + 1) & (TABLE.length - 1);
    }

    // ---- words

    /** The bytes {@code b[i]} to {@code b[i + 7]}, the first one lowest. */
    static long word(byte[] b, int i) {
        return (long) LONG.get(b, i);
    }

    /** The word that eight characters make. */
    static long word(String text) {
        return word(text.getBytes(StandardCharsets.ISO_8859_1), 0);
    }

    /**
     * Marks the control characters (0x00 to 0x1F, 0x7F) in the word: not 0 if there is one, and
     * then {@link #firstMarked} is the first. Above the first the marks may be wrong, because the
     * subtraction borrows.
     */
    static long controls(long word) {
        long deletes = word ^ DELETES;
        long low = (word - SPACES) & ~word;
        return (low | ((deletes - LOW_BITS) & ~deletes)) & HIGH_BITS;
    }

    /** The place, 0 to 7, of the first marked byte. */
    static int firstMarked(long marks) {
        return Long.numberOfTrailingZeros(marks) >>> 3;
    }
}
