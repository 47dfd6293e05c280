package caffeine.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import caffeine.bench.host.Tools;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** {@code bench/run files} with one engine for a few seconds. */
class FilesBenchTest {
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

    @Test
    void measuresAnEngine() throws IOException, InterruptedException {
        assumeTrue(
                Files.exists(HOME.resolve("cli/target/app/built")),
                "the command is not built (mvn verify, without -pl, builds it before)");
        assumeTrue(Tools.find("wrk").isPresent(), "no wrk");
        FilesSettings settings = new FilesSettings();
        settings.rounds = 1;
        settings.seconds = 1;
        settings.warmupSeconds = 1;
        settings.only = List.of("sharded");
        try (Session session = Session.forFiles(HOME, settings)) {
            FilesReport report = new FilesBench(session, settings).run();
            assertThat(report.notes()).isEmpty();
            assertThat(report.servers()).hasSize(1);
            FilesReport.Server server = report.servers().getFirst();
            assertThat(server.isOurs()).isTrue();
            assertThat(server.figures()).containsOnlyKeys(FilesWorkload.values());
            assertThat(server.figures().values())
                    .allSatisfy(
                            figure -> {
                                assertThat(figure.perSecond().median()).isPositive();
                                assertThat(figure.cpuMicros().median()).isPositive();
                            });
        }
    }
}
