package caffeine.server.script;

import caffeine.server.RouteOptions;
import caffeine.server.ScriptOptions;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The routes of a server, and which of them a script belongs to: the longest that covers it. */
final class ScriptRoutes {

    private final ScriptRoute all;

    /** The longest first. */
    private final List<ScriptRoute> routes;

    ScriptRoutes(ScriptOptions scripts) {
        List<RouteOptions> given =
                scripts.routes().stream()
                        .map(ScriptRoute::inBytes)
                        .sorted(Comparator.comparingInt(each -> each.prefix().length()))
                        .toList();
        List<RouteOptions> whole = new ArrayList<>();
        for (RouteOptions route : given) {
            RouteOptions parent = RouteOptions.NONE;
            for (RouteOptions wider : whole) { // the last that covers it has all of the others
                parent = wider.covers(route.prefix()) ? wider : parent;
            }
            whole.add(route.within(parent));
        }
        this.all = new ScriptRoute(scripts, RouteOptions.NONE);
        this.routes =
                whole.reversed().stream().map(each -> new ScriptRoute(scripts, each)).toList();
    }

    /**
     * The route of a script.
     *
     * @param name its path below the served folder, beginning with a slash
     * @param pathInfo the rest of the address, decoded
     */
    ScriptRoute of(String name, String pathInfo) {
        if (routes.isEmpty()) {
            return all;
        }
        // Empty segments are none, so that /app//admin is no way around what holds for /app/admin.
        String path = pathInfo.isEmpty() ? name : name + pathInfo.replaceAll("/{2,}", "/");
        for (ScriptRoute route : routes) {
            if (route.covers(path)) {
                return route;
            }
        }
        return all;
    }
}
