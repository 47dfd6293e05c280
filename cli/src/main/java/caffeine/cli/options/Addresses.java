package caffeine.cli.options;

import caffeine.http.IpAddress;
import caffeine.server.options.NetworkOptions;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/** Reads network addresses from users, and writes them for URLs. */
public final class Addresses {

    private static final String ADVICE =
            "give an IPv4 or IPv6 address of this machine, as in 127.0.0.1, ::1 or 0.0.0.0";

    private Addresses() {}

    /** An IPv4 address, an IPv6 address with or without brackets, or a name that resolves. */
    public static InetAddress parse(Option option, String text) throws UsageException {
        boolean bracketed = text.startsWith("[") && text.endsWith("]");
        String address = bracketed ? text.substring(1, text.length() - 1) : text;
        boolean colon = address.indexOf(':') >= 0;
        if (address.isEmpty() || (bracketed && !colon)) {
            throw new UsageException(option, text, "is not an address", ADVICE);
        }
        // 127.1 or 8080 would be taken for 127.0.0.1 and 0.0.31.144: a mistake here.
        if (isDigitsAndDots(address) && count(address, '.') != 3) {
            throw new UsageException(option, text, "is not an address", ADVICE);
        }
        if (count(address, ':') == 1) {
            String advice = "give the port with " + Option.PORT.longName();
            throw new UsageException(option, text, "is more than an address", advice);
        }
        try {
            // With a colon in it, it can only be a literal: nothing is looked up.
            return InetAddress.getByName(address);
        } catch (UnknownHostException _) {
            String reason = colon ? "is not an address" : "is neither an address nor a known name";
            throw new UsageException(option, text, reason, ADVICE);
        }
    }

    private static boolean isDigitsAndDots(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '.' && (c < '0' || c > '9')) {
                return false;
            }
        }
        return true;
    }

    private static int count(String text, char wanted) {
        int count = 0;
        for (int i = 0; i < text.length(); i++) {
            count += text.charAt(i) == wanted ? 1 : 0;
        }
        return count;
    }

    /**
     * Where a browser finds a server, by each of its addresses; by two where it listens for IPv6
     * and IPv4 with one.
     */
    public static List<String> urls(NetworkOptions network) {
        List<String> urls = new ArrayList<>();
        for (SocketAddress address : network.addresses()) {
            urls.add(url(address));
            if (network.isDual(address) && address instanceof InetSocketAddress inet) {
                urls.add(url(new InetSocketAddress("0.0.0.0", inet.getPort())));
            }
        }
        return urls;
    }

    /** All of them in a sentence. */
    public static String all(NetworkOptions network) {
        return String.join(" and ", urls(network));
    }

    /**
     * Where a browser finds it: {@code http://127.0.0.1:8080}, {@code http://[::1]:8080}; where a
     * proxy does, {@code unix:/run/web.sock}.
     */
    public static String url(SocketAddress address) {
        return address instanceof InetSocketAddress inet ? url(inet) : Network.UNIX + address;
    }

    private static String url(InetSocketAddress address) {
        InetAddress host = address.getAddress();
        String text = IpAddress.text(host.getAddress());
        if (host instanceof Inet6Address six) {
            text = '[' + text + zone(six) + ']';
        }
        return "http://" + text + ':' + address.getPort();
    }

    /** The zone of a link-local address, as RFC 6874 writes it in a URL. */
    private static String zone(Inet6Address address) {
        String text = address.getHostAddress();
        int percent = text.indexOf('%');
        return percent < 0 ? "" : "%25" + text.substring(percent + 1);
    }
}
