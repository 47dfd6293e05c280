package caffeine.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Tools;
import caffeine.server.engine.EngineDescription;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Some twelve seconds of {@code bench/run soak} for each engine, always with the same plan. {@code
 * virtual} has its turn with {@code -Pfull}.
 */
class SoakTest {
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

    @ParameterizedTest
    @FieldSource("caffeine.server.engines.Engines#ALL")
    void losesNothingAndLeaksNothing(EngineDescription engine)
            throws IOException, InterruptedException, SoakFailure {
        assumeFalse(engine.isSequential(), "the plan has several connections at a time");
        assumeFalse(engine.isProcessPerConnection(), "the plan has thousands of connections");
        assumeTrue(
                !engine.name().equals("virtual") || Boolean.getBoolean("caffeine.full"),
                "takes its time (mvn verify -Pfull)");
        assumeTrue(
                Files.exists(HOME.resolve("cli/target/app/built")),
                "the command is not built (mvn verify, without -pl, builds it before)");
        assumeTrue(
                Tools.find("gcc", "cc").isPresent(),
                "no C compiler for the scripts (apt-get install gcc libc6-dev)");
        SoakSettings settings = new SoakSettings();
        settings.minutes = 0.2;
        settings.seed = 1L;
        List<String> progress = new ArrayList<>();
        try (Cleanup cleanup = new Cleanup()) {
            SoakReport report = new Soak(HOME, settings, engine, cleanup, progress::add).run();
            assertThat(report.requests())
                    .allSatisfy((_, requests) -> assertThat(requests.whole()).isPositive());
            assertThat(report.rests()).isEqualTo(progress.size());
        }
    }
}
