package caffeine.bench;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.time.Duration;

/** The options of benches that measure servers in rounds, one after the other. */
abstract class RoundsSettings {

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "how often each is measured (default: ${DEFAULT-VALUE})")
    int rounds = 5;

    @Option(
            names = {"--seconds", "--duration"},
            paramLabel = "N",
            description = "how long each measurement takes (default: ${DEFAULT-VALUE})")
    int seconds = 3;

    @Option(
            names = "--warmup",
            paramLabel = "N",
            description =
                    "seconds of load before the first, of each kind: just-in-time compilers need"
                            + " them (default: ${DEFAULT-VALUE})")
    int warmupSeconds = 5;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description =
                    "event loops, carriers of virtual threads or worker processes, of every server"
                            + " that has several (default: ${DEFAULT-VALUE})")
    int threads = 2;

    @Option(names = "--json", description = "print JSON instead of tables")
    boolean json;

    final Duration time() {
        return Duration.ofSeconds(seconds);
    }

    final Duration warmup() {
        return Duration.ofSeconds(warmupSeconds);
    }

    /**
     * Refuses figures that make no sense.
     *
     * @throws IOException which names the option
     */
    final void checkFigures() throws IOException {
        checkPositive("--rounds", rounds);
        checkPositive("--seconds", seconds);
        checkPositive("--warmup", warmupSeconds);
        checkPositive("--threads", threads);
    }

    static void checkPositive(String option, int n) throws IOException {
        if (n < 1) {
            throw new IOException("%s %d: at least 1".formatted(option, n));
        }
    }
}
