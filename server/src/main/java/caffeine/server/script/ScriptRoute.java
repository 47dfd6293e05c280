package caffeine.server.script;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import caffeine.http.FieldList;
import caffeine.http.HttpException;
import caffeine.server.RouteOptions;
import caffeine.server.RouteSetting;
import caffeine.server.ScriptOptions;

import org.jspecify.annotations.Nullable;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What holds for a script, from where it lies: its route's settings, and the server's where the
 * route says nothing. Made once for each route, so that a request costs a look alone.
 */
final class ScriptRoute {

    /** No slots but those of the server. */
    static final int SERVERS_SLOTS = -1;

    private final RouteOptions options;
    private final byte[][] variables;
    private final boolean passAuthorization;
    private final Set<String> methods;
    private final int slots;

    /**
     * @param options with all that it takes over from wider ones
     * @param slots the number of the slots that it has, of those that {@link SlotCount} lists for
     *     routes; or {@link #SERVERS_SLOTS}
     */
    ScriptRoute(ScriptOptions scripts, RouteOptions options, int slots) {
        this.slots = slots;
        this.options = options;
        this.passAuthorization =
                options.flag(RouteSetting.PASS_AUTHORIZATION, scripts.passAuthorization());
        this.variables = variables(scripts, options.list(RouteSetting.PASS_ENV));
        this.methods = methods(options.list(RouteSetting.METHODS));
    }

    private static byte[][] variables(ScriptOptions scripts, @Nullable List<String> given) {
        List<String> chosen = given;
        if (chosen == null) {
            chosen =
                    scripts.environment().entrySet().stream()
                            .map(each -> each.getKey() + "=" + each.getValue())
                            .toList();
        }
        return chosen.stream().map(each -> each.getBytes(UTF_8)).toArray(byte[][]::new);
    }

    private static Set<String> methods(@Nullable List<String> given) {
        Set<String> methods = new LinkedHashSet<>();
        if (given != null) {
            for (String method : given) {
                methods.add(method);
                if (method.equals("GET")) {
                    methods.add("HEAD"); // RFC 9110 §9.1: every server offers both
                }
            }
        }
        return methods;
    }

    /** Whether what lies at a path, decoded, is of this route. A character for each byte. */
    boolean covers(String path) {
        return options.covers(path);
    }

    /** All that holds because of it. */
    RouteOptions options() {
        return options;
    }

    /** What a script below the route writes. */
    Script.Mode mode(boolean cgiByPlace) {
        String said = options.text(RouteSetting.MODE);
        boolean cgi = (said == null || said.equals("auto")) ? cgiByPlace : said.equals("cgi");
        return cgi ? Script.Mode.CGI : Script.Mode.DIRECT;
    }

    /** How long a script may take; 0: no limit. */
    long handlerNs(long serversNs) {
        return options.number(RouteSetting.HANDLER_TIMEOUT, serversNs);
    }

    /** Which slots it has beside the server's. */
    int slots() {
        return slots;
    }

    /** {@code NAME=value}, for every script. */
    byte[][] variables() {
        return variables;
    }

    boolean passAuthorization() {
        return passAuthorization;
    }

    /**
     * Lets through what the route allows.
     *
     * @throws HttpException 405, which names the methods that are allowed
     */
    void check(String method) {
        if (!methods.isEmpty() && !methods.contains(method)) {
            throw new HttpException(
                    405,
                    "RFC 9110 §15.5.6",
                    method + " is not among the methods of " + options.prefix(),
                    FieldList.of("Allow", String.join(", ", methods)));
        }
    }

    /** The prefix with a character for each byte, like the paths that it is compared with. */
    static RouteOptions inBytes(RouteOptions route) {
        return new RouteOptions(
                new String(route.prefix().getBytes(UTF_8), ISO_8859_1), route.settings());
    }
}
