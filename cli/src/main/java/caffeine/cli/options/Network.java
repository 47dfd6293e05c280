package caffeine.cli.options;

import caffeine.http.forwarded.TrustedProxies;
import caffeine.server.options.NetworkOptions;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Where to listen, as the command line says it. */
final class Network {

    /** How {@code --bind} begins for a Unix-domain socket; the path follows. */
    static final String UNIX = "unix:";

    private static final int MOST_PORT = 65_535;
    private static final int MOST_MODE = 0777;

    private final Arguments arguments;
    private final List<SocketAddress> addresses = new ArrayList<>();

    /** The text of each on the command line. */
    private final List<String> said = new ArrayList<>();

    private Network(Arguments arguments) {
        this.arguments = arguments;
    }

    /**
     * Reads the options of the network. An invalid value, and a value that another option makes
     * useless, is added to the arguments' mistakes.
     */
    static NetworkOptions read(Arguments arguments) {
        return new Network(arguments).read();
    }

    private NetworkOptions read() {
        List<String> texts = arguments.values(Option.BIND);
        if (texts.isEmpty()) {
            texts = List.of(arguments.value(Option.BIND));
        }
        boolean unix = texts.stream().anyMatch(each -> each.startsWith(UNIX));
        boolean inet = texts.stream().anyMatch(each -> !each.startsWith(UNIX));
        if (!inet) {
            refuse(Option.PORT, "with --bind unix:");
            refuse(
                    Option.MAX_CONNECTIONS_PER_ADDRESS,
                    "with --bind unix:, whose clients have none");
        }
        int port = inet ? arguments.read(0, this::port) : 0;
        for (String text : texts) {
            SocketAddress address = arguments.read(null, () -> address(text, port));
            if (address != null) {
                add(address, text);
            }
        }
        if (!unix && arguments.isWhole() && arguments.isOnCommandLine(Option.BIND_MODE)) {
            addSenseless(Option.BIND_MODE, "without --bind unix:/path/of/socket");
        }
        boolean wildcard = addresses.stream().anyMatch(Network::isV6Wildcard);
        if (!wildcard && arguments.isWhole() && arguments.isOnCommandLine(Option.BIND_V6_ONLY)) {
            arguments.add(
                    new UsageException(
                            Option.BIND_V6_ONLY.longName()
                                    + " has no effect without --bind ::; leave it out"));
        }
        if (addresses.isEmpty()) { // because of mistakes, which are reported
            addresses.add(InetSocketAddress.createUnresolved("", 0));
        }
        return new NetworkOptions(
                addresses,
                arguments.has(Option.BIND_V6_ONLY),
                arguments.read(0, this::mode),
                proxies(),
                List.of());
    }

    /** Adds an address, unless clients of one already arrive at another. */
    private void add(SocketAddress address, String text) {
        addresses.add(address);
        said.add(text);
        for (int i = 0; i < addresses.size(); i++) {
            SocketAddress other = NetworkOptions.covering(addresses, i);
            if (other != null) {
                String wide = said.get(addresses.indexOf(other));
                String narrow = said.get(i);
                addresses.removeLast();
                said.removeLast();
                refuseBoth(wide, narrow, other.equals(address) && i == addresses.size());
                return;
            }
        }
    }

    private void refuseBoth(String wide, String narrow, boolean same) {
        String reason =
                !same
                        ? "takes the clients of " + Text.quoted(narrow) + " too"
                        : wide.equals(narrow)
                                ? "is given twice"
                                : "is the same address as " + Text.quoted(narrow);
        arguments.add(new UsageException(Option.BIND, wide, reason, "leave one of the two out"));
    }

    private SocketAddress address(String text, int port) throws UsageException {
        return text.startsWith(UNIX)
                ? unix(text)
                : new InetSocketAddress(Addresses.parse(Option.BIND, text), port);
    }

    private int port() throws UsageException {
        return Values.count(Option.PORT, arguments.value(Option.PORT), 0, MOST_PORT);
    }

    private static boolean isV6Wildcard(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                && inet.getAddress() instanceof Inet6Address six
                && six.isAnyLocalAddress();
    }

    private static SocketAddress unix(String text) throws UsageException {
        String path = text.substring(UNIX.length());
        if (!path.startsWith("/") || path.endsWith("/") || path.indexOf('\0') >= 0) {
            throw new UsageException(
                    Option.BIND,
                    text,
                    "names no socket",
                    "give a whole path, as in unix:/run/caffeine/web.sock");
        }
        return UnixDomainSocketAddress.of(path);
    }

    /**
     * Rejects an option without effect on the command line. A file that several command lines share
     * may have it.
     */
    private void refuse(Option option, String where) {
        boolean said = arguments.given(option) != null && arguments.isWhole();
        if (said
                && (arguments.isOnCommandLine(option) || !arguments.isOnCommandLine(Option.BIND))) {
            addSenseless(option, where);
        }
    }

    private void addSenseless(Option option, String where) {
        arguments.add(
                new UsageException(
                        option, arguments.value(option), "has no effect " + where, "leave it out"));
    }

    private TrustedProxies proxies() {
        List<String> all = new ArrayList<>();
        for (String text : arguments.values(Option.TRUSTED_PROXY)) {
            for (String proxy : text.split(",", -1)) {
                String each = proxy.strip();
                if (!arguments.read(TrustedProxies.NONE, () -> proxy(each)).isEmpty()) {
                    all.add(each);
                }
            }
        }
        return all.isEmpty() ? TrustedProxies.NONE : TrustedProxies.of(all);
    }

    private static TrustedProxies proxy(String text) throws UsageException {
        try {
            return TrustedProxies.of(List.of(text));
        } catch (IllegalArgumentException e) {
            throw new UsageException(
                    Option.TRUSTED_PROXY,
                    String.valueOf(e.getMessage()),
                    "names no network",
                    "give an address or a range without bits behind its prefix, as in 192.0.2.1,"
                            + " 10.0.0.0/8, 2001:db8::/32, or unix:");
        }
    }

    private int mode() throws UsageException {
        String text = arguments.value(Option.BIND_MODE);
        int mode = text.isEmpty() ? MOST_MODE + 1 : 0;
        for (int i = 0; i < text.length() && mode <= MOST_MODE; i++) {
            int digit = text.charAt(i) - '0';
            mode = digit >= 0 && digit <= 7 ? mode << 3 | digit : MOST_MODE + 1;
        }
        if (mode > MOST_MODE) {
            throw new UsageException(
                    Option.BIND_MODE,
                    text,
                    "is not a mode",
                    "give permissions in octal, as in 0660");
        }
        return mode;
    }
}
