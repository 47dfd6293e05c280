package caffeine.bench.soak;

import caffeine.server.engine.EngineDescription;
import caffeine.server.engines.Engines;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** The options of {@code bench/run soak}. */
public final class SoakSettings {

    @Option(
            names = "--minutes",
            paramLabel = "N",
            description =
                    "how long each engine is under load; fractions are allowed (default:"
                            + " ${DEFAULT-VALUE})")
    public double minutes = 15;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "what the plan of requests and faults follows from (default: any)")
    public @Nullable Long seed;

    @Option(
            names = "--engine",
            paramLabel = "ENGINE",
            split = ",",
            description = "only these engines, one after the other (default: all)")
    public List<String> engines = Engines.ALL.stream().map(EngineDescription::name).toList();

    @Option(
            names = "--clients",
            paramLabel = "N",
            description = "connections at one time (default: ${DEFAULT-VALUE})")
    public int clients = 12;

    @Option(names = "--json", description = "print JSON instead of tables")
    public boolean json;

    /** Refuses what makes no sense. */
    public void check() throws IOException {
        for (String engine : engines) {
            if (Engines.named(engine) == null) {
                throw new IOException(
                        "--engine %s: give one of %s".formatted(engine, Engines.names()));
            }
        }
        if (!(minutes > 0) || clients < 1) {
            throw new IOException("--minutes and --clients: more than 0");
        }
    }

    Duration time() {
        return Duration.ofNanos((long) (minutes * Duration.ofMinutes(1).toNanos()));
    }

    /** The seed; once it is picked, it stays. */
    long seedOrAny() {
        Long chosen = seed;
        if (chosen == null) {
            chosen = ThreadLocalRandom.current().nextLong(1, 1_000_000_000);
            seed = chosen;
        }
        return chosen;
    }
}
