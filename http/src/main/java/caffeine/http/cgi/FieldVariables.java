package caffeine.http.cgi;

import caffeine.http.Fields;
import caffeine.http.HopByHop;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * The variables that come from the field section: CONTENT_TYPE and HTTP_*, RFC 3875 §4.1.3 and
 * §4.1.18. Field lines of one name become one variable, in the place of the first of them.
 *
 * <p>A name becomes a variable only if it consists of letters, digits and hyphens. A name with an
 * underscore could be taken for one with a hyphen, and other characters of a token are not portable
 * in a variable name (POSIX XBD 8.1). Also not passed on:
 *
 * <ul>
 *   <li>fields with a variable of their own: Content-Length, Content-Type;
 *   <li>credentials, unless they were asked for (§9.2): Authorization, Proxy-Authorization;
 *   <li>Proxy, because many programs take their proxy from HTTP_PROXY;
 *   <li>fields of the connection, {@link HopByHop} (§4.1.18 permits it). Fields that Connection
 *       names are passed on nevertheless: the script belongs to their recipient, and a client that
 *       could remove fields might remove those that a proxy in front has added.
 * </ul>
 */
final class FieldVariables {
    private static final byte[] PREFIX = "HTTP_".getBytes(StandardCharsets.ISO_8859_1);

    private static final String COMMON =
            """
            Accept Accept-Charset Accept-Encoding Accept-Language Access-Control-Request-Headers \
            Access-Control-Request-Method Authorization Cache-Control Connection Content-Encoding \
            Content-Language Content-Length Content-Type Cookie DNT Expect Forwarded From \
            Git-Protocol Host If-Match If-Modified-Since If-None-Match If-Range \
            If-Unmodified-Since Keep-Alive Last-Event-ID Origin Pragma Priority Range Referer \
            Sec-CH-UA Sec-CH-UA-Mobile Sec-CH-UA-Platform Sec-Fetch-Dest Sec-Fetch-Mode \
            Sec-Fetch-Site Sec-Fetch-User Sec-GPC TE Transfer-Encoding Upgrade \
            Upgrade-Insecure-Requests User-Agent Via X-Forwarded-For X-Forwarded-Host \
            X-Forwarded-Proto X-Real-IP X-Request-ID X-Requested-With\
            """;

    /** Variables of the fields that nearly all requests have, by the two usual spellings. */
    private static final Map<String, String> KNOWN = new HashMap<>();

    static {
        for (String name : COMMON.split(" ", -1)) {
            String variable = Objects.requireNonNull(translate(name));
            KNOWN.put(name, variable);
            KNOWN.put(name.toLowerCase(Locale.ROOT), variable);
        }
    }

    private final Fields fields;

    /** For the first line of each name its variable; null for other lines and for those dropped. */
    private final @Nullable String[] variables;

    /** For each line the next one of its name, or 0: a first line is never the next of another. */
    private final int[] next;

    /** For the first line of each name, the last one so far. */
    private final int[] last;

    /** First lines by the hash of their variable, plus one; 0 is free. A power of two in size. */
    private final int[] slots;

    private FieldVariables(Fields fields) {
        this.fields = fields;
        this.variables = new String[fields.size()];
        this.next = new int[fields.size()];
        this.last = new int[fields.size()];
        this.slots = new int[Integer.highestOneBit(fields.size() * 2 + 1) * 2];
    }

    static void write(Fields fields, MetaVariables.Context context, VariableSink sink) {
        FieldVariables found = new FieldVariables(fields);
        for (int i = 0; i < fields.size(); i++) {
            String variable = variable(fields.name(i), context);
            if (variable != null) {
                found.add(i, variable);
            }
        }
        for (int i = 0; i < fields.size(); i++) {
            String variable = found.variables[i];
            if (variable != null) {
                sink.variable(variable, found.value(i, variable));
            }
        }
    }

    /** The variable for a field of that name, or null when it is not passed on. */
    private static @Nullable String variable(String name, MetaVariables.Context context) {
        String variable = KNOWN.get(name);
        if (variable == null) {
            variable = translate(name);
        }
        if (variable == null) {
            return null;
        }
        if (context.localTarget() != null && variable.startsWith("HTTP_CONTENT_")) {
            return null; // the content that it describes is not passed on either
        }
        return switch (variable) {
            case "HTTP_CONTENT_LENGTH", "HTTP_PROXY" -> null;
            case "HTTP_CONTENT_TYPE" -> "CONTENT_TYPE";
            case "HTTP_AUTHORIZATION", "HTTP_PROXY_AUTHORIZATION" ->
                    context.passAuthorization() ? variable : null;
            default -> HopByHop.contains(name) ? null : variable;
        };
    }

    /** {@code HTTP_} and the name in upper case with underscores for hyphens; null if ambiguous. */
    private static @Nullable String translate(String name) {
        byte[] variable = Arrays.copyOf(PREFIX, PREFIX.length + name.length());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c >= 'a' && c <= 'z') {
                variable[PREFIX.length + i] = (byte) (c - 'a' + 'A');
            } else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
                variable[PREFIX.length + i] = (byte) c;
            } else if (c == '-') {
                variable[PREFIX.length + i] = '_';
            } else {
                return null;
            }
        }
        return new String(variable, StandardCharsets.ISO_8859_1);
    }

    private void add(int line, String variable) {
        int mask = slots.length - 1;
        int hash = variable.hashCode();
        int slot = (hash ^ hash >>> 16) & mask;
        while (slots[slot] != 0) {
            int first = slots[slot] - 1;
            if (variable.equals(variables[first])) {
                next[last[first]] = line;
                last[first] = line;
                return;
            }
            slot = slot + 1 & mask;
        }
        slots[slot] = line + 1;
        variables[line] = variable;
        last[line] = line;
    }

    /** The value of a line, with those of the others of its name behind it. */
    private String value(int first, String variable) {
        String value = fields.value(first);
        if (next[first] == 0) {
            return value;
        }
        String separator = variable.equals("HTTP_COOKIE") ? "; " : ", ";
        StringBuilder joined = new StringBuilder(value);
        for (int i = next[first]; i != 0; i = next[i]) {
            joined.append(separator).append(fields.value(i));
        }
        return joined.toString();
    }
}
