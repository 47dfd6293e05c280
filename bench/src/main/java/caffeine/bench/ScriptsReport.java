package caffeine.bench;

import caffeine.bench.report.Figures;
import caffeine.bench.report.Table;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code bench/run scripts} found out.
 *
 * @param workloads in the order in which they were measured
 */
record ScriptsReport(List<OfWorkload> workloads) {

    /**
     * The results of one workload.
     *
     * @param label short
     * @param title in words
     * @param forLatency whether it is there for the slowest answers
     */
    record OfWorkload(String label, String title, boolean forLatency, List<Cell.Result> results) {}

    static ScriptsReport of(Map<Workload, Map<Contender, Cell>> cells) {
        List<OfWorkload> workloads = new ArrayList<>();
        cells.forEach(
                (workload, row) ->
                        workloads.add(
                                new OfWorkload(
                                        workload.label(),
                                        workload.title(),
                                        workload.forLatency(),
                                        results(row))));
        return new ScriptsReport(workloads);
    }

    private static List<Cell.Result> results(Map<Contender, Cell> row) {
        List<Cell.Result> results = new ArrayList<>();
        row.forEach(
                (contender, cell) -> {
                    List<Cell.Result> peers = new ArrayList<>();
                    row.forEach(
                            (other, otherCell) -> {
                                if (!other.isOurs() && other.logsLike(contender)) {
                                    peers.add(otherCell.result(other.label(), false));
                                }
                            });
                    results.add(
                            cell.result(contender.label(), contender.isOurs())
                                    .withRatios(bestPerSecond(peers), bestCpuMicros(peers)));
                });
        return results;
    }

    private static double bestPerSecond(List<Cell.Result> peers) {
        return peers.stream()
                .mapToDouble(r -> r.perSecond().median())
                .filter(d -> !Double.isNaN(d))
                .max()
                .orElse(Double.NaN);
    }

    private static double bestCpuMicros(List<Cell.Result> peers) {
        return peers.stream()
                .mapToDouble(r -> r.cpuMicros().median())
                .filter(d -> !Double.isNaN(d))
                .min()
                .orElse(Double.NaN);
    }

    /** Tables for people, one for each workload. */
    String text() {
        StringBuilder text = new StringBuilder();
        for (OfWorkload workload : workloads) {
            text.append("\n### ").append(workload.title).append("\n\n").append(table(workload));
            for (Cell.Result result : workload.results) {
                result.failures()
                        .forEach(f -> text.append("\n%s: %s\n".formatted(result.server(), f)));
            }
        }
        if (workloads.stream().flatMap(w -> w.results.stream()).anyMatch(ScriptsReport::lacksCpu)) {
            text.append(
                    "\n"
                        + "CPU time is not known of servers that never wait for their scripts: that"
                        + " takes control groups, which this user may not make.\n");
        }
        return text.toString();
    }

    private static boolean lacksCpu(Cell.Result result) {
        return result.perSecond().isPresent() && !result.cpuMicros().isPresent();
    }

    private static Table table(OfWorkload workload) {
        Table table =
                new Table(
                        "server",
                        "requests/s",
                        "min–max",
                        "× best peer",
                        "p50 ms",
                        "p99 ms",
                        "CPU µs/request",
                        "× best peer",
                        "system calls/request",
                        "Pss MiB",
                        "failed");
        for (Cell.Result r : workload.results) {
            table.row(
                    List.of(
                            r.server(),
                            Figures.plain(r.perSecond().median()),
                            Figures.range(r.perSecond()),
                            Figures.ratio(r.perSecondRatio()),
                            Figures.plain(r.p50Millis().median()),
                            Figures.plain(r.p99Millis().median()),
                            Figures.plain(r.cpuMicros().median()),
                            Figures.ratio(r.cpuRatio()),
                            Figures.plain(r.systemCallsPerRequest()),
                            Figures.plain(r.pssMib().median()),
                            Long.toString(r.failed())));
        }
        return table;
    }

    /** What the chart shows: the workloads that are there for their rate. */
    List<String> rated() {
        return workloads.stream().filter(w -> !w.forLatency).map(OfWorkload::label).toList();
    }

    /** The ratios of those rates to the best other server's: a row of figures for each server. */
    Map<String, List<Double>> ratios() {
        Map<String, List<Double>> ratios = new LinkedHashMap<>();
        for (OfWorkload workload : workloads) {
            if (!workload.forLatency) {
                for (Cell.Result result : workload.results) {
                    ratios.computeIfAbsent(result.server(), _ -> new ArrayList<>())
                            .add(result.perSecondRatio());
                }
            }
        }
        return ratios;
    }
}
