package caffeine.bench;

import caffeine.bench.client.LoadResult;
import caffeine.bench.stats.Summary;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** All that was measured of one server under one workload, round by round. */
final class HelloCell {
    private final List<Double> perSecond = new ArrayList<>();
    private final List<Double> p50Millis = new ArrayList<>();
    private final List<Double> p99Millis = new ArrayList<>();
    private final List<Double> cpuMicros = new ArrayList<>();
    private final List<Double> clientBusy = new ArrayList<>();
    private final TreeSet<String> failures = new TreeSet<>();
    private long requests;
    private long failed;

    /**
     * A round.
     *
     * @param cpuMicrosInAll the server's
     * @param clientCpuMicros the load generator's, which has one thread
     */
    void add(LoadResult result, double cpuMicrosInAll, double clientCpuMicros) {
        perSecond.add(result.perSecond());
        p50Millis.add(result.p50Millis());
        p99Millis.add(result.p99Millis());
        cpuMicros.add(result.requests() == 0 ? Double.NaN : cpuMicrosInAll / result.requests());
        clientBusy.add(
                result.requests() == 0
                        ? Double.NaN
                        : clientCpuMicros * result.perSecond() / result.requests() / 1e6);
        requests += result.requests();
        failed += result.failed();
        if (!result.failures().isEmpty()) {
            failures.add(result.failures());
        }
    }

    /** A round in which nothing could be measured. */
    void fail(String why) {
        failed++;
        failures.add(why);
    }

    /** The same for reports; ratios are filled in when all others are known. */
    Result result(String server, String family) {
        return new Result(
                server,
                family,
                Summary.of(perSecond),
                Ratios.NONE,
                Summary.of(p50Millis),
                Summary.of(p99Millis),
                Summary.of(cpuMicros),
                Ratios.NONE,
                Summary.of(clientBusy).median(),
                requests,
                failed,
                List.copyOf(failures));
    }

    /**
     * How many times others.
     *
     * @param nginx nginx's figure
     * @param bestJava the best of the other Java servers' figures
     */
    record Ratios(double nginx, double bestJava) {
        static final Ratios NONE = new Ratios(Double.NaN, Double.NaN);
    }

    /**
     * One line of a table.
     *
     * @param server what tables call it
     * @param family its project
     * @param perSecond requests in a second
     * @param p50Millis of all requests that went out together
     * @param cpuMicros the server's CPU time for a request, of all its processes
     * @param clientBusy how much of one processor the load generator took: at 1 it is what holds
     *     the server back
     */
    record Result(
            String server,
            String family,
            Summary perSecond,
            Ratios perSecondRatios,
            Summary p50Millis,
            Summary p99Millis,
            Summary cpuMicros,
            Ratios cpuRatios,
            double clientBusy,
            long requests,
            long failed,
            List<String> failures) {

        Result withRatios(Ratios newPerSecondRatios, Ratios newCpuRatios) {
            return new Result(
                    server,
                    family,
                    perSecond,
                    newPerSecondRatios,
                    p50Millis,
                    p99Millis,
                    cpuMicros,
                    newCpuRatios,
                    clientBusy,
                    requests,
                    failed,
                    failures);
        }
    }
}
