package caffeine.bench;

import caffeine.bench.client.LoadResult;
import caffeine.bench.stats.Summary;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** All that was measured of one contender under one workload, round by round. */
final class Cell {
    private final List<Double> perSecond = new ArrayList<>();
    private final List<Double> p50Millis = new ArrayList<>();
    private final List<Double> p99Millis = new ArrayList<>();
    private final List<Double> cpuMicros = new ArrayList<>();
    private final List<Double> pssMib = new ArrayList<>();
    private final TreeSet<String> failures = new TreeSet<>();
    private Map<String, Double> systemCalls = Map.of();
    private long requests;
    private long failed;

    /** The rate that the next round may expect; 0 when nothing is known. */
    private double expectedPerSecond;

    void expect(double newPerSecond) {
        expectedPerSecond = newPerSecond;
    }

    double expectedPerSecond() {
        return expectedPerSecond;
    }

    void add(LoadResult result, double cpuMicrosInAll, double pssMibNow) {
        perSecond.add(result.perSecond());
        p50Millis.add(result.p50Millis());
        p99Millis.add(result.p99Millis());
        cpuMicros.add(result.requests() == 0 ? Double.NaN : cpuMicrosInAll / result.requests());
        pssMib.add(pssMibNow);
        requests += result.requests();
        failed += result.failed();
        if (!result.failures().isEmpty()) {
            failures.add(result.failures());
        }
        expect(result.perSecond());
    }

    /** A round in which nothing could be measured. */
    void fail(String why) {
        failed++;
        failures.add(why);
    }

    /** What was counted during so many requests. */
    void systemCalls(Map<String, Long> calls, int counted) {
        systemCalls = new LinkedHashMap<>();
        calls.forEach((name, count) -> systemCalls.put(name, (double) count / counted));
    }

    Result result(String server, boolean ours) {
        double inAll =
                systemCalls.isEmpty()
                        ? Double.NaN
                        : systemCalls.values().stream().mapToDouble(d -> d).sum();
        return new Result(
                server,
                ours,
                Summary.of(perSecond),
                Double.NaN,
                Summary.of(p50Millis),
                Summary.of(p99Millis),
                Summary.of(cpuMicros),
                Double.NaN,
                inAll,
                systemCalls,
                Summary.of(pssMib),
                requests,
                failed,
                List.copyOf(failures));
    }

    /**
     * The same for reports; rates are requests in a second, ratios are to the best other server.
     *
     * @param server which, and how it runs scripts
     * @param ours whether it is Caffeine
     */
    record Result(
            String server,
            boolean ours,
            Summary perSecond,
            double perSecondRatio,
            Summary p50Millis,
            Summary p99Millis,
            Summary cpuMicros,
            double cpuRatio,
            double systemCallsPerRequest,
            Map<String, Double> systemCalls,
            Summary pssMib,
            long requests,
            long failed,
            List<String> failures) {

        Result withRatios(double bestPerSecond, double bestCpuMicros) {
            return new Result(
                    server,
                    ours,
                    perSecond,
                    perSecond.median() / bestPerSecond,
                    p50Millis,
                    p99Millis,
                    cpuMicros,
                    cpuMicros.median() / bestCpuMicros,
                    systemCallsPerRequest,
                    systemCalls,
                    pssMib,
                    requests,
                    failed,
                    failures);
        }
    }
}
