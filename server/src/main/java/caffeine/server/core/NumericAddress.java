package caffeine.server.core;

import java.net.Inet6Address;
import java.net.InetAddress;

/** Addresses in numbers. The JDK prints IPv6 addresses at full length; RFC 5952 says how. */
public final class NumericAddress {

    private NumericAddress() {}

    /** The address as RFC 5952 §4 recommends: {@code 192.0.2.1}, {@code 2001:db8::1}. */
    public static String of(InetAddress address) {
        return address instanceof Inet6Address six
                ? compress(six.getAddress())
                : address.getHostAddress();
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
