package caffeine.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import caffeine.bench.client.Loader;
import caffeine.server.engine.EngineDescription;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** {@code bench/run engines} with one engine for a few seconds, and its page. */
class EnginesBenchTest {
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

    @Test
    void measuresAnEngineUnderEachLoad() throws IOException, InterruptedException {
        assumeTrue(
                Files.exists(HOME.resolve("cli/target/app/built")),
                "the command is not built (mvn verify, without -pl, builds it before)");
        assumeTrue(Loader.canCompile(), "no C compiler for the load generator");
        EnginesSettings settings = new EnginesSettings();
        settings.rounds = 1;
        settings.seconds = 1;
        settings.warmupSeconds = 1;
        settings.engines = List.of("sharded");
        try (Session session = Session.forEngines(HOME, settings)) {
            EnginesReport report = new EnginesBench(session, settings).run();
            assertThat(report.engines()).hasSize(1);
            EnginesReport.Engine engine = report.engines().getFirst();
            assertThat(engine.name()).isEqualTo("sharded");
            assertThat(engine.loads()).containsOnlyKeys(EnginesWorkload.values());
            assertThat(engine.loads().values())
                    .allSatisfy(
                            load -> {
                                assertThat(load.perSecond().median()).isPositive();
                                assertThat(load.failed()).isZero();
                            });
            assertThat(engine.costs().pssMib()).isPositive();
            assertThat(engine.costs().switches()).isPositive();
        }
    }

    @ParameterizedTest
    @FieldSource("caffeine.server.engines.Engines#ALL")
    void thePageExplainsEachEngine(EngineDescription engine) throws IOException {
        String page = Files.readString(HOME.resolve("docs/engines.md"));
        int from = page.indexOf("\n## " + engine.name() + "\n");
        assertThat(from).as("docs/engines.md has a section " + engine.name()).isNotNegative();
        String section = page.substring(from, page.indexOf("\n## ", from + 1));
        String drawing = engine.drawing();
        assertThat(section)
                .contains(drawing.substring(drawing.indexOf("\n\n") + 2).stripTrailing())
                .contains("HTTP/1.1 200 OK")
                .contains("Good at: ")
                .contains("Bad at: ");
    }

    @Test
    void thePageHasAPlaceForTheFigures() throws IOException {
        String page = Files.readString(HOME.resolve("docs/engines.md"));
        EnginesReport none = new EnginesReport(2, 3, 5, List.of());
        assertThat(EnginesPage.page(HOME.resolve("docs")).filled(page, "", EnginesPage.text(none)))
                .contains("### Requests a second");
    }
}
