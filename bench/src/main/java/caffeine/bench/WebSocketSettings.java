package caffeine.bench;

import caffeine.bench.server.JavaPeer;
import caffeine.server.engines.Engines;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The options of {@code bench/run websocket}. */
final class WebSocketSettings extends RoundsSettings {

    /** What is measured. */
    enum Measure {
        /** Messages that come back, on 64 connections. */
        ECHO,
        /** A message to 1,000 connections. */
        BROADCAST,
        /** A line through a script and back. */
        SCRIPT,
        /** The memory of 10,000 idle connections. */
        IDLE;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** All engines of ours. */
    private static final String CAFFEINE = "caffeine";

    /** The npm package. */
    static final String NODE = "ws";

    @Option(
            names = "--only",
            paramLabel = "SERVER",
            split = ",",
            description =
                    "only these of our engines (caffeine: all), helidon, undertow, jetty and ws"
                            + " (default: sharded,uring,shared and the others)")
    List<String> only = List.of("sharded", "uring", "shared", "helidon", "undertow", "jetty", NODE);

    @Option(
            names = "--measure",
            paramLabel = "WHAT",
            split = ",",
            description = "only these of echo, broadcast, script, idle (default: all)")
    List<String> measures = List.of();

    @Option(
            names = "--receivers",
            paramLabel = "N",
            description = "connections that get a broadcast (default: ${DEFAULT-VALUE})")
    int receivers = 1_000;

    @Option(
            names = "--idle",
            paramLabel = "N",
            arity = "0..1",
            fallbackValue = "10000",
            description = "idle connections whose memory is measured (default: ${DEFAULT-VALUE})")
    int idle = 10_000;

    @Option(names = "--write", description = "put the tables into docs/websocket.md")
    boolean write;

    boolean measures(Measure measure) {
        return Settings.chosen(measures, measure.label());
    }

    /** Whether one of our engines is chosen. */
    boolean choosesEngine(String name) {
        return only.contains(name) || only.contains(CAFFEINE);
    }

    /** Whether another server is chosen. */
    boolean chooses(String name) {
        return only.contains(name);
    }

    /**
     * Refuses what makes no sense.
     *
     * @throws IOException which says what there is
     */
    void check() throws IOException {
        List<String> known = new ArrayList<>(List.of(CAFFEINE, NODE));
        Engines.ALL.forEach(engine -> known.add(engine.name()));
        JavaPeer.WEB_SOCKET.forEach(peer -> known.add(peer.label));
        Settings.check("--only", only, known);
        Settings.check(
                "--measure", measures, Stream.of(Measure.values()).map(Measure::label).toList());
        checkFigures();
        checkPositive("--receivers", receivers);
        checkPositive("--idle", idle);
    }
}
