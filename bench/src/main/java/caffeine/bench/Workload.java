package caffeine.bench;

import caffeine.bench.client.LoadClient;
import caffeine.bench.server.Script;

import java.util.ArrayList;
import java.util.List;

/**
 * What servers are asked to do.
 *
 * @param script what they run
 * @param client the load generator
 * @param connections how many at one time
 * @param sleepers how many scripts that do nothing run beside it
 * @param forLatency whether it is there for the slowest answers, with and without sleepers
 */
record Workload(
        Script script, LoadClient client, int connections, int sleepers, boolean forLatency) {

    /**
     * A script that waits must not make others wait: seen by the slowest answers of many clients.
     */
    private static final int SLEEPERS = 8;

    private static final int CONNECTIONS_BESIDE_SLEEPERS = 64;

    static List<Workload> all(Session session, Settings settings) {
        List<Workload> all = new ArrayList<>();
        for (Script script : Script.values()) {
            if (!Settings.chosen(settings.scripts, script.label)) {
                continue;
            }
            if (session.root().missing(script).isPresent()) {
                session.leaveOut(script.label, session.root().missing(script).get());
                continue;
            }
            for (LoadClient client : session.clients()) {
                all.add(new Workload(script, client, settings.concurrency, 0, false));
            }
        }
        if (!settings.withoutSleepers) {
            List<Workload> cheapest =
                    all.stream()
                            .filter(w -> w.script == session.root().simplest())
                            .filter(w -> w.client.name().equals("wrk"))
                            .toList();
            for (Workload w : cheapest) {
                for (int sleepers : List.of(0, SLEEPERS)) {
                    all.add(
                            new Workload(
                                    w.script,
                                    w.client,
                                    CONNECTIONS_BESIDE_SLEEPERS,
                                    sleepers,
                                    true));
                }
            }
        }
        return all;
    }

    /** How many scripts may have to run at one time, in the worst of all workloads. */
    static int scriptsAtOnce(List<Workload> all) {
        return all.stream().mapToInt(w -> w.connections + w.sleepers).max().orElse(1);
    }

    /** Short, for charts and progress. */
    String label() {
        return "%s, %s, c=%d%s"
                .formatted(
                        script.label,
                        client.name(),
                        connections,
                        sleepers > 0 ? ", %d asleep".formatted(sleepers) : "");
    }

    /** The heading of its table. */
    String title() {
        return "%s: %s; %s, %s; %d at a time%s"
                .formatted(
                        script.label,
                        script.description,
                        client.name(),
                        client.manner(),
                        connections,
                        sleepers > 0 ? "; beside %d sleeping scripts".formatted(sleepers) : "");
    }
}
