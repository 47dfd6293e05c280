package caffeine.http.form;

import caffeine.http.Fields;
import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The cookies of a request, RFC 6265 §4.2. Immutable. Reading them never fails: a client cannot
 * choose what other servers of its domain have stored in it.
 *
 * <p>A cookie-pair has the grammar of §4.1.1, and anything else between two semicolons is ignored.
 * So only spaces and tabs around a pair are dropped, a quoted value keeps its quotes and holds no
 * semicolon, and {@code $Version} is a name like others. Where a server is more liberal, a cookie
 * of a neighbour can appear under the name of another one, also a {@code __Host-} one.
 *
 * <p>A client sends the cookie with the longest path first (§5.4), so the first one of a name is
 * kept.
 *
 * <pre>{@code
 * String session = Cookies.of(request.fields()).first("session");
 * }</pre>
 */
public final class Cookies {

    /** More than any client stores for a site; further ones are ignored. */
    public static final int MOST = 1000;

    private final Map<String, String> values = new LinkedHashMap<>();

    private Cookies() {}

    /**
     * The cookies in the Cookie fields. There should be one (§5.4), but HTTP/2 may split it (RFC
     * 9113 §8.2.3).
     */
    public static Cookies of(Fields fields) {
        Cookies cookies = new Cookies();
        for (String line : fields.all("Cookie")) {
            cookies.read(line);
        }
        return cookies;
    }

    private void read(String line) {
        for (int start = 0, end; start < line.length(); start = end + 1) {
            int semicolon = line.indexOf(';', start);
            end = semicolon < 0 ? line.length() : semicolon;
            readPair(line, start, end);
        }
    }

    private void readPair(String line, int from, int to) {
        int start = from;
        int end = to;
        while (start < end && isWhitespace(line.charAt(start))) {
            start++;
        }
        while (end > start && isWhitespace(line.charAt(end - 1))) {
            end--;
        }
        int equals = line.indexOf('=', start, end);
        if (equals < 0) {
            return;
        }
        String name = line.substring(start, equals);
        String value = line.substring(equals + 1, end);
        if (values.size() < MOST && Syntax.isToken(name) && isValue(value)) {
            values.putIfAbsent(name, value);
        }
    }

    private static boolean isWhitespace(char c) {
        return c == ' ' || c == '\t';
    }

    /** cookie-value: cookie-octets, perhaps between quotes, which belong to the value. */
    static boolean isValue(String text) {
        boolean quoted = text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"");
        int end = text.length() - (quoted ? 1 : 0);
        for (int i = quoted ? 1 : 0; i < end; i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c > '~' || c == '"' || c == ',' || c == ';' || c == '\\') {
                return false;
            }
        }
        return true;
    }

    /** The number of cookies. */
    public int size() {
        return values.size();
    }

    /** The value of the first cookie of that name, in that letter case, or null. */
    public @Nullable String first(String name) {
        return values.get(name);
    }

    /** Whether there is a cookie of that name. */
    public boolean contains(String name) {
        return values.containsKey(name);
    }

    /** The names in the order of the wire. Unmodifiable. */
    public Set<String> names() {
        return Collections.unmodifiableSet(values.keySet());
    }
}
