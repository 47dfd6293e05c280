package caffeine.server.slots;

import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ServerOptions;

import java.util.ArrayList;
import java.util.List;

/**
 * How many handlers may run at one time, and how many requests may wait for one to end.
 *
 * @param handlers at least 1
 * @param queue 0: none waits
 */
public record SlotCount(int handlers, int queue) {

    /** The counts of a server: its own, then one for each route with its own slots. */
    public static List<SlotCount> of(ServerOptions options) {
        List<SlotCount> counts = new ArrayList<>();
        int queue = options.limits().queue();
        counts.add(new SlotCount(options.limits().handlers(), queue));
        for (RouteOptions route : withSlots(options.scripts())) {
            counts.add(
                    new SlotCount(
                            (int) route.number(RouteSetting.MAX_HANDLERS, 1),
                            (int) route.number(RouteSetting.MAX_QUEUE, queue)));
        }
        return counts;
    }

    /** The routes that have slots of their own, in the order of the counts. */
    public static List<RouteOptions> withSlots(ScriptOptions scripts) {
        return scripts.routes().stream()
                .filter(route -> route.has(RouteSetting.MAX_HANDLERS))
                .toList();
    }
}
