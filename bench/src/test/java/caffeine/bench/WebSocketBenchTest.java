package caffeine.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import caffeine.bench.WebSocketSettings.Measure;
import caffeine.bench.client.Loader;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** {@code bench/run websocket} with one engine for a few seconds, and its page. */
class WebSocketBenchTest {
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

    @Test
    void measuresAnEngine() throws IOException, InterruptedException {
        assumeTrue(
                Files.exists(HOME.resolve("cli/target/app/built")),
                "the command is not built (mvn verify, without -pl, builds it before)");
        assumeTrue(Loader.canCompile(), "no C compiler for the load generator");
        WebSocketSettings settings = new WebSocketSettings();
        settings.rounds = 1;
        settings.seconds = 1;
        settings.warmupSeconds = 1;
        settings.receivers = 100;
        settings.idle = 500;
        settings.only = List.of("sharded");
        try (Session session = Session.forWebSocket(HOME, settings)) {
            WebSocketReport report = new WebSocketBench(session, settings).run();
            assertThat(report.notes()).isEmpty();
            assertThat(report.servers()).hasSize(1);
            WebSocketReport.Server server = report.servers().getFirst();
            assertThat(server.name()).isEqualTo("sharded");
            assertThat(server.loads()).containsOnlyKeys(Measure.ECHO, Measure.BROADCAST);
            assertThat(server.loads().values()).allSatisfy(WebSocketBenchTest::hasMessages);
            assertThat(report.idle())
                    .singleElement()
                    .satisfies(idle -> assertThat(idle.heapBytes()).isPositive());
            assertThat(report.lines())
                    .extracting(WebSocketReport.Line::name)
                    .startsWith("sharded", "sharded, as CGI");
            assertThat(report.lines()).allSatisfy(line -> hasMessages(line.load()));
        }
    }

    private static void hasMessages(Load load) {
        assertThat(load.perSecond().median()).isPositive();
        assertThat(load.cpuMicros().median()).isPositive();
        assertThat(load.p50Millis().median()).isPositive();
        assertThat(load.failed()).isZero();
    }

    @Test
    void thePageHasAPlaceForTheFigures() throws IOException {
        Path docs = HOME.resolve("docs");
        WebSocketReport none =
                new WebSocketReport(2, 3, 5, 1_000, List.of(), List.of(), List.of(), List.of("x"));
        String page = Files.readString(docs.resolve("websocket.md"));
        assertThat(WebSocketReport.page(docs).filled(page, "a machine", none.text()))
                .contains("- a machine\n")
                .contains("## Log");
    }
}
