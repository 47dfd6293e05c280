package caffeine.http.h1;

import caffeine.http.HttpException;
import caffeine.http.IpAddress;
import caffeine.http.RequestTarget.Form;
import caffeine.http.Syntax;

import java.nio.charset.StandardCharsets;

/**
 * Host and the authority that a request is for, RFC 9112 §3.2 and RFC 9110 §7.2: {@code uri-host [
 * ":" port ]}, RFC 9110 §7.2 with RFC 3986 §3.2: what Host holds, and what the absolute-form and
 * the authority-form name. There is no userinfo in it. Reused; the results are those of the last
 * {@link #parse}.
 */
final class Authority {
    private static final int LARGEST_PORT = 65_535;
    private static final int LONGEST_LABEL = 63;
    private static final int LONGEST_NAME = 253;

    private int hostStart;
    private int hostEnd;
    private int port;

    /**
     * Whether the bytes are such an authority. The host may be empty (a reg-name may), and the port
     * behind the colon too (RFC 3986 §3.2.3); port 0 is reserved, and no server has it.
     */
    boolean parse(byte[] b, int from, int to) {
        hostStart = from;
        port = -1;
        hostEnd = from < to && b[from] == '[' ? endOfLiteral(b, from, to) : name(b, from, to);
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

    /**
     * Where the name ends, of which an IPv4 address is one; -1 when it is none. RFC 3986 §3.2.2
     * allows more in a reg-name, but nothing else can be looked up or be SERVER_NAME (RFC 3875
     * §4.1.14): labels with dots between them, RFC 1123 §2.1, and a dot at the end for the root.
     */
    private static int name(byte[] b, int from, int to) {
        int label = from;
        int at = from;
        for (; at < to && b[at] != ':'; at++) {
            if (b[at] == '.') {
                if (!isLabel(b, label, at)) {
                    return -1;
                }
                label = at + 1;
            } else if (!Syntax.isHostNameChar(b[at])) {
                return -1;
            }
        }
        boolean hasRoot = label == at && at > from;
        boolean whole = label == at || isLabel(b, label, at);
        return whole && at - from <= (hasRoot ? LONGEST_NAME + 1 : LONGEST_NAME) ? at : -1;
    }

    /** RFC 952: no hyphen at its ends. RFC 1034 §3.1: 1 to 63 characters. */
    private static boolean isLabel(byte[] b, int from, int to) {
        return from < to && to - from <= LONGEST_LABEL && b[from] != '-' && b[to - 1] != '-';
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
        return from == to || number > 0;
    }

    // ---- of a request

    /**
     * Finds the authority: the target's if it has one, whose text then takes the place of the
     * field's value (RFC 9112 §3.2.2), else Host's.
     *
     * @param own where Host's authority is put when it is the one
     * @return the authority, without a host when neither is there, as HTTP/1.0 allows
     * @throws HttpException 400 when Host is missing in HTTP/1.1, repeated, or not an authority
     */
    static Authority resolve(
            FieldTable fields, ParsedTarget target, int minorVersion, Authority own) {
        own.clear();
        int line = fields.find(FieldTable.Role.HOST, 0);
        if (line >= 0) {
            parse(fields, line, own);
        } else if (minorVersion > 0) {
            throw new HttpException(400, "RFC 9112 §3.2", "no Host");
        }
        if (target.authority().hasHost()) {
            if (line >= 0 && target.form() == Form.ABSOLUTE) {
                fields.replaceValue(line, target.authority().hostStart(), target.authorityEnd());
            }
            return target.authority();
        }
        if (line >= 0 && !own.hasHost()) {
            throw new HttpException(400, "RFC 9110 §4.2.1", "an empty Host");
        }
        return own;
    }

    private static void parse(FieldTable fields, int line, Authority authority) {
        if (fields.find(FieldTable.Role.HOST, line + 1) >= 0) {
            throw new HttpException(400, "RFC 9112 §3.2", "more than one Host");
        }
        if (!authority.parse(fields.bytes(), fields.valueStart(line), fields.valueEnd(line))) {
            throw new HttpException(400, "RFC 9112 §3.2", "Host is not a host and port");
        }
    }

    /**
     * Where the IP-literal (RFC 3986 §3.2.2), {@code [::1]} or {@code [v7.anything]}, that begins
     * at {@code from} with a bracket ends, behind its other bracket; -1 when it is none.
     */
    private static int endOfLiteral(byte[] b, int from, int to) {
        int close = from + 1;
        while (close < to && b[close] != ']') {
            close++;
        }
        if (close == to) {
            return -1;
        }
        boolean future = close > from + 1 && Syntax.lowerCase(b[from + 1]) == 'v';
        boolean valid =
                future ? isFutureAddress(b, from + 2, close) : isAddress(b, from + 1, close);
        return valid ? close + 1 : -1;
    }

    /** {@code 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )} behind the v. */
    private static boolean isFutureAddress(byte[] b, int from, int to) {
        int at = from;
        while (at < to && Syntax.isHexDigit(b[at])) {
            at++;
        }
        if (at == from || at == to || b[at] != '.' || at + 1 == to) {
            return false;
        }
        for (at++; at < to; at++) {
            if (!Syntax.isRegNameChar(b[at]) && b[at] != ':') {
                return false;
            }
        }
        return true;
    }

    private static boolean isAddress(byte[] b, int from, int to) {
        String text = new String(b, from, to - from, StandardCharsets.ISO_8859_1);
        return text.indexOf(':') >= 0 && IpAddress.parse(text) != null;
    }
}
