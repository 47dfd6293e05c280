package caffeine.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import caffeine.bench.client.LoadResult;
import caffeine.bench.report.Json;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

/** From figures to tables. */
class HelloReportTest {
    private static final HelloWorkload KEPT = new HelloWorkload(HelloSettings.Measure.KEPT, 64, 1);

    @Test
    void comparesWithNginxAndTheBestJavaServer() {
        List<HelloCell.Result> results =
                HelloReport.withRatios(
                        List.of(
                                result("caffeine virtual", "caffeine", 120, 8),
                                result("nginx", "nginx", 100, 10),
                                result("slow", "java", 60, 40),
                                result("helidon", "java", 80, 20)));
        assertThat(results.getFirst().perSecondRatios()).isEqualTo(new HelloCell.Ratios(1.2, 1.5));
        assertThat(results.getFirst().cpuRatios().nginx()).isCloseTo(0.8, within(1e-9));
        assertThat(results.getFirst().cpuRatios().bestJava()).isCloseTo(0.4, within(1e-9));
        assertThat(results.get(2).cpuRatios().bestJava()).isCloseTo(2, within(1e-9));
    }

    @Test
    void knowsNoRatioToAServerThatIsNotThere() {
        List<HelloCell.Result> results =
                HelloReport.withRatios(List.of(result("caffeine virtual", "caffeine", 120, 8)));
        assertThat(results.getFirst().perSecondRatios().nginx()).isNaN();
        assertThat(results.getFirst().cpuRatios().bestJava()).isNaN();
    }

    @Test
    void takesMediansOfRoundsAndTheClientsShareOfAProcessor() {
        HelloCell cell = new HelloCell();
        // Three rounds of two seconds: the server's and the client's CPU time, microseconds.
        cell.add(load(200, 100), 2_000, 1_000_000);
        cell.add(load(400, 200), 8_000, 2_000_000);
        cell.add(load(600, 300), 3_000, 1_000_000);
        HelloCell.Result result = cell.result("x", "java");
        assertThat(result.perSecond().median()).isEqualTo(200);
        assertThat(result.cpuMicros().median()).isEqualTo(10);
        assertThat(result.cpuMicros().max()).isEqualTo(20);
        assertThat(result.clientBusy()).isCloseTo(0.5, within(1e-9));
        assertThat(result.requests()).isEqualTo(1200);
    }

    @Test
    void tellsAFailureBelowItsTable() {
        HelloCell cell = new HelloCell();
        cell.fail("it hung");
        String text = report(HelloReport.withRatios(List.of(cell.result("x", "java")))).text();
        assertThat(text).contains("| x ").contains("x, c=64: it hung\n");
    }

    @Test
    void comparesVirtualThreadsWithVirtualThreads() {
        String text =
                report(
                                HelloReport.withRatios(
                                        List.of(
                                                result("caffeine virtual", "caffeine", 120, 25),
                                                result("helidon", "java", 80, 20))))
                        .text();
        assertThat(text).contains("caffeine virtual takes ×1.25 the CPU time of helidon.");
    }

    @Test
    void showsTheSpreadOfCpuTimeByConnections() {
        List<HelloReport.Load> loads =
                List.of(
                        new HelloReport.Load(
                                new HelloWorkload(HelloSettings.Measure.CONNECTIONS, 10, 1),
                                List.of(result("x", "java", 100, 10))),
                        new HelloReport.Load(
                                new HelloWorkload(HelloSettings.Measure.CONNECTIONS, 10_000, 1),
                                List.of(result("x", "java", 50, 13))));
        String text =
                new HelloReport(2, 256, 3, loads, 1, List.of(), List.of(), List.of(), Map.of())
                        .text();
        assertThat(text).contains("10,000").contains("×1.30").contains("10.0 (10.0–10.0; 100)");
    }

    @Test
    void showsMemoryCallsAndAllocation() {
        HelloReport report =
                new HelloReport(
                        2,
                        256,
                        3,
                        List.of(),
                        1024,
                        List.of(new HelloReport.Memory("x", 90, 95, 80, 112)),
                        List.of(
                                new HelloReport.Calls(
                                        "x",
                                        Map.of("recvfrom", 1.0, "futex", 0.0001),
                                        Map.of("sendto", 0.0625))),
                        List.of(new HelloReport.Allocation("x", 12.5, 3)),
                        Map.of("y", "it hung"));
        assertThat(report.text())
                // 32 MiB more for 1,024 connections.
                .contains(" 32.0 |")
                .contains("recvfrom 1.00 ")
                .doesNotContain("futex")
                .contains("sendto 1.00 ")
                .contains("12.5")
                .contains("\ny: it hung\n");
        assertThat(Json.of(report)).contains("\"recvfrom\": 1.0").contains("\"idle\": 1024");
    }

    private static HelloReport report(List<HelloCell.Result> results) {
        return new HelloReport(
                2,
                256,
                3,
                List.of(new HelloReport.Load(KEPT, results)),
                1,
                List.of(),
                List.of(),
                List.of(),
                Map.of());
    }

    private static HelloCell.Result result(
            String server, String family, double perSecond, double cpuMicros) {
        HelloCell cell = new HelloCell();
        cell.add(load(1000, perSecond), 1000 * cpuMicros, 0);
        return cell.result(server, family);
    }

    private static LoadResult load(long requests, double perSecond) {
        return new LoadResult(requests, 0, "", perSecond, 1, 2);
    }
}
