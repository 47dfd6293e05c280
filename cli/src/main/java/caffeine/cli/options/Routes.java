package caffeine.cli.options;

import caffeine.cli.options.ConfigFile.Entry;
import caffeine.cli.options.ConfigFile.Route;
import caffeine.http.Syntax;
import caffeine.os.ChildRights;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Turns the tables {@code [routes."/path"]} of a file into options of the server. */
public final class Routes {

    private static final Set<String> USUAL_METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH");

    /** The methods that the server answers itself, for any route. */
    private static final Set<String> NEVER_OFFERED = Set.of("CONNECT", "TRACE");

    private final ConfigFile file;
    private final ScriptEnvironment environment;
    private final boolean rightsAreOffered;

    private Routes(ConfigFile file, ScriptEnvironment environment, boolean rightsAreOffered) {
        this.file = file;
        this.environment = environment;
        this.rightsAreOffered = rightsAreOffered;
    }

    /** Reads the values of all routes. An invalid path or value is added to the file's mistakes. */
    public static List<RouteOptions> of(@Nullable ConfigFile file, ScriptEnvironment environment) {
        return file == null || file.routes().isEmpty()
                ? List.of()
                : of(file, environment, ChildRights.areOffered());
    }

    /**
     * As {@link #of(ConfigFile, ScriptEnvironment)}.
     *
     * @param rightsAreOffered whether this machine can limit scripts
     */
    public static List<RouteOptions> of(
            ConfigFile file, ScriptEnvironment environment, boolean rightsAreOffered) {
        Routes routes = new Routes(file, environment, rightsAreOffered);
        List<RouteOptions> all = new ArrayList<>();
        Map<String, Route> known = new HashMap<>();
        for (Route route : file.routes()) {
            Map<RouteSetting, Object> values = routes.values(route);
            String prefix = routes.prefix(route);
            if (prefix == null) {
                continue;
            }
            Route twin = known.putIfAbsent(prefix, route);
            if (twin != null) {
                file.mistake(
                        route.line(),
                        route.name(null)
                                + " is the same path as "
                                + Text.quoted(twin.path())
                                + " on line "
                                + twin.line()
                                + "; make one table of them");
            }
            all.add(new RouteOptions(prefix, values));
        }
        return all;
    }

    /** The routes, with one for all paths if the options say something for them. */
    public static List<RouteOptions> within(RouteOptions everywhere, List<RouteOptions> routes) {
        if (everywhere.settings().isEmpty()) {
            return routes;
        }
        List<RouteOptions> all = new ArrayList<>();
        RouteOptions root = everywhere;
        for (RouteOptions route : routes) {
            if (route.prefix().isEmpty()) {
                root = route.within(everywhere);
            } else {
                all.add(route);
            }
        }
        all.addFirst(root);
        return all;
    }

    // ---- paths

    /** The path as scripts have it, without a slash at its end. Null for a mistake. */
    private @Nullable String prefix(Route route) {
        String path = route.path();
        String end = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        if (!path.startsWith("/")) {
            wrong(route, "is not a path", "begin it with a slash, as in [routes.\"/api\"]");
            return null;
        }
        if (path.indexOf('%') >= 0 || path.indexOf('?') >= 0 || path.indexOf('#') >= 0) {
            wrong(
                    route,
                    "is written like an address",
                    "write the names of folders and files as they are, without %, ? and #");
            return null;
        }
        List<String> segments = end.isEmpty() ? List.of() : segments(end);
        for (int depth = 0; depth < segments.size(); depth++) {
            String segment = segments.get(depth);
            if (segment.isEmpty() || ScriptOptions.isHidden(segment, depth)) {
                wrong(
                        route,
                        segment.isEmpty() ? "has two slashes" : "has a name that begins with a dot",
                        "no script has such a path; write it as in [routes.\"/api/v1\"]");
                return null;
            }
        }
        return end;
    }

    private static List<String> segments(String path) {
        return List.of(path.substring(1).split("/", -1));
    }

    private void wrong(Route route, String reason, String advice) {
        file.mistake(
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

    private Map<RouteSetting, Object> values(Route route) {
        Map<RouteSetting, Object> values = new EnumMap<>(RouteSetting.class);
        for (Map.Entry<RouteSetting, List<Entry>> said : route.settings().entrySet()) {
            Object value = value(route, said.getKey(), said.getValue());
            if (value != null) {
                values.put(said.getKey(), value);
            }
        }
        List<Entry> queue = route.settings().get(RouteSetting.MAX_QUEUE);
        boolean alone = !route.settings().containsKey(RouteSetting.MAX_HANDLERS);
        if (queue != null && alone && file.isWhole()) {
            file.mistake(
                    queue.getFirst().line(),
                    route.name(RouteSetting.MAX_QUEUE.key())
                            + " is how many wait for max-handlers of the same path; give that too");
        }
        return values;
    }

    /** Null for a mistake. */
    private @Nullable Object value(Route route, RouteSetting setting, List<Entry> said) {
        if (!setting.type.isList()) {
            return one(route, setting, said.getFirst());
        }
        Set<Object> all = new LinkedHashSet<>();
        if (setting.type == RouteSetting.Type.VARIABLES) {
            all.addAll(environment.assignments(List.of(), _ -> {}));
        }
        for (Entry entry : said) {
            Object one = one(route, setting, entry);
            if (one instanceof List<?> several) {
                all.addAll(several);
            }
        }
        return List.copyOf(all);
    }

    private @Nullable Object one(Route route, RouteSetting setting, Entry entry) {
        Consumer<UsageException> wrong =
                e -> file.mistake(entry.line(), route.name(setting.key()) + ": " + e.explanation());
        try {
            return read(setting, entry.text(), wrong);
        } catch (UsageException e) {
            wrong.accept(e);
            return null;
        }
    }

    private Object read(RouteSetting setting, String text, Consumer<UsageException> wrong)
            throws UsageException {
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
            case VARIABLES -> environment.assignments(List.of(text), wrong);
            case ASSIGNMENTS -> List.of(ScriptEnvironment.assignment(null, text));
        };
    }

    private static String word(RouteSetting setting, String text) throws UsageException {
        if (!setting.words.contains(text)) {
            throw new UsageException(
                    null,
                    text,
                    "is not a value of " + setting.key(),
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
                                ? "is not a method; methods are case-sensitive"
                                : "is not a method";
        boolean wrong = !reason.equals("is not a method");
        if (wrong || !Syntax.isToken(text)) {
            throw new UsageException(null, text, reason, "give names as in [\"GET\", \"POST\"]");
        }
        return text;
    }
}
