package caffeine.bench;

import caffeine.bench.server.CaffeineServer;
import caffeine.bench.server.Script;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** The options that all measurements share. */
final class Settings {

    /** Whether servers log requests. */
    enum Logs {
        /** Caffeine from WARN, no access logs. */
        OFF,
        /** Caffeine from INFO, which has a line for each request, and access logs. */
        ON,
        /** Every server twice, side by side. */
        BOTH
    }

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "how often each is measured (default: 5; start: 10)")
    @Nullable Integer rounds;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "3",
            description = "how long each measurement takes, about (default: ${DEFAULT-VALUE})")
    int seconds = 3;

    @Option(
            names = "--warmup",
            paramLabel = "N",
            defaultValue = "8",
            description = "seconds of load before the first (default: ${DEFAULT-VALUE})")
    int warmupSeconds = 8;

    @Option(
            names = "--requests",
            paramLabel = "N",
            description =
                    "requests of a measurement by ab, instead of what fits into --seconds;"
                            + " memory: requests in all (default: 100000)")
    @Nullable Long requests;

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            defaultValue = "16",
            description = "connections at one time (default: ${DEFAULT-VALUE})")
    int concurrency = 16;

    @Option(
            names = "--workers",
            paramLabel = "N",
            description = "processes that answer, of every server (default: 2; start: 4)")
    @Nullable Integer workers;

    @Option(
            names = "--only",
            paramLabel = "SERVER",
            split = ",",
            description = "only these of caffeine, lighttpd, apache, nginx")
    List<String> only = List.of();

    @Option(
            names = "--script",
            paramLabel = "SCRIPT",
            split = ",",
            description = "only these of tiny, sh, python, 1mb")
    List<String> scripts = List.of();

    @Option(
            names = "--client",
            paramLabel = "CLIENT",
            split = ",",
            description = "only these of ab, wrk")
    List<String> clients = List.of();

    @Option(
            names = "--no-sleepers",
            description = "leave out what is measured beside sleeping scripts")
    boolean withoutSleepers;

    @Option(names = "--no-strace", description = "leave out the counting of system calls")
    boolean withoutStrace;

    @Option(
            names = "--counted",
            paramLabel = "N",
            defaultValue = "200",
            description =
                    "requests, one after the other, whose system calls are counted"
                            + " (default: ${DEFAULT-VALUE})")
    int counted = 200;

    @Option(
            names = "--logs",
            paramLabel = "off|on|both",
            arity = "0..1",
            defaultValue = "off",
            fallbackValue = "on",
            description =
                    "whether servers log requests, to a file; both: each server twice, side by side"
                            + " (default: ${DEFAULT-VALUE})")
    Logs logs = Logs.OFF;

    @Option(names = "--json", description = "print JSON instead of tables")
    boolean json;

    @Option(
            names = "--chart",
            paramLabel = "FILE",
            description = "where the chart goes, a PNG (default: bench/target/scripts.png)")
    @Nullable Path chart;

    Duration time() {
        return Duration.ofSeconds(seconds);
    }

    int roundsOr(int byDefault) {
        return rounds == null ? byDefault : rounds;
    }

    int workersOr(int byDefault) {
        return workers == null ? byDefault : workers;
    }

    long requestsOr(long byDefault) {
        return requests == null ? byDefault : requests;
    }

    /**
     * Refuses names that nothing has.
     *
     * @throws IOException which says what there is
     */
    void check() throws IOException {
        check("--only", only, List.of(CaffeineServer.NAME, "lighttpd", "apache", "nginx"));
        check("--script", scripts, Stream.of(Script.values()).map(s -> s.label).toList());
        check("--client", clients, List.of("ab", "wrk"));
    }

    /** Refuses names that are not known. */
    static void check(String option, List<String> names, List<String> known) throws IOException {
        for (String name : names) {
            if (!known.contains(name)) {
                throw new IOException(
                        "%s %s: there are %s".formatted(option, name, String.join(", ", known)));
            }
        }
    }

    /** Whether a name is chosen by an option that names some, or none for all. */
    static boolean chosen(List<String> names, String name) {
        return names.isEmpty() || names.contains(name);
    }
}
