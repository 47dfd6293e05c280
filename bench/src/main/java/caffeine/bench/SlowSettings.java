package caffeine.bench;

import caffeine.bench.server.HelloKind;
import caffeine.server.engines.Engines;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The options of {@code bench/run slow}. */
final class SlowSettings {

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "how often each is measured (default: ${DEFAULT-VALUE})")
    int rounds = 3;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "how long each attack takes (default: ${DEFAULT-VALUE})")
    int seconds = 10;

    @Option(
            names = "--connections",
            paramLabel = "N",
            description = "slow clients at one time (default: ${DEFAULT-VALUE})")
    int connections = 400;

    @Option(
            names = "--only",
            paramLabel = "SERVER",
            split = ",",
            description = "only these of our engines and nginx")
    List<String> only = List.of();

    @Option(names = "--json", description = "print JSON instead of tables")
    boolean json;

    Duration time() {
        return Duration.ofSeconds(seconds);
    }

    boolean chosen(HelloKind kind) {
        return Settings.chosen(only, kind.name());
    }

    /** Refuses what makes no sense. */
    void check() throws IOException {
        List<String> known = new ArrayList<>(List.of("nginx"));
        Engines.ALL.forEach(engine -> known.add(engine.name()));
        Settings.check("--only", only, known);
        if (rounds < 1 || seconds < 1 || connections < 1) {
            throw new IOException("--rounds, --seconds and --connections: at least 1");
        }
    }
}
