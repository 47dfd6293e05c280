package caffeine.bench;

import caffeine.bench.HelloSettings.Measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A load whose rate, latency and CPU time are measured, round by round.
 *
 * @param measure what it belongs to
 * @param connections how many
 * @param depth how many requests go out together on each
 */
record HelloWorkload(Measure measure, int connections, int depth) {
    static final int CONNECTIONS = 64;
    static final int DEPTH = 16;

    static List<HelloWorkload> all(HelloSettings settings) {
        List<HelloWorkload> all = new ArrayList<>();
        if (settings.measures(Measure.KEPT)) {
            all.add(new HelloWorkload(Measure.KEPT, CONNECTIONS, 1));
        }
        if (settings.measures(Measure.PIPELINED)) {
            all.add(new HelloWorkload(Measure.PIPELINED, CONNECTIONS, DEPTH));
        }
        if (settings.measures(Measure.CONNECTIONS)) {
            settings.connections.forEach(
                    n -> all.add(new HelloWorkload(Measure.CONNECTIONS, n, 1)));
        }
        return all;
    }

    /** Short, for charts and progress. */
    String label() {
        String load = String.format(Locale.ROOT, "c=%,d", connections);
        return depth > 1 ? "%s, %d pipelined".formatted(load, depth) : load;
    }
}
