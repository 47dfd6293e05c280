package caffeine.server.script;

import static java.nio.charset.StandardCharsets.UTF_8;

import caffeine.http.FieldList;
import caffeine.http.HttpException;
import caffeine.os.Accounts;
import caffeine.os.ChildRights;
import caffeine.os.ChildRights.Resource;
import caffeine.os.Processes;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions;
import caffeine.server.slots.SlotCount;

import org.jspecify.annotations.Nullable;

import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The settings for a script at its path: those of its route, else those of the server. Made once
 * for each route, so that a request only looks it up.
 */
final class ScriptRoute {

    /** How to treat an encoded slash. */
    enum EncodedSlash {
        REJECT,
        DECODE,
        KEEP
    }

    /** The server's slots only. */
    static final int SERVERS_SLOTS = -1;

    private static final long SECOND_NS = 1_000_000_000L;
    private static final long NO_LIMIT = -1;

    private final RouteOptions options;
    private final byte[][] variables;
    private final @Nullable String path;
    private final boolean passAuthorization;
    private final Set<String> methods;
    private final int slots;

    /** Null: the server's own. */
    private final @Nullable ChildRights rights;

    /**
     * @param options including the settings of wider ones
     * @param slots the number of the slots that it has, of those that {@link SlotCount} lists for
     *     routes; or {@link #SERVERS_SLOTS}
     */
    ScriptRoute(ScriptOptions scripts, RouteOptions options, int slots) {
        this.slots = slots;
        this.options = options;
        this.passAuthorization =
                options.flag(RouteSetting.PASS_AUTHORIZATION, scripts.passAuthorization());
        List<String> environment = environment(scripts, options);
        this.variables =
                environment.stream().map(each -> each.getBytes(UTF_8)).toArray(byte[][]::new);
        this.path = path(environment);
        this.methods = methods(options.list(RouteSetting.METHODS));
        this.rights = rights(options);
    }

    private static List<String> environment(ScriptOptions scripts, RouteOptions options) {
        List<String> passed = options.list(RouteSetting.PASS_ENV);
        if (passed == null) {
            passed =
                    scripts.environment().entrySet().stream()
                            .map(each -> each.getKey() + "=" + each.getValue())
                            .toList();
        }
        return RouteOptions.assigned(passed, options.list(RouteSetting.ENV));
    }

    private static @Nullable String path(List<String> environment) {
        for (String variable : environment) {
            if (variable.startsWith("PATH=")) {
                return variable.substring("PATH=".length());
            }
        }
        return null;
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

    private static @Nullable ChildRights rights(RouteOptions options) {
        Map<Resource, Long> limits = new EnumMap<>(Resource.class);
        limit(limits, Resource.CPU, options, RouteSetting.CPU_TIME, SECOND_NS);
        limit(limits, Resource.MEMORY, options, RouteSetting.MEMORY, 1);
        limit(limits, Resource.PROCESSES, options, RouteSetting.PROCESSES, 1);
        limit(limits, Resource.OPEN_FILES, options, RouteSetting.OPEN_FILES, 1);
        limit(limits, Resource.FILE_SIZE, options, RouteSetting.FILE_SIZE, 1);
        int niceness = (int) options.number(RouteSetting.NICE, 0);
        String name = options.text(RouteSetting.USER);
        Accounts.User user = name == null ? null : Accounts.user(name);
        if (name != null && user == null) {
            throw new IllegalStateException("there is no user " + name + " any more");
        }
        if (user != null && user.uid() == Processes.geteuid()) {
            user = null; // already the user of the server
        }
        ChildRights rights = new ChildRights(limits, niceness, user);
        return rights.isEmpty() ? null : rights;
    }

    /** Rounds up, so that a second's part is not none. */
    private static void limit(
            Map<Resource, Long> limits,
            Resource resource,
            RouteOptions options,
            RouteSetting setting,
            long unit) {
        long most = options.number(setting, NO_LIMIT);
        boolean none = most == 0 && setting == RouteSetting.CPU_TIME;
        if (most != NO_LIMIT && !none) {
            limits.put(resource, Math.ceilDiv(most, unit));
        }
    }

    /** Limits and user of a script's process; null: those of the server. */
    @Nullable ChildRights rights() {
        return rights;
    }

    /** Whether a decoded path belongs to this route. A character for each byte. */
    boolean covers(String path) {
        return options.covers(path);
    }

    /** All its settings. */
    RouteOptions options() {
        return options;
    }

    /**
     * The mode of scripts below the route.
     *
     * @param byPlace the mode unless the route has one
     */
    Script.Mode mode(Script.Mode byPlace) {
        String said = options.text(RouteSetting.MODE);
        return switch (said == null ? "auto" : said) {
            case "cgi" -> Script.Mode.CGI;
            case "direct" -> Script.Mode.DIRECT;
            case "text" -> Script.Mode.TEXT;
            case "websocket" -> Script.Mode.WEBSOCKET;
            default -> byPlace;
        };
    }

    /**
     * Whether files below the route are sent, and not run.
     *
     * @param byPlace whether they are unless the route has a mode
     */
    boolean sendsFiles(boolean byPlace) {
        String said = options.text(RouteSetting.MODE);
        return (said == null || said.equals("auto")) ? byPlace : said.equals("files");
    }

    /** Whether messages are binary in both directions, and not lines. */
    boolean isWebSocketBinary() {
        return options.flag(RouteSetting.WS_BINARY, false);
    }

    /**
     * How long to wait for more output when a script has ended and other processes hold its output.
     */
    long outputQuietNs() {
        return options.number(RouteSetting.OUTPUT_QUIET, ScriptOptions.OUTPUT_QUIET_NS);
    }

    /** Whether an exit other than 0 counts against a response. */
    boolean isExitStrict() {
        return "strict".equals(options.text(RouteSetting.EXIT_STATUS));
    }

    /** Whether links may lead out of the served folder. */
    boolean followsLinks() {
        return options.flag(RouteSetting.FOLLOW_LINKS, false);
    }

    /** How to treat an encoded slash in PATH_INFO. */
    EncodedSlash encodedSlash() {
        return switch (options.text(RouteSetting.ENCODED_SLASH)) {
            case "decode" -> EncodedSlash.DECODE;
            case "keep" -> EncodedSlash.KEEP;
            case null, default -> EncodedSlash.REJECT;
        };
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

    /** The PATH among them; null without one. */
    @Nullable String path() {
        return path;
    }

    boolean passAuthorization() {
        return passAuthorization;
    }

    /**
     * Checks the method.
     *
     * @throws HttpException 405 with the allowed methods
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
}
