package caffeine.bench;

import caffeine.bench.client.Loader;
import caffeine.bench.stats.Summary;

import java.util.ArrayList;
import java.util.List;

/**
 * What the rounds of one load on one server have shown.
 *
 * @param connections how many it kept, or opened at a time
 * @param cpuMicros the server's CPU time for a request, of all its processes
 */
record Load(
        int connections,
        Summary perSecond,
        Summary cpuMicros,
        Summary p50Millis,
        Summary p99Millis,
        Summary p999Millis,
        long failed) {

    /** Collects the rounds. */
    static final class Rounds {
        private final int connections;
        private final List<Double> perSecond = new ArrayList<>();
        private final List<Double> cpuMicros = new ArrayList<>();
        private final List<Double> p50Millis = new ArrayList<>();
        private final List<Double> p99Millis = new ArrayList<>();
        private final List<Double> p999Millis = new ArrayList<>();
        private long failed;

        Rounds(int connections) {
            this.connections = connections;
        }

        int connections() {
            return connections;
        }

        /**
         * Adds a round.
         *
         * @param cpuMicrosInAll the server's CPU time in it
         */
        void add(Loader.Report report, double cpuMicrosInAll) {
            long requests = report.result().requests();
            perSecond.add(report.result().perSecond());
            cpuMicros.add(requests == 0 ? Double.NaN : cpuMicrosInAll / requests);
            p50Millis.add(report.result().p50Millis());
            p99Millis.add(report.result().p99Millis());
            p999Millis.add(report.p999Millis());
            failed += report.result().failed();
        }

        /** What they have shown so far. */
        Load load() {
            return new Load(
                    connections,
                    Summary.of(perSecond),
                    Summary.of(cpuMicros),
                    Summary.of(p50Millis),
                    Summary.of(p99Millis),
                    Summary.of(p999Millis),
                    failed);
        }
    }
}
