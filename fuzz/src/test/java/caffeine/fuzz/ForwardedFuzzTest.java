package caffeine.fuzz;

import static caffeine.fuzz.Pieces.require;
import static caffeine.fuzz.Pieces.requireEqual;

import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.Limits;
import caffeine.http.forwarded.Forwarded;
import caffeine.http.forwarded.TrustedProxies;
import caffeine.http.h1.HeadParser;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a trusted proxy says, as field lines with an LF between them. */
class ForwardedFuzzTest {
    private static final TrustedProxies PROXIES =
            TrustedProxies.of(List.of("127.0.0.1", "10.0.0.0/8", "2001:db8::/32", "unix:"));

    private static final int MOST_HOPS = 100;
    private static final String UNIX = "unix:";

    private static final Pattern NODE =
            Pattern.compile(
                    "(?:(?<v4>"
                            + Grammar.IPV4_ADDRESS
                            + ")|\\[(?<v6>"
                            + Grammar.IPV6_ADDRESS
                            + ")\\])(?::(?<port>0|[1-9][0-9]{0,4}))?|(?<bare>"
                            + Grammar.IPV6_ADDRESS
                            + ")");

    /** A client as the fields tell it. */
    private record Node(String address, int port) {}

    private static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;
    }

    @FuzzTest
    void fields(byte[] data) {
        String section = Pieces.latin1(data).replace("\n", "\r\n");
        byte[] b = Pieces.bytes("GET / HTTP/1.1\r\nHost: a\r\n" + section + "\r\n\r\n");
        HeadParser parser = new HeadParser(Limits.DEFAULTS);
        try {
            parser.parse(b, 0, b.length);
        } catch (HttpException _) {
            return;
        }
        if (parser.isComplete()) {
            judge(parser.head().fields());
        }
    }

    private static void judge(Fields fields) {
        String expected;
        try {
            expected = describe(client(fields), scheme(fields), port(fields));
        } catch (Malformed _) {
            expected = "malformed";
        }
        String found;
        try {
            Forwarded forwarded = Forwarded.of(fields, PROXIES);
            var client = forwarded.client();
            byte[] address = client == null ? null : client.address();
            Node node =
                    client == null
                            ? null
                            : new Node(
                                    address == null ? UNIX : Arrays.toString(address),
                                    client.port());
            found = describe(node, forwarded.scheme(), forwarded.port());
        } catch (HttpException e) {
            requireEqual(400, e.status(), "status");
            found = "malformed";
        }
        requireEqual(expected, found, fields.toString());
    }

    private static String describe(@Nullable Node node, @Nullable String scheme, int port) {
        return node + " " + scheme + " " + port;
    }

    private static @Nullable Node client(Fields fields) throws Malformed {
        List<String> values = fields.all("x-forwarded-for");
        if (values.isEmpty()) {
            return null;
        }
        List<String> hops =
                Arrays.stream(String.join(",", values).split(","))
                        .map(hop -> hop.replaceAll("^[ \\t]+|[ \\t]+\\z", ""))
                        .filter(hop -> !hop.isEmpty())
                        .toList()
                        .reversed();
        for (int i = 0; i < hops.size(); i++) {
            Node node = node(hops.get(i));
            if (i == MOST_HOPS) {
                throw new Malformed();
            }
            if (!isTrusted(node) || i == hops.size() - 1) {
                return node;
            }
        }
        throw new Malformed();
    }

    private static Node node(String text) throws Malformed {
        if (text.equals(UNIX)) {
            return new Node(UNIX, 0);
        }
        Matcher matcher = NODE.matcher(text);
        if (!matcher.matches()) {
            throw new Malformed();
        }
        String address = matcher.group("v4");
        address = address == null ? matcher.group("v6") : address;
        address = address == null ? matcher.group("bare") : address;
        String port = matcher.group("port");
        int number = port == null ? 0 : Integer.parseInt(port);
        if (address == null || number > 65_535) {
            throw new Malformed();
        }
        return new Node(Arrays.toString(InetAddress.ofLiteral(address).getAddress()), number);
    }

    private static boolean isTrusted(Node node) {
        return node.address().matches("unix:|\\[127, 0, 0, 1\\]|\\[10, .*|\\[32, 1, 13, -72, .*");
    }

    private static @Nullable String scheme(Fields fields) throws Malformed {
        String value = single(fields, "x-forwarded-proto");
        if (value != null && !value.matches("(?i)https?")) {
            throw new Malformed();
        }
        return value == null ? null : value.toLowerCase(Locale.ROOT);
    }

    private static int port(Fields fields) throws Malformed {
        String value = single(fields, "x-forwarded-port");
        if (value == null) {
            return 0;
        }
        if (!value.matches("[1-9][0-9]{0,4}") || Integer.parseInt(value) > 65_535) {
            throw new Malformed();
        }
        return Integer.parseInt(value);
    }

    private static @Nullable String single(Fields fields, String name) throws Malformed {
        List<String> values = fields.all(name);
        if (values.size() > 1) {
            throw new Malformed();
        }
        require(values.isEmpty() == !fields.contains(name), name);
        return values.isEmpty() ? null : values.getFirst();
    }
}
