package caffeine.cli;

import caffeine.cli.ConfigFile.Entry;
import caffeine.cli.ConfigFile.Route;
import caffeine.http.Syntax;
import caffeine.os.ChildRights;
import caffeine.server.RouteOptions;
import caffeine.server.RouteSetting;
import caffeine.server.engine.StartException;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Makes of a file's {@code [routes."/path"]} what the server is told of them. */
final class Routes {

    private static final Set<String> USUAL_METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH");

    /** What the server itself answers, whatever the route. */
    private static final Set<String> NEVER_OFFERED = Set.of("CONNECT", "TRACE");

    private final ConfigFile file;
    private final ScriptEnvironment environment;
    private final boolean rightsAreOffered;

    private Routes(ConfigFile file, ScriptEnvironment environment, boolean rightsAreOffered) {
        this.file = file;
        this.environment = environment;
        this.rightsAreOffered = rightsAreOffered;
    }

    /**
     * Reads the values of all routes.
     *
     * @throws StartException for a path or a value that cannot be, with file and line
     */
    static List<RouteOptions> of(@Nullable ConfigFile file, ScriptEnvironment environment)
            throws StartException {
        return file == null || file.routes().isEmpty()
                ? List.of()
                : of(file, environment, ChildRights.areOffered());
    }

    /**
     * As {@link #of(ConfigFile, ScriptEnvironment)}.
     *
     * @param rightsAreOffered whether this machine can limit scripts
     */
    static List<RouteOptions> of(
            ConfigFile file, ScriptEnvironment environment, boolean rightsAreOffered)
            throws StartException {
        Routes routes = new Routes(file, environment, rightsAreOffered);
        List<RouteOptions> all = new ArrayList<>();
        Map<String, Route> known = new HashMap<>();
        for (Route route : file.routes()) {
            String prefix = routes.prefix(route);
            Route twin = known.put(prefix, route);
            if (twin != null) {
                throw file.mistake(
                        route.line(),
                        route.name(null)
                                + " is the same path as "
                                + Text.quoted(twin.path())
                                + " on line "
                                + twin.line()
                                + "; make one table of them");
            }
            all.add(new RouteOptions(prefix, routes.values(route)));
        }
        return all;
    }

    // ---- paths

    /** The path as scripts have it, without a slash at its end. */
    private String prefix(Route route) throws StartException {
        String path = route.path();
        if (!path.startsWith("/")) {
            throw path(route, "is no path", "begin it with a slash, as in [routes.\"/api\"]");
        }
        if (path.indexOf('%') >= 0 || path.indexOf('?') >= 0 || path.indexOf('#') >= 0) {
            throw path(
                    route,
                    "is written like an address",
                    "write the names of folders and files as they are, without %, ? and #");
        }
        String end = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        for (String segment : end.isEmpty() ? List.<String>of() : segments(end)) {
            if (segment.isEmpty() || segment.startsWith(".")) {
                throw path(
                        route,
                        segment.isEmpty() ? "has two slashes" : "has a name that begins with a dot",
                        "no script has such a path; write it as in [routes.\"/api/v1\"]");
            }
        }
        return end;
    }

    private static List<String> segments(String path) {
        return List.of(path.substring(1).split("/", -1));
    }

    private StartException path(Route route, String reason, String advice) {
        return file.mistake(
                route.line(),
                ConfigFile.ROUTES
                        + ": "
                        + Text.quoted(route.path())
                        + " "
                        + reason
                        + "; "
                        + advice);
    }

    // ---- values

    private Map<RouteSetting, Object> values(Route route) throws StartException {
        Map<RouteSetting, Object> values = new EnumMap<>(RouteSetting.class);
        for (Map.Entry<RouteSetting, List<Entry>> said : route.settings().entrySet()) {
            values.put(said.getKey(), value(route, said.getKey(), said.getValue()));
        }
        List<Entry> queue = route.settings().get(RouteSetting.MAX_QUEUE);
        if (queue != null && !values.containsKey(RouteSetting.MAX_HANDLERS)) {
            throw file.mistake(
                    queue.getFirst().line(),
                    route.name(RouteSetting.MAX_QUEUE.key())
                            + " is how many wait for max-handlers of the same path; give that too");
        }
        return values;
    }

    private Object value(Route route, RouteSetting setting, List<Entry> said)
            throws StartException {
        if (!setting.type.isList()) {
            return one(route, setting, said.getFirst());
        }
        Set<Object> all = new LinkedHashSet<>();
        if (setting.type == RouteSetting.Type.VARIABLES) {
            all.add("PATH=" + environment.path());
        }
        for (Entry entry : said) {
            all.addAll((List<?>) one(route, setting, entry));
        }
        return List.copyOf(all);
    }

    private Object one(Route route, RouteSetting setting, Entry entry) throws StartException {
        try {
            return read(setting, entry.text());
        } catch (UsageException e) {
            throw file.mistake(entry.line(), route.name(setting.key()) + ": " + e.explanation());
        }
    }

    private Object read(RouteSetting setting, String text) throws UsageException {
        if (setting.isRight() && !rightsAreOffered) {
            throw new UsageException(
                    null,
                    text,
                    "cannot be had on this processor",
                    "limits, niceness and users of routes are for x86-64 so far; leave it out");
        }
        return switch (setting.type) {
            case FLAG -> text.equals("true");
            case COUNT -> (long) Values.count(null, text, (int) setting.least, (int) setting.most);
            case SIZE -> Values.bytes(null, text, setting.least, setting.most);
            case TIME -> Values.nanoseconds(null, text, setting.least == 0);
            case WORD -> word(setting, text);
            case TEXT -> setting == RouteSetting.USER ? Privileges.routeUser(text) : text;
            case TOKENS -> List.of(method(text));
            case VARIABLES -> environment.assignments(text);
        };
    }

    private static String word(RouteSetting setting, String text) throws UsageException {
        if (!setting.words.contains(text)) {
            throw new UsageException(
                    null,
                    text,
                    "is no " + setting.key(),
                    "give one of " + String.join(", ", setting.words));
        }
        return text;
    }

    private static String method(String text) throws UsageException {
        String upper = text.toUpperCase(Locale.ROOT);
        String reason =
                NEVER_OFFERED.contains(text)
                        ? "is never offered to a script"
                        : USUAL_METHODS.contains(upper) && !text.equals(upper)
                                ? "is no method, since case counts"
                                : "is no method";
        boolean wrong = !reason.equals("is no method");
        if (wrong || !Syntax.isToken(text)) {
            throw new UsageException(null, text, reason, "give names as in [\"GET\", \"POST\"]");
        }
        return text;
    }
}
