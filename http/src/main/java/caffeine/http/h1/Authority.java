package caffeine.http.h1;

import caffeine.http.Syntax;

/**
 * {@code uri-host [ ":" port ]}, RFC 9110 §7.2 with RFC 3986 §3.2: what Host holds, and what the
 * absolute-form and the authority-form name. There is no userinfo in it. Reused; the results are
 * those of the last {@link #parse}.
 */
final class Authority {
    private static final int LARGEST_PORT = 65_535;

    private int hostStart;
    private int hostEnd;
    private int port;

    /**
     * Whether the bytes are such an authority. The host may be empty (a reg-name may), and the port
     * behind the colon too (RFC 3986 §3.2.3).
     */
    boolean parse(byte[] b, int from, int to) {
        hostStart = from;
        port = -1;
        hostEnd =
                from < to && b[from] == '[' ? Ipv6.endOfLiteral(b, from, to) : regName(b, from, to);
        return hostEnd >= 0 && (hostEnd == to || (b[hostEnd] == ':' && port(b, hostEnd + 1, to)));
    }

    int hostStart() {
        return hostStart;
    }

    int hostEnd() {
        return hostEnd;
    }

    boolean hasHost() {
        return hostEnd > hostStart;
    }

    /** The port, or -1 when there is none. */
    int port() {
        return port;
    }

    /** Forgets the results. */
    void clear() {
        hostStart = 0;
        hostEnd = 0;
        port = -1;
    }

    /** Where the reg-name, of which an IPv4 address is one, ends; -1 when a triple is malformed. */
    private static int regName(byte[] b, int from, int to) {
        int at = from;
        while (at < to) {
            if (Syntax.isRegNameChar(b[at])) {
                at++;
            } else if (b[at] == '%') {
                if (!Ascii.isPercentTriple(b, at, to)) {
                    return -1;
                }
                at += 3;
            } else {
                return at;
            }
        }
        return at;
    }

    private boolean port(byte[] b, int from, int to) {
        int number = 0;
        for (int at = from; at < to; at++) {
            if (!Syntax.isDigit(b[at])) {
                return false;
            }
            number = number * 10 + b[at] - '0';
            if (number > LARGEST_PORT) {
                return false;
            }
        }
        if (from < to) {
            port = number;
        }
        return true;
    }
}
