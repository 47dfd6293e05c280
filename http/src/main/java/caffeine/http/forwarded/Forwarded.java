package caffeine.http.forwarded;

import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.IpAddress;
import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * The client of a request, as reported by a trusted proxy. These fields have no standard, so these
 * are the rules:
 *
 * <ul>
 *   <li>X-Forwarded-For: a list of the addresses through which the request came, each added by the
 *       server that it connected to, so the last is the proxy's own client. From the right, the
 *       first that is not a trusted proxy is the client; addresses left of it may be forged and are
 *       ignored. When all are trusted, the leftmost is. An element is an address, perhaps with a
 *       port ({@code 192.0.2.1:4711}, {@code [2001:db8::1]:4711}), or {@code unix:}, nginx's word
 *       for a client without one.
 *   <li>X-Forwarded-Proto: {@code http} or {@code https}, once.
 *   <li>X-Forwarded-Port: the port to which the client connected, once.
 * </ul>
 *
 * <p>A malformed field is refused, because the server must not guess. So is a request to which a
 * proxy passes on the client's own field beside its own. X-Forwarded-Host and Forwarded (RFC 7239)
 * have no effect: a proxy in front passes on Host.
 */
public final class Forwarded {

    private static final String FOR = "X-Forwarded-For";
    private static final String PROTO = "X-Forwarded-Proto";
    private static final String PORT = "X-Forwarded-Port";
    private static final String SECTION = "trusted proxies";

    /** More than any real chain of proxies. */
    private static final int MOST_HOPS = 100;

    private static final int MOST_PORT = 65_535;

    /** Where a client is. */
    public static final class Client {

        private static final Client UNIX = new Client(null, 0);

        private final byte @Nullable [] address;
        private final int port;

        private Client(byte @Nullable [] address, int port) {
            this.address = address;
            this.port = port;
        }

        /** 4 bytes of IPv4 or 16 of IPv6; null for a client of a Unix-domain socket in front. */
        public byte @Nullable [] address() {
            return address == null ? null : address.clone();
        }

        /** Its port; 0 when it is not known. */
        public int port() {
            return port;
        }
    }

    private final @Nullable Client client;
    private final @Nullable String scheme;
    private final int port;

    private Forwarded(@Nullable Client client, @Nullable String scheme, int port) {
        this.client = client;
        this.scheme = scheme;
        this.port = port;
    }

    /**
     * Reads the fields of a trusted proxy.
     *
     * @param proxies those whose addresses are passed over
     * @throws HttpException 400 for a field that is malformed or contradicts itself
     */
    public static Forwarded of(Fields fields, TrustedProxies proxies) {
        return new Forwarded(client(fields, proxies), scheme(fields), port(fields));
    }

    /** The client; null when the proxy does not say. */
    public @Nullable Client client() {
        return client;
    }

    /** {@code http} or {@code https}; null when the proxy does not say. */
    public @Nullable String scheme() {
        return scheme;
    }

    /** The port to which the client connected; 0 when the proxy does not say. */
    public int port() {
        return port;
    }

    private static @Nullable Client client(Fields fields, TrustedProxies proxies) {
        if (!fields.contains(FOR)) {
            return null;
        }
        String list = String.join(",", fields.all(FOR));
        Client found = null;
        int end = list.length();
        int hops = 0;
        while (end >= 0) {
            int comma = list.lastIndexOf(',', end - 1);
            String element = list.substring(comma + 1, end).strip();
            end = comma;
            if (element.isEmpty()) {
                continue; // RFC 9110 §5.6.1.2
            }
            found = hops++ < MOST_HOPS ? node(element) : null;
            if (found == null) {
                throw malformed(FOR);
            }
            if (!proxies.trusts(found.address)) {
                return found;
            }
        }
        if (found == null) {
            throw malformed(FOR);
        }
        return found;
    }

    /** An element; null when it is malformed. */
    private static @Nullable Client node(String text) {
        if (text.equals(TrustedProxies.UNIX)) {
            return Client.UNIX;
        }
        int bracket = text.lastIndexOf(']');
        int colon = text.indexOf(':', Math.max(bracket, 0));
        boolean hasPort = bracket >= 0 ? colon >= 0 : colon == text.lastIndexOf(':') && colon >= 0;
        int port = hasPort ? Syntax.decimal(text, colon + 1, text.length(), MOST_PORT) : 0;
        String host = hasPort ? text.substring(0, colon) : text;
        if (bracket >= 0) {
            boolean whole = host.charAt(0) == '[' && bracket == host.length() - 1;
            host = whole ? host.substring(1, bracket) : "";
            port = host.indexOf(':') < 0 ? -1 : port; // brackets are for IPv6
        }
        byte[] address = IpAddress.parse(host);
        return address == null || port < 0 ? null : new Client(address, port);
    }

    private static @Nullable String scheme(Fields fields) {
        String value = single(fields, PROTO);
        if (value == null || value.equalsIgnoreCase("https")) {
            return value == null ? null : "https";
        }
        if (!value.equalsIgnoreCase("http")) {
            throw malformed(PROTO);
        }
        return "http";
    }

    private static int port(Fields fields) {
        String value = single(fields, PORT);
        int port = value == null ? 0 : Syntax.decimal(value, 0, value.length(), MOST_PORT);
        if (port < 0 || (value != null && port == 0)) {
            throw malformed(PORT);
        }
        return port;
    }

    private static @Nullable String single(Fields fields, String name) {
        if (!fields.contains(name)) {
            return null;
        }
        List<String> values = fields.all(name);
        if (values.size() > 1) {
            throw malformed(name);
        }
        return values.getFirst();
    }

    private static HttpException malformed(String name) {
        return new HttpException(400, SECTION, "the trusted proxy's " + name + " is malformed");
    }
}
