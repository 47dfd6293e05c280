package caffeine.http.websocket;

import caffeine.http.RequestHead;
import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The pages that may open a WebSocket connection, RFC 6455 §10.2. Browsers allow it to every page
 * and name the page in Origin, so the server decides. A request without Origin does not come from a
 * page and is always allowed. Immutable.
 */
public final class OriginPolicy {
    private static final String FIELD = "Origin";
    private static final int LARGEST_PORT = 65_535;

    /** Pages of the host and port that the request is for, RFC 6454 §4; http and https alike. */
    public static final OriginPolicy SAME_HOST = new OriginPolicy(false, List.of());

    /** All pages. */
    public static final OriginPolicy ANY = new OriginPolicy(true, List.of());

    /** An origin, or a part of one: {@code ""} is any scheme, -1 any port. */
    private record Origin(String scheme, String host, int port) {

        /** The port, or that of the scheme when it is left out; -1 for an unknown scheme. */
        int effectivePort() {
            return port >= 0 ? port : defaultPort();
        }

        int defaultPort() {
            return switch (scheme) {
                case "http" -> 80;
                case "https" -> 443;
                default -> -1;
            };
        }

        boolean matches(Origin page) {
            return host.equals(page.host)
                    && (scheme.isEmpty() || scheme.equals(page.scheme))
                    && ((scheme.isEmpty() && port < 0)
                            || effectivePort() < 0
                            || effectivePort() == page.effectivePort());
        }
    }

    private final boolean any;

    /** Empty: the same host. */
    private final List<Origin> allowed;

    private OriginPolicy(boolean any, List<Origin> allowed) {
        this.any = any;
        this.allowed = allowed;
    }

    /**
     * Pages of these hosts, and no others; the request's own host must be named too.
     *
     * @param origins each {@code host}, which is the host at any port, {@code host:port}, {@code
     *     https://host} or {@code https://host:port}, IPv6 in brackets; or only {@code "*"} for all
     * @throws IllegalArgumentException for anything else, and an empty list
     */
    public static OriginPolicy of(List<String> origins) {
        if (origins.equals(List.of("*"))) {
            return ANY;
        }
        List<Origin> allowed = new ArrayList<>();
        for (String text : origins) {
            Origin origin = parse(text);
            if (origin == null) {
                throw new IllegalArgumentException(
                        "not a host, host:port or scheme://host: " + text);
            }
            allowed.add(origin);
        }
        if (allowed.isEmpty()) {
            throw new IllegalArgumentException("no origin; give at least one, or *");
        }
        return new OriginPolicy(false, List.copyOf(allowed));
    }

    /** Whether the page that the request comes from, if any, is allowed. */
    boolean allows(RequestHead request) {
        List<String> fields = request.fields().all(FIELD);
        if (any || fields.isEmpty()) {
            return true;
        }
        // "null" is a page that belongs to no host (RFC 6454 §7.1), and has no scheme.
        Origin page = fields.size() == 1 ? parse(fields.getFirst()) : null;
        if (page == null || page.scheme.isEmpty()) {
            return false;
        }
        if (!allowed.isEmpty()) {
            return allowed.stream().anyMatch(origin -> origin.matches(page));
        }
        int port = request.port() >= 0 ? request.port() : page.defaultPort();
        return request.host().equalsIgnoreCase(page.host) && port == page.effectivePort();
    }

    /** {@code [ scheme "://" ] host [ ":" port ]}, in lower case; null for anything else. */
    private static @Nullable Origin parse(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        int slashes = lower.indexOf("://");
        String scheme = slashes < 0 ? "" : lower.substring(0, slashes);
        String authority = slashes < 0 ? lower : lower.substring(slashes + 3);
        int colon = authority.indexOf(':', authority.startsWith("[") ? authority.indexOf(']') : 0);
        String host = colon < 0 ? authority : authority.substring(0, colon);
        int port = colon < 0 ? -1 : port(authority, colon + 1);
        boolean valid = slashes != 0 && isHost(host) && (colon < 0 || port > 0);
        return valid ? new Origin(scheme, host, port) : null;
    }

    private static int port(String authority, int from) {
        return Syntax.decimal(authority, from, authority.length(), LARGEST_PORT);
    }

    private static boolean isHost(String host) {
        boolean literal = host.startsWith("[");
        if (host.isEmpty() || literal != host.endsWith("]")) {
            return false;
        }
        return host.chars().noneMatch(c -> c <= ' ' || c > '~' || "/@*?#\\,".indexOf(c) >= 0);
    }
}
