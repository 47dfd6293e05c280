package caffeine.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.bench.WebSocketSettings.Measure;
import caffeine.bench.client.LoadResult;
import caffeine.bench.client.Loader;
import caffeine.bench.report.Json;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** From rounds to tables, and the options. */
class WebSocketReportTest {

    private static Load load(double... p50Millis) {
        Load.Rounds rounds = new Load.Rounds(64);
        for (double p50 : p50Millis) {
            rounds.add(new Loader.Report(new LoadResult(100, 0, "", 50, p50, 9), 9, 0), 800);
        }
        return rounds.load();
    }

    private static WebSocketReport report() {
        return new WebSocketReport(
                2,
                3,
                3,
                1_000,
                List.of(
                        new WebSocketReport.Server("sharded", Map.of(Measure.ECHO, load(1, 2, 7))),
                        new WebSocketReport.Server("ws", Map.of())),
                List.of(
                        new WebSocketReport.Idle("sharded", 10_000, 1_000, 500),
                        new WebSocketReport.Idle("ws", 10_000, Double.NaN, 4_000)),
                List.of(
                        new WebSocketReport.Line("sharded", false, load(0.06)),
                        new WebSocketReport.Line("websocketd", true, load(0.05))),
                List.of("ws, echo: it ended"));
    }

    @Test
    void takesMediansOfTheRounds() {
        Load echo = load(1, 2, 7);
        assertThat(echo.p50Millis().median()).isEqualTo(2);
        assertThat(echo.cpuMicros().median()).isEqualTo(8);
    }

    @Test
    void addsUpTheMemoryThatIsKnown() {
        assertThat(report().idle()).extracting("name").containsExactly("sharded", "ws");
        assertThat(report().idle().getFirst().allBytes()).isEqualTo(1_500);
        assertThat(report().idle().getLast().allBytes()).isEqualTo(4_000);
    }

    @Test
    void comparesScriptsWithWebsocketd() {
        assertThat(report().text()).contains("×1.20").contains("×1.00").contains("60.0");
    }

    @Test
    void saysWhatIsMissingAndWhy() {
        assertThat(report().text())
                .containsPattern("\\| ws +\\| +– \\|")
                .contains("\nws, echo: it ended\n");
    }

    @Test
    void isJsonToo() {
        assertThat(Json.of(report())).contains("\"ECHO\"").contains("\"heapBytes\": null");
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        WebSocketSettings settings = new WebSocketSettings();
        settings.only = List.of("sharded", "apache");
        assertThatThrownBy(settings::check)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("apache");
        settings.only = List.of("caffeine");
        assertThat(settings.choosesEngine("virtual")).isTrue();
        assertThat(settings.chooses("jetty")).isFalse();
        settings.receivers = 0;
        assertThatThrownBy(settings::check).hasMessageContaining("--receivers");
    }
}
