package caffeine.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import caffeine.bench.client.LoadResult;
import caffeine.bench.client.Loader;
import caffeine.bench.report.BarChart;
import caffeine.bench.report.Json;
import caffeine.bench.report.Page;
import caffeine.server.engines.Engines;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** From rounds to tables, a page and a chart. */
class EnginesReportTest {

    private static Loader.Report round(long requests, double perSecond, double p999) {
        return new Loader.Report(new LoadResult(requests, 0, "", perSecond, 1, 2), p999, 0);
    }

    private static EnginesReport report() {
        EnginesReport.Rounds ours = new EnginesReport.Rounds("sharded");
        ours.add(EnginesWorkload.KEPT, 64, round(100, 50, 3), 1_000);
        ours.add(EnginesWorkload.KEPT, 64, round(200, 100, 5), 8_000);
        ours.add(EnginesWorkload.KEPT, 64, round(400, 200, 4), 8_000);
        ours.add(EnginesWorkload.RATE, 64, round(70, 70, 9), 700);
        ours.add(new EnginesReport.Costs(Map.of("recvfrom", 1.0, "sendto", 1.0), 0.25, 40));
        EnginesReport.Rounds one = new EnginesReport.Rounds("sequential");
        one.add(EnginesWorkload.PIPELINED, 1, round(10, 10, 1), 100);
        one.note("64 connections", "serves one connection at a time");
        return new EnginesReport(2, 3, 3, List.of(ours.engine(), one.engine()));
    }

    @Test
    void takesMediansOfTheRounds() {
        EnginesReport.Engine engine = report().engines().getFirst();
        Load load = Objects.requireNonNull(engine.loads().get(EnginesWorkload.KEPT));
        assertThat(load.perSecond().median()).isEqualTo(100);
        assertThat(load.cpuMicros().median()).isEqualTo(20);
        assertThat(load.cpuMicros().max()).isEqualTo(40);
        assertThat(load.p999Millis().median()).isEqualTo(4);
    }

    @Test
    void sumsSystemCalls() {
        assertThat(report().engines().getFirst().costs().allCalls()).isCloseTo(2, within(1e-9));
        assertThat(report().engines().getLast().costs().allCalls()).isNaN();
    }

    @Test
    void saysWhatIsMissingAndWhy() {
        assertThat(report().text())
                .contains("| sharded ")
                .contains("sequential, 64 connections: serves one connection at a time\n")
                .contains("sequential, 16 pipelined: with 1 connection\n");
    }

    @Test
    void isJsonToo() {
        assertThat(Json.of(report())).contains("\"KEPT\"").contains("\"switches\": 0.25");
    }

    @Test
    void chartsTheCpuTimeOfARequest() {
        assertThat(report().charted().get("64 connections"))
                .containsExactly(Map.entry("sharded", 20.0));
        String svg = BarChart.svg("CPU <time>", report().charted());
        assertThat(svg).startsWith("<svg ").contains("CPU &lt;time>").contains(">20.0</text>");
    }

    @Test
    void fillsThePageBetweenItsMarks() throws IOException {
        String page = "before\n<!-- bench/run engines -->\nold\n<!-- end -->\nafter\n";
        Page engines = EnginesPage.page(Path.of("docs"));
        String text = EnginesPage.text(report());
        String filled = engines.filled(page, "machine: two processors\n", text);
        assertThat(filled)
                .startsWith("before\n<!-- bench/run engines -->\n")
                .endsWith("<!-- end -->\nafter\n")
                .contains("- machine: two processors\n")
                .contains("| sharded ")
                .doesNotContain("old");
        assertThat(engines.filled(filled, "machine: two processors\n", text)).isEqualTo(filled);
        assertThatThrownBy(() -> engines.filled("no marks", "", text))
                .hasMessageContaining("has no place");
    }

    @Test
    void givesEachEngineTheConnectionsThatItServes() {
        assertThat(Engines.ALL)
                .allSatisfy(
                        engine -> {
                            boolean several =
                                    !engine.isSequential() && !engine.isProcessPerConnection();
                            assertThat(EnginesWorkload.ONE.obstacle(engine)).isNull();
                            assertThat(EnginesWorkload.MANY.obstacle(engine) == null)
                                    .isEqualTo(several);
                            assertThat(EnginesWorkload.RATE.connections(engine) == 64)
                                    .isEqualTo(several);
                        });
        assertThat(EnginesWorkload.BLOCKED.obstacle(null)).isNotNull();
    }
}
