package caffeine.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.bench.FilesReport.Figure;
import caffeine.bench.report.Json;
import caffeine.bench.stats.Summary;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** From figures to tables, the page, and the options. */
class FilesReportTest {

    private static Map<FilesWorkload, Figure> figures(double perSecond, double cpuMicros) {
        return Map.of(
                FilesWorkload.SMALL,
                new Figure(Summary.of(List.of(perSecond)), Summary.of(List.of(cpuMicros))));
    }

    private static FilesReport report() {
        return new FilesReport(
                2,
                3,
                5,
                List.of(FilesWorkload.SMALL, FilesWorkload.MANY),
                List.of(
                        new FilesReport.Server("sharded", true, figures(300, 9)),
                        new FilesReport.Server("nginx", false, figures(200, 15)),
                        new FilesReport.Server("lighttpd", false, figures(250, 10))),
                List.of("lighttpd, 304: it ended"));
    }

    @Test
    void comparesOursWithTheBestOther() {
        assertThat(report().text())
                .containsPattern("1 KiB +\\| +300 \\| +200 \\| +250 \\| +×1.20 ")
                .containsPattern("1 KiB +\\| +9.00 \\| +15.0 \\| +10.0 \\| +×0.90 ");
    }

    @Test
    void saysWhatIsMissingAndWhy() {
        assertThat(report().text())
                .containsPattern("10,000 files of 1 KiB +\\| +– \\|")
                .contains("\nlighttpd, 304: it ended\n");
    }

    @Test
    void isJsonToo() {
        assertThat(Json.of(report())).contains("\"SMALL\"").contains("\"isOurs\": true");
    }

    @Test
    void thePageHasAPlaceForTheFigures() throws IOException {
        Path docs = Path.of("..").toAbsolutePath().normalize().resolve("docs");
        String page = Files.readString(docs.resolve("files.md"));
        assertThat(FilesReport.page(docs).filled(page, "a machine", report().text()))
                .contains("- a machine\n")
                .contains("## In a Java program");
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        FilesSettings settings = new FilesSettings();
        settings.only = List.of("sharded", "apache");
        assertThatThrownBy(settings::check)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("apache");
        settings.only = List.of("nginx-cache");
        settings.measures = List.of("not-modified");
        assertThat(settings.workloads()).containsExactly(FilesWorkload.NOT_MODIFIED);
        settings.rounds = 0;
        assertThatThrownBy(settings::check).hasMessageContaining("--rounds");
    }
}
