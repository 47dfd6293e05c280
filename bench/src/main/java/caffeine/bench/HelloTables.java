package caffeine.bench;

import caffeine.bench.HelloSettings.Measure;
import caffeine.bench.report.Figures;
import caffeine.bench.report.Table;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The tables of {@code bench/run hello}. */
final class HelloTables {
    private static final int NAMED_CALLS = 4;
    private static final double KIB_PER_MIB = 1024;
    private static final double LEAST_SHARE_NAMED = 0.005;

    /** The engine and the peer that have the same kind of threads. */
    private static final String VIRTUAL = "caffeine virtual";

    private static final String VIRTUAL_PEER = "helidon";

    private final HelloReport report;
    private final StringBuilder text = new StringBuilder();

    HelloTables(HelloReport report) {
        this.report = report;
    }

    String text() {
        report.loads(Measure.KEPT).forEach(load -> append(load, "one request at a time on each"));
        report.loads(Measure.PIPELINED)
                .forEach(
                        load ->
                                append(
                                        load,
                                        "%d requests at a time on each"
                                                .formatted(load.workload().depth())));
        appendConnections();
        appendMemory();
        appendCalls();
        appendAllocation();
        report.failed().forEach((server, why) -> text.append("\n%s: %s\n".formatted(server, why)));
        return text.toString();
    }

    private void title(String words) {
        text.append("\n### ").append(words).append("\n\n");
    }

    private void append(HelloReport.Load load, String manner) {
        title(
                "Hello, World!, %d connections, %s, %d threads"
                        .formatted(load.workload().connections(), manner, report.threads()));
        Table table =
                new Table(
                        "server",
                        "requests/s",
                        "min–max",
                        "× nginx",
                        "× best Java",
                        "p50 ms",
                        "p99 ms",
                        "CPU µs/request",
                        "min–max",
                        "× nginx",
                        "× best Java",
                        "client busy",
                        "failed");
        for (HelloCell.Result r : load.results()) {
            table.row(
                    List.of(
                            r.server(),
                            Figures.plain(r.perSecond().median()),
                            Figures.range(r.perSecond()),
                            Figures.ratio(r.perSecondRatios().nginx()),
                            Figures.ratio(r.perSecondRatios().bestJava()),
                            Figures.plain(r.p50Millis().median()),
                            Figures.plain(r.p99Millis().median()),
                            Figures.plain(r.cpuMicros().median()),
                            Figures.range(r.cpuMicros()),
                            Figures.ratio(r.cpuRatios().nginx()),
                            Figures.ratio(r.cpuRatios().bestJava()),
                            percent(r.clientBusy()),
                            Long.toString(r.failed())));
        }
        text.append(table);
        appendFailures(load);
        appendVirtual(load);
    }

    private void appendFailures(HelloReport.Load load) {
        for (HelloCell.Result result : load.results()) {
            result.failures()
                    .forEach(
                            f ->
                                    text.append(
                                            "\n%s, %s: %s\n"
                                                    .formatted(
                                                            result.server(),
                                                            load.workload().label(),
                                                            f)));
        }
    }

    /** Virtual threads are compared with virtual threads. */
    private void appendVirtual(HelloReport.Load load) {
        double ours = cpuOf(load, VIRTUAL);
        double theirs = cpuOf(load, VIRTUAL_PEER);
        if (!Double.isNaN(ours / theirs)) {
            text.append(
                    "\n%s takes %s the CPU time of %s.\n"
                            .formatted(VIRTUAL, Figures.ratio(ours / theirs), VIRTUAL_PEER));
        }
    }

    private static double cpuOf(HelloReport.Load load, String server) {
        return load.results().stream()
                .filter(r -> r.server().equals(server))
                .mapToDouble(r -> r.cpuMicros().median())
                .findFirst()
                .orElse(Double.NaN);
    }

    private void appendConnections() {
        List<HelloReport.Load> loads = report.loads(Measure.CONNECTIONS);
        if (loads.isEmpty()) {
            return;
        }
        title("CPU µs/request by connections, kept alive (min–max; requests/s)");
        List<String> headings = new ArrayList<>(List.of("server"));
        loads.forEach(
                load ->
                        headings.add(
                                String.format(Locale.ROOT, "%,d", load.workload().connections())));
        headings.addAll(List.of("largest ÷ smallest", "× nginx at the last"));
        Table table = new Table(headings.toArray(String[]::new));
        Map<String, List<HelloCell.Result>> rows = new LinkedHashMap<>();
        loads.forEach(
                load ->
                        load.results()
                                .forEach(
                                        r ->
                                                rows.computeIfAbsent(
                                                                r.server(), _ -> new ArrayList<>())
                                                        .add(r)));
        rows.forEach(
                (server, results) -> {
                    List<String> cells = new ArrayList<>(List.of(server));
                    results.forEach(
                            r ->
                                    cells.add(
                                            "%s (%s; %s)"
                                                    .formatted(
                                                            Figures.plain(r.cpuMicros().median()),
                                                            Figures.range(r.cpuMicros()),
                                                            Figures.plain(
                                                                    r.perSecond().median()))));
                    cells.add(Figures.ratio(spread(results)));
                    cells.add(Figures.ratio(results.getLast().cpuRatios().nginx()));
                    table.row(cells);
                });
        text.append(table);
        loads.forEach(this::appendFailures);
    }

    private static double spread(List<HelloCell.Result> results) {
        double[] medians = results.stream().mapToDouble(r -> r.cpuMicros().median()).toArray();
        double min = Double.POSITIVE_INFINITY;
        double max = 0;
        for (double median : medians) {
            // Not a number stays so.
            min = Math.min(min, median);
            max = Math.max(max, median);
        }
        return max / min;
    }

    private void appendMemory() {
        if (report.memory().isEmpty()) {
            return;
        }
        title(
                String.format(
                        Locale.ROOT,
                        "Pss MiB under load, and with %,d idle connections more (Java: -Xmx%dm)",
                        report.idle(),
                        report.heapMib()));
        Table table =
                new Table(
                        "server",
                        "kept alive",
                        "pipelined",
                        "at rest",
                        "with idle ones",
                        "added",
                        "KiB each");
        for (HelloReport.Memory m : report.memory()) {
            double added = m.idle() - m.before();
            table.row(
                    List.of(
                            m.server(),
                            Figures.plain(m.kept()),
                            Figures.plain(m.pipelined()),
                            Figures.plain(m.before()),
                            Figures.plain(m.idle()),
                            Figures.plain(added),
                            Figures.plain(added * KIB_PER_MIB / report.idle())));
        }
        text.append(table);
    }

    private void appendCalls() {
        if (report.calls().isEmpty()) {
            return;
        }
        title("System calls per request, %d connections".formatted(HelloWorkload.CONNECTIONS));
        Table table =
                new Table("server", "kept alive", "which", "16 pipelined", "which, for all 16");
        for (HelloReport.Calls c : report.calls()) {
            table.row(
                    List.of(
                            c.server(),
                            Figures.plain(HelloReport.Calls.sum(c.kept())),
                            named(c.kept(), 1),
                            Figures.plain(HelloReport.Calls.sum(c.pipelined())),
                            named(c.pipelined(), HelloWorkload.DEPTH)));
        }
        text.append(table);
    }

    private static String named(Map<String, Double> calls, int times) {
        return calls.entrySet().stream()
                .filter(call -> call.getValue() * times >= LEAST_SHARE_NAMED)
                .limit(NAMED_CALLS)
                .map(call -> call.getKey() + " " + Figures.plain(call.getValue() * times))
                .collect(Collectors.joining(", "));
    }

    private void appendAllocation() {
        if (report.allocation().isEmpty()) {
            return;
        }
        title("Bytes allocated on the heap per request");
        Table table = new Table("server", "kept alive", "16 pipelined");
        for (HelloReport.Allocation a : report.allocation()) {
            table.row(List.of(a.server(), Figures.plain(a.kept()), Figures.plain(a.pipelined())));
        }
        text.append(table);
    }

    private static String percent(double share) {
        return Double.isNaN(share) ? "–" : String.format(Locale.ROOT, "%.0f %%", share * 100);
    }
}
