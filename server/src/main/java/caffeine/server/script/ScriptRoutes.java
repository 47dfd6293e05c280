package caffeine.server.script;

import caffeine.server.options.RouteOptions;
import caffeine.server.options.ScriptOptions;
import caffeine.server.script.ScriptRoute.EncodedSlash;
import caffeine.server.slots.SlotCount;

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
                        .map(RouteOptions::inBytes)
                        .sorted(Comparator.comparingInt(each -> each.prefix().length()))
                        .toList();
        List<String> withSlots =
                SlotCount.withSlots(scripts).stream()
                        .map(RouteOptions::inBytes)
                        .map(RouteOptions::prefix)
                        .toList();
        this.all = new ScriptRoute(scripts, RouteOptions.NONE, ScriptRoute.SERVERS_SLOTS);
        List<ScriptRoute> found = new ArrayList<>();
        for (RouteOptions route : given) {
            ScriptRoute parent = all;
            for (ScriptRoute wider : found) { // the last that covers it has all of the others
                parent = wider.covers(route.prefix()) ? wider : parent;
            }
            int own = withSlots.indexOf(route.prefix());
            int slots = own >= 0 ? own : parent.slots();
            found.add(new ScriptRoute(scripts, route.within(parent.options()), slots));
        }
        this.routes = List.copyOf(found.reversed());
    }

    /** Whether links may lead out of the folder somewhere. */
    boolean anyFollowsLinks() {
        return routes.stream().anyMatch(ScriptRoute::followsLinks);
    }

    /** Whether files are sent somewhere because of a route. */
    boolean anySendsFiles() {
        return routes.stream().anyMatch(each -> each.sendsFiles(false));
    }

    /** Whether a path may have an encoded slash somewhere. */
    boolean anyTakesEncodedSlashes() {
        return routes.stream().anyMatch(each -> each.encodedSlash() != EncodedSlash.REJECT);
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
