package caffeine.http;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.StringJoiner;

/**
 * Network addresses in numbers, 4 or 16 bytes. Reads them strictly: IPv4 as four decimal numbers
 * without leading zeros, IPv6 as RFC 4291 §2.2 has it, without a zone. An IPv4-mapped address
 * ({@code ::ffff:192.0.2.1}) is the IPv4 address. Writes them as RFC 5952 §4 recommends.
 *
 * <pre>{@code
 * IpAddress.text(IpAddress.parse("2001:DB8:0::1")) // 2001:db8::1
 * }</pre>
 */
public final class IpAddress {

    /** The length of an IPv4 address. */
    public static final int IPV4_BYTES = 4;

    /** The length of an IPv6 address. */
    public static final int IPV6_BYTES = 16;

    private static final int GROUPS = 8;
    private static final int MAPPED_ZEROS = 10;

    private IpAddress() {}

    /** The 4 or 16 bytes of an address; null when the text is none. */
    public static byte @Nullable [] parse(String text) {
        if (text.indexOf(':') < 0) {
            return ipv4(text);
        }
        byte[] bytes = ipv6(text);
        return bytes != null && isMapped(bytes)
                ? Arrays.copyOfRange(bytes, IPV6_BYTES - IPV4_BYTES, IPV6_BYTES)
                : bytes;
    }

    private static boolean isMapped(byte[] bytes) {
        for (int i = 0; i < MAPPED_ZEROS; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return bytes[MAPPED_ZEROS] == -1 && bytes[MAPPED_ZEROS + 1] == -1;
    }

    private static byte @Nullable [] ipv4(String text) {
        byte[] bytes = new byte[IPV4_BYTES];
        int at = 0;
        for (int i = 0; i < IPV4_BYTES; i++) {
            int dot = text.indexOf('.', at);
            boolean last = i == IPV4_BYTES - 1;
            if (last != dot < 0) {
                return null;
            }
            int end = last ? text.length() : dot;
            int number = Syntax.decimal(text, at, end, 255);
            if (number < 0) {
                return null;
            }
            bytes[i] = (byte) number;
            at = end + 1;
        }
        return bytes;
    }

    /** At most one {@code ::}, which stands for as many groups of zeros as are missing. */
    private static byte @Nullable [] ipv6(String text) {
        int gap = text.indexOf("::");
        if (gap < 0) {
            byte[] whole = groups(text);
            return whole != null && whole.length == IPV6_BYTES ? whole : null;
        }
        byte[] left = groups(text.substring(0, gap));
        byte[] right = groups(text.substring(gap + 2));
        if (left == null || right == null || left.length + right.length > IPV6_BYTES - 2) {
            return null;
        }
        boolean dots = text.lastIndexOf('.', gap) >= 0; // IPv4 stands at the end alone
        byte[] bytes = Arrays.copyOf(left, IPV6_BYTES);
        System.arraycopy(right, 0, bytes, IPV6_BYTES - right.length, right.length);
        return dots ? null : bytes;
    }

    /** Groups between single colons, the last perhaps an IPv4 address; empty for no text. */
    private static byte @Nullable [] groups(String text) {
        byte[] bytes = new byte[IPV6_BYTES];
        int length = 0;
        int at = 0;
        while (at < text.length()) {
            int colon = text.indexOf(':', at);
            int end = colon < 0 ? text.length() : colon;
            byte[] group = group(text, at, end, colon < 0);
            if (group == null || length + group.length > GROUPS * 2 || end == text.length() - 1) {
                return null;
            }
            System.arraycopy(group, 0, bytes, length, group.length);
            length += group.length;
            at = end + 1;
        }
        return Arrays.copyOf(bytes, length);
    }

    private static byte @Nullable [] group(String text, int from, int to, boolean last) {
        if (last && text.indexOf('.', from) >= 0) {
            return ipv4(text.substring(from, to));
        }
        if (to == from || to - from > 4) {
            return null;
        }
        int number = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                return null;
            }
            number = number << 4 | digit;
        }
        return new byte[] {(byte) (number >> 8), (byte) number};
    }

    /** An address in numbers: {@code 192.0.2.1}, {@code 2001:db8::1}. */
    public static String text(byte[] address) {
        if (address.length == IPV6_BYTES) {
            return compress(address);
        }
        StringJoiner text = new StringJoiner(".");
        for (byte part : address) {
            text.add(Integer.toString(part & 0xff));
        }
        return text.toString();
    }

    /**
     * The same as the host of a URL, where an IPv6 address stands in brackets (RFC 3986 §3.2.2).
     */
    public static String host(byte[] address) {
        return address.length == IPV6_BYTES ? "[" + compress(address) + "]" : text(address);
    }

    private static String compress(byte[] bytes) {
        int longest = 1; // a single zero group is not shortened (RFC 5952 §4.2.2)
        int start = -1;
        for (int i = 0; i < 8; i++) {
            int run = 0;
            while (i + run < 8 && group(bytes, i + run) == 0) {
                run++;
            }
            if (run > longest) {
                longest = run;
                start = i;
            }
        }
        StringBuilder text = new StringBuilder(39);
        for (int i = 0; i < 8; i++) {
            if (i == start) {
                text.append("::");
                i += longest - 1;
                continue;
            }
            if (i > 0 && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(group(bytes, i)));
        }
        return text.toString();
    }

    private static int group(byte[] bytes, int i) {
        return (bytes[2 * i] & 0xff) << 8 | (bytes[2 * i + 1] & 0xff);
    }
}
