package caffeine.bench;

import caffeine.bench.report.BarChart;
import caffeine.bench.report.Page;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The measured part of docs/engines.md, and the chart beside it. */
final class EnginesPage {
    private static final String CHART = "engines.svg";

    private EnginesPage() {}

    /** The page in the folder docs. */
    static Page page(Path folder) {
        return new Page(folder.resolve("engines.md"), "engines");
    }

    /**
     * Writes both.
     *
     * @param folder docs
     * @param circumstances machine and programs, a line each
     * @throws IOException when the page has no place for it
     */
    static void write(Path folder, String circumstances, EnginesReport report) throws IOException {
        page(folder).write(circumstances, text(report));
        Files.writeString(
                folder.resolve(CHART),
                BarChart.svg("CPU time for a request, microseconds", report.charted()));
    }

    /** The chart and the tables. */
    static String text(EnginesReport report) {
        return "![CPU time for a request](%s)\n\n%s".formatted(CHART, report.text());
    }
}
