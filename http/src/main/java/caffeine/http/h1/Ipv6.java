package caffeine.http.h1;

import caffeine.http.Syntax;

/** {@code IP-literal}, RFC 3986 §3.2.2: {@code [::1]}, {@code [v7.anything]}. */
final class Ipv6 {
    private static final int GROUPS = 8;
    private static final int GROUPS_OF_AN_IPV4_ADDRESS = 2;

    private Ipv6() {}

    /**
     * Where the literal that begins at {@code from} with a bracket ends, behind its other bracket;
     * -1 when it is none.
     */
    static int endOfLiteral(byte[] b, int from, int to) {
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

    /**
     * Eight groups of hexadecimal digits between colons, the last two perhaps as an IPv4 address,
     * and {@code ::} at most once for one or more groups of zeros.
     */
    private static boolean isAddress(byte[] b, int from, int to) {
        int groups = 0;
        boolean elided = false;
        int at = from;
        if (startsWithTwoColons(b, at, to)) {
            elided = true;
            at += 2;
        }
        while (at < to) {
            int digits = hexDigits(b, at, to);
            if (at + digits < to && b[at + digits] == '.') {
                groups += GROUPS_OF_AN_IPV4_ADDRESS;
                return isIpv4Address(b, at, to) && isComplete(groups, elided);
            }
            if (digits == 0 || digits > 4) {
                return false;
            }
            groups++;
            at += digits;
            if (at == to) {
                break;
            }
            if (!elided && startsWithTwoColons(b, at, to)) {
                elided = true;
                at += 2;
            } else if (b[at] != ':' || ++at == to) {
                return false;
            }
        }
        return isComplete(groups, elided);
    }

    private static boolean isComplete(int groups, boolean elided) {
        return elided ? groups < GROUPS : groups == GROUPS;
    }

    private static boolean startsWithTwoColons(byte[] b, int at, int to) {
        return at + 1 < to && b[at] == ':' && b[at + 1] == ':';
    }

    private static int hexDigits(byte[] b, int from, int to) {
        int at = from;
        while (at < to && Syntax.isHexDigit(b[at])) {
            at++;
        }
        return at - from;
    }

    /** Four numbers up to 255 without leading zeros, dots between them. */
    private static boolean isIpv4Address(byte[] b, int from, int to) {
        int at = from;
        for (int part = 0; part < 4; part++) {
            if (part > 0 && (at == to || b[at++] != '.')) {
                return false;
            }
            int start = at;
            int number = 0;
            while (at < to && Syntax.isDigit(b[at]) && at - start < 3) {
                number = number * 10 + b[at++] - '0';
            }
            boolean leadingZero = at - start > 1 && b[start] == '0';
            if (at == start || number > 255 || leadingZero) {
                return false;
            }
        }
        return at == to;
    }
}
