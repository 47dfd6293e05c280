package caffeine.http.forwarded;

import caffeine.http.IpAddress;
import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * The proxies whose forwarding fields are used: addresses, networks (RFC 4632 §3.1, RFC 4291 §2.3),
 * and all clients of a Unix-domain socket. Immutable.
 */
public final class TrustedProxies {

    /** No proxy is trusted. */
    public static final TrustedProxies NONE = new TrustedProxies(List.of(), List.of());

    /** The name for all clients of a Unix-domain socket. */
    public static final String UNIX = "unix:";

    private static final class Range {

        private final byte[] prefix;
        private final int bits;

        Range(byte[] prefix, int bits) {
            this.prefix = prefix;
            this.bits = bits;
        }

        boolean contains(byte[] address) {
            if (address.length != prefix.length) {
                return false;
            }
            int whole = bits / 8;
            for (int i = 0; i < whole; i++) {
                if (address[i] != prefix[i]) {
                    return false;
                }
            }
            int rest = 8 - bits % 8;
            return rest == 8 || (address[whole] & 0xff) >> rest == (prefix[whole] & 0xff) >> rest;
        }

        /** Whether bits are set behind the prefix, which is a mistake. */
        boolean hasMore() {
            for (int i = bits; i < prefix.length * 8; i++) {
                if ((prefix[i / 8] & 0x80 >> i % 8) != 0) {
                    return true;
                }
            }
            return false;
        }
    }

    private final List<String> texts;
    private final List<Range> ranges;

    private TrustedProxies(List<String> texts, List<Range> ranges) {
        this.texts = List.copyOf(texts);
        this.ranges = List.copyOf(ranges);
    }

    /**
     * Reads proxies as users write them: {@code 192.0.2.1}, {@code 10.0.0.0/8}, {@code
     * 2001:db8::/32}, {@code unix:}.
     *
     * @throws IllegalArgumentException for a text that is none of these; its message is that text
     */
    public static TrustedProxies of(List<String> texts) {
        List<Range> ranges = new ArrayList<>();
        for (String text : texts) {
            if (!text.equals(UNIX)) {
                Range range = range(text);
                if (range == null || range.hasMore()) {
                    throw new IllegalArgumentException(text);
                }
                ranges.add(range);
            }
        }
        return new TrustedProxies(texts, ranges);
    }

    private static @Nullable Range range(String text) {
        int slash = text.indexOf('/');
        byte[] address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            return null;
        }
        int all = address.length * 8;
        int bits = slash < 0 ? all : Syntax.decimal(text, slash + 1, text.length(), all);
        return bits < 0 ? null : new Range(address, bits);
    }

    /** The texts from which it was made. */
    public List<String> texts() {
        return texts;
    }

    /** Whether it is none. */
    public boolean isEmpty() {
        return texts.isEmpty();
    }

    /**
     * Whether one is trusted.
     *
     * @param address 4 bytes of IPv4 or 16 of IPv6; null for a client of a Unix-domain socket
     */
    public boolean trusts(byte @Nullable [] address) {
        if (address == null) {
            return texts.contains(UNIX);
        }
        for (Range range : ranges) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TrustedProxies proxies && texts.equals(proxies.texts);
    }

    @Override
    public int hashCode() {
        return texts.hashCode();
    }

    @Override
    public String toString() {
        return texts.toString();
    }
}
