package caffeine.bench;

import caffeine.bench.server.HelloKind;
import caffeine.bench.server.JavaPeer;
import caffeine.server.engines.Engines;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The options of {@code bench/run hello}. */
final class HelloSettings extends RoundsSettings {

    /** What is measured. */
    enum Measure {
        /** 64 connections, kept alive, one request at a time on each: by wrk. */
        KEPT,
        /** 64 connections, 16 requests at a time on each. */
        PIPELINED,
        /** CPU time by number of connections. */
        CONNECTIONS,
        /** Pss under load, and with many idle connections more. */
        MEMORY,
        /** System calls. */
        CALLS,
        /** Bytes on the heap, of the JVMs. */
        ALLOCATION;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = "--heap",
            paramLabel = "MIB",
            description =
                    "-Xmx of the other Java servers; ours keeps what its launcher gives it"
                            + " (default: ${DEFAULT-VALUE})")
    int heapMib = 256;

    @Option(
            names = "--idle",
            paramLabel = "N",
            description = "idle connections whose memory is measured (default: ${DEFAULT-VALUE})")
    int idle = 10_000;

    @Option(
            names = "--connections",
            paramLabel = "N",
            split = ",",
            description =
                    "how many, where CPU time is measured by their number (default: 10,1000,10000)")
    List<Integer> connections = List.of(10, 1_000, 10_000);

    @Option(
            names = "--only",
            paramLabel = "SERVER",
            split = ",",
            description =
                    "only these of caffeine (or one of its engines), nginx, and java"
                            + " (netty-epoll, netty-io_uring, jetty, undertow, helidon, microhttp,"
                            + " activej)")
    List<String> only = List.of();

    @Option(
            names = "--measure",
            paramLabel = "WHAT",
            split = ",",
            description = "only these of kept, pipelined, connections, memory, calls, allocation")
    List<String> measures = List.of();

    @Option(
            names = "--chart",
            paramLabel = "FILE",
            description = "where the chart goes, a PNG (default: bench/target/hello.png)")
    @Nullable Path chart;

    /**
     * What {@code bench/run all} is told, as far as it has a meaning here.
     *
     * @return empty when it names servers, and none that is here
     */
    static Optional<HelloSettings> of(Settings settings) {
        HelloSettings own = new HelloSettings();
        own.rounds = settings.roundsOr(own.rounds);
        own.threads = settings.workersOr(own.threads);
        own.seconds = settings.seconds;
        own.only = settings.only.stream().filter(names()::contains).toList();
        if (own.only.isEmpty() && !settings.only.isEmpty()) {
            return Optional.empty();
        }
        own.json = settings.json;
        if (settings.withoutStrace) {
            own.measures =
                    Stream.of(Measure.values())
                            .filter(measure -> measure != Measure.CALLS)
                            .map(Measure::label)
                            .toList();
        }
        return Optional.of(own);
    }

    boolean measures(Measure measure) {
        return Settings.chosen(measures, measure.label());
    }

    /** Whether a server is chosen, by its name or by its family. */
    boolean chosen(HelloKind kind) {
        return Settings.chosen(only, kind.name())
                || only.contains(kind.family().name().toLowerCase(Locale.ROOT));
    }

    /** What {@code --only} takes. */
    private static List<String> names() {
        List<String> names = new ArrayList<>();
        Stream.of(HelloKind.Family.values())
                .forEach(family -> names.add(family.name().toLowerCase(Locale.ROOT)));
        Engines.ALL.forEach(engine -> names.add(engine.name()));
        JavaPeer.HELLO.forEach(peer -> names.add(peer.label));
        return names;
    }

    /**
     * Refuses what nothing has.
     *
     * @throws IOException which says what there is
     */
    void check() throws IOException {
        Settings.check("--only", only, names());
        Settings.check(
                "--measure", measures, Stream.of(Measure.values()).map(Measure::label).toList());
        for (int n : connections) {
            checkPositive("--connections", n);
        }
        checkFigures();
        checkPositive("--heap", heapMib);
        checkPositive("--idle", idle);
    }
}
