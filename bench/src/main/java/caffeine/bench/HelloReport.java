package caffeine.bench;

import caffeine.bench.HelloSettings.Measure;
import caffeine.bench.server.HelloKind;
import caffeine.bench.server.RunningServer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * What {@code bench/run hello} found out.
 *
 * @param threads of every server
 * @param heapMib of the other Java servers
 * @param seconds how long each measurement took
 * @param loads rate, latency and CPU time, by workload
 * @param idle how many connections there were more when memory was looked at
 * @param failed what of memory, calls and allocation could not be measured, by server
 */
record HelloReport(
        int threads,
        int heapMib,
        int seconds,
        List<Load> loads,
        int idle,
        List<Memory> memory,
        List<Calls> calls,
        List<Allocation> allocation,
        Map<String, String> failed) {

    /** The results of one workload. */
    record Load(HelloWorkload workload, List<HelloCell.Result> results) {}

    /**
     * A server's Pss, MiB.
     *
     * @param kept while it answers one request at a time on each connection
     * @param pipelined while it answers many
     * @param before at rest
     * @param idle at rest, with idle connections more
     */
    record Memory(String server, double kept, double pipelined, double before, double idle) {}

    /** System calls for a request, by name; the most frequent first. */
    record Calls(String server, Map<String, Double> kept, Map<String, Double> pipelined) {

        static double sum(Map<String, Double> calls) {
            return calls.values().stream().mapToDouble(d -> d).sum();
        }
    }

    /** Bytes on the heap for a request. */
    record Allocation(String server, double kept, double pipelined) {}

    /** Collects it. */
    static final class Builder {
        private final HelloSettings settings;
        private final Map<HelloWorkload, Map<RunningServer, HelloCell>> cells =
                new LinkedHashMap<>();
        private final List<Memory> memory = new ArrayList<>();
        private final List<Calls> calls = new ArrayList<>();
        private final List<Allocation> allocation = new ArrayList<>();
        private final Map<String, String> failed = new LinkedHashMap<>();

        Builder(List<RunningServer> servers, HelloSettings settings) {
            this.settings = settings;
            // In the order of the tables, also when a round begins with another server.
            for (HelloWorkload workload : HelloWorkload.all(settings)) {
                servers.forEach(server -> cell(workload, server));
            }
        }

        HelloCell cell(HelloWorkload workload, RunningServer server) {
            return cells.computeIfAbsent(workload, _ -> new LinkedHashMap<>())
                    .computeIfAbsent(server, _ -> new HelloCell());
        }

        void add(Memory figures) {
            memory.add(figures);
        }

        void add(Calls figures) {
            calls.add(figures);
        }

        void add(Allocation figures) {
            allocation.add(figures);
        }

        void fail(RunningServer server, String why) {
            failed.merge(HelloBench.label(server), why, (first, next) -> first + "; " + next);
        }

        HelloReport build() {
            List<Load> loads = new ArrayList<>();
            cells.forEach(
                    (workload, row) -> {
                        List<HelloCell.Result> results = new ArrayList<>();
                        row.forEach(
                                (server, cell) ->
                                        results.add(
                                                cell.result(
                                                        HelloBench.label(server), family(server))));
                        loads.add(new Load(workload, withRatios(results)));
                    });
            return new HelloReport(
                    settings.threads,
                    settings.heapMib,
                    settings.seconds,
                    loads,
                    settings.idle,
                    List.copyOf(memory),
                    List.copyOf(calls),
                    List.copyOf(allocation),
                    failed);
        }

        private static String family(RunningServer server) {
            return server.kind() instanceof HelloKind kind ? nameOf(kind.family()) : "";
        }
    }

    static String nameOf(HelloKind.Family family) {
        return family.name().toLowerCase(Locale.ROOT);
    }

    /** Compares all with nginx, and with the best of the other Java servers. */
    static List<HelloCell.Result> withRatios(List<HelloCell.Result> results) {
        double nginxRate = of(results, HelloKind.Family.NGINX, r -> r.perSecond().median(), true);
        double javaRate = of(results, HelloKind.Family.JAVA, r -> r.perSecond().median(), true);
        double nginxCpu = of(results, HelloKind.Family.NGINX, r -> r.cpuMicros().median(), false);
        double javaCpu = of(results, HelloKind.Family.JAVA, r -> r.cpuMicros().median(), false);
        return results.stream()
                .map(
                        r ->
                                r.withRatios(
                                        new HelloCell.Ratios(
                                                r.perSecond().median() / nginxRate,
                                                r.perSecond().median() / javaRate),
                                        new HelloCell.Ratios(
                                                r.cpuMicros().median() / nginxCpu,
                                                r.cpuMicros().median() / javaCpu)))
                .toList();
    }

    /** The best figure of a family; NaN when there is none. */
    private static double of(
            List<HelloCell.Result> results,
            HelloKind.Family family,
            ToDoubleFunction<HelloCell.Result> figure,
            boolean mostIsBest) {
        DoubleStream figures =
                results.stream()
                        .filter(r -> r.family().equals(nameOf(family)))
                        .mapToDouble(figure)
                        .filter(d -> !Double.isNaN(d));
        return (mostIsBest ? figures.max() : figures.min()).orElse(Double.NaN);
    }

    /** The workloads of a kind. */
    List<Load> loads(Measure measure) {
        return loads.stream().filter(load -> load.workload.measure() == measure).toList();
    }

    /** Tables for people. */
    String text() {
        return new HelloTables(this).text();
    }

    /** What the chart shows. */
    List<String> charted() {
        return loads.stream().map(load -> load.workload.label()).toList();
    }

    /**
     * How many requests each server answers for the CPU time that nginx takes for one: a row of
     * figures for each.
     */
    Map<String, List<Double>> requestsForCpuOfNginx() {
        Map<String, List<Double>> rows = new LinkedHashMap<>();
        for (Load load : loads) {
            for (HelloCell.Result result : load.results) {
                rows.computeIfAbsent(result.server(), _ -> new ArrayList<>())
                        .add(1 / result.cpuRatios().nginx());
            }
        }
        return rows;
    }
}
