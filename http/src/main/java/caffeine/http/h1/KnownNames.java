package caffeine.http.h1;

import org.jspecify.annotations.Nullable;

import java.util.Locale;

/**
 * The names that nearly every request consists of, so that they are looked up and not made anew.
 * Field names are known in two spellings: with capitals, and in lower case.
 */
final class KnownNames {
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

    private KnownNames() {}

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
        return Ascii.equals(b, from, to, candidate) ? candidate : Ascii.string(b, from, to);
    }

    /** The field name as sent; a known one is not made anew. */
    static String field(byte[] b, int from, int to) {
        int slot = slot(to - from, b[from], b[to - 1]);
        for (String name = TABLE[slot]; name != null; name = TABLE[slot]) {
            if (Ascii.equals(b, from, to, name)) {
                return name;
            }
            slot = next(slot);
        }
        return Ascii.string(b, from, to);
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
}
