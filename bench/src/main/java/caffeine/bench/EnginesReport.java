package caffeine.bench;

import caffeine.bench.client.Loader;
import caffeine.bench.report.Figures;
import caffeine.bench.report.Table;
import caffeine.bench.stats.Summary;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What {@code bench/run engines} found out.
 *
 * @param threads of every server that has several
 * @param seconds how long each measurement took
 */
record EnginesReport(int threads, int seconds, int rounds, List<Engine> engines) {

    private static final int NAMED_CALLS = 4;

    /**
     * One engine, or nginx.
     *
     * @param loads by workload; missing are those that it does not have
     * @param notes why it has no figure somewhere
     */
    record Engine(String name, Map<EnginesWorkload, Load> loads, Costs costs, List<String> notes) {}

    /**
     * Of kept connections, for a request; NaN where it could not be seen.
     *
     * @param calls system calls, by name; the most frequent first
     * @param switches context switches of all threads
     * @param pssMib memory of all processes after the load
     */
    record Costs(Map<String, Double> calls, double switches, double pssMib) {
        static final Costs UNKNOWN = new Costs(Map.of(), Double.NaN, Double.NaN);

        double allCalls() {
            return calls.isEmpty()
                    ? Double.NaN
                    : calls.values().stream().mapToDouble(each -> each).sum();
        }
    }

    /** Collects the rounds of one engine. */
    static final class Rounds {
        private final String name;
        private final Map<EnginesWorkload, Load.Rounds> cells =
                new EnumMap<>(EnginesWorkload.class);
        private final TreeSet<String> notes = new TreeSet<>();
        private Costs costs = Costs.UNKNOWN;

        Rounds(String name) {
            this.name = name;
        }

        void add(
                EnginesWorkload workload,
                int connections,
                Loader.Report report,
                double cpuMicrosInAll) {
            cells.computeIfAbsent(workload, _ -> new Load.Rounds(connections))
                    .add(report, cpuMicrosInAll);
        }

        void note(String what, String why) {
            notes.add(what + ": " + why);
        }

        void add(Costs found) {
            costs = found;
        }

        /** The median rate so far; NaN without one. */
        double perSecond(EnginesWorkload workload) {
            Load.Rounds cell = cells.get(workload);
            return cell == null ? Double.NaN : cell.load().perSecond().median();
        }

        Engine engine() {
            Map<EnginesWorkload, Load> loads = new EnumMap<>(EnginesWorkload.class);
            cells.forEach((workload, cell) -> loads.put(workload, cell.load()));
            return new Engine(name, loads, costs, List.copyOf(notes));
        }
    }

    /** Tables for people. */
    String text() {
        StringBuilder text = new StringBuilder();
        title(text, "Requests a second, medians of %d rounds of %d s".formatted(rounds, seconds));
        text.append(byWorkload(load -> Figures.plain(load.perSecond().median())));
        title(text, "CPU time for a request, microseconds, of all processes of the server");
        text.append(byWorkload(load -> Figures.plain(load.cpuMicros().median())));
        title(text, "Latency at 70 % of its own rate, milliseconds from when a request was due");
        text.append(latencies());
        title(text, "For a request on a kept connection; memory after the load");
        text.append(costs());
        notes(text);
        return text.toString();
    }

    private static void title(StringBuilder text, String words) {
        text.append(text.isEmpty() ? "" : "\n").append("### ").append(words).append("\n\n");
    }

    private Table byWorkload(Function<Load, String> figure) {
        List<EnginesWorkload> shown =
                List.of(EnginesWorkload.values()).stream()
                        .filter(workload -> workload != EnginesWorkload.RATE)
                        .toList();
        List<String> headings = new ArrayList<>(List.of("engine"));
        shown.forEach(workload -> headings.add(workload.label));
        Table table = new Table(headings.toArray(String[]::new));
        for (Engine engine : engines) {
            List<String> row = new ArrayList<>(List.of(engine.name));
            for (EnginesWorkload workload : shown) {
                Load load = engine.loads.get(workload);
                row.add(load == null ? Figures.plain(Double.NaN) : figure.apply(load));
            }
            table.row(row);
        }
        return table;
    }

    private Table latencies() {
        Table table = new Table("engine", "requests/s", "p50", "p99", "p99.9");
        for (Engine engine : engines) {
            Optional<Load> load = Optional.ofNullable(engine.loads.get(EnginesWorkload.RATE));
            table.row(
                    List.of(
                            engine.name,
                            figure(load, Load::perSecond),
                            figure(load, Load::p50Millis),
                            figure(load, Load::p99Millis),
                            figure(load, Load::p999Millis)));
        }
        return table;
    }

    private static String figure(Optional<Load> load, Function<Load, Summary> which) {
        return Figures.plain(load.map(which).map(Summary::median).orElse(Double.NaN));
    }

    private Table costs() {
        Table table =
                new Table("engine", "system calls", "context switches", "memory MiB", "most calls");
        for (Engine engine : engines) {
            table.row(
                    List.of(
                            engine.name,
                            Figures.plain(engine.costs.allCalls()),
                            Figures.plain(engine.costs.switches),
                            Figures.plain(engine.costs.pssMib),
                            named(engine.costs.calls)));
        }
        return table;
    }

    private static String named(Map<String, Double> calls) {
        return calls.entrySet().stream()
                .limit(NAMED_CALLS)
                .filter(call -> call.getValue() >= 0.005)
                .map(call -> String.format(Locale.ROOT, "%s %.2f", call.getKey(), call.getValue()))
                .collect(Collectors.joining(", "));
    }

    private void notes(StringBuilder text) {
        for (Engine engine : engines) {
            engine.loads.forEach(
                    (workload, load) -> {
                        if (load.failed() > 0) {
                            text.append(
                                    "\n%s, %s: %d requests failed\n"
                                            .formatted(engine.name, workload.label, load.failed()));
                        }
                        if (load.connections() != workload.connections(null)) {
                            text.append(
                                    "\n%s, %s: with %d %s\n"
                                            .formatted(
                                                    engine.name,
                                                    workload.label,
                                                    load.connections(),
                                                    load.connections() == 1
                                                            ? "connection"
                                                            : "connections"));
                        }
                    });
            engine.notes.forEach(note -> text.append("\n%s, %s\n".formatted(engine.name, note)));
        }
    }

    /** CPU time for a request, by workload and engine, for the chart. */
    Map<String, Map<String, Double>> charted() {
        Map<String, Map<String, Double>> groups = new LinkedHashMap<>();
        for (EnginesWorkload workload :
                List.of(EnginesWorkload.ONE, EnginesWorkload.KEPT, EnginesWorkload.PIPELINED)) {
            Map<String, Double> bars = new LinkedHashMap<>();
            for (Engine engine : engines) {
                Load load = engine.loads.get(workload);
                if (load != null && load.cpuMicros().isPresent()) {
                    bars.put(engine.name, load.cpuMicros().median());
                }
            }
            groups.put(workload.label, bars);
        }
        return groups;
    }
}
