package caffeine.bench;

import caffeine.bench.report.Figures;
import caffeine.bench.report.Page;
import caffeine.bench.report.Table;
import caffeine.bench.stats.Summary;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.DoubleStream;

/**
 * What {@code bench/run files} found out.
 *
 * @param threads threads or worker processes of every server
 * @param seconds how long each measurement took
 * @param servers ours first
 * @param notes what was not as it should be
 */
record FilesReport(
        int threads,
        int seconds,
        int rounds,
        List<FilesWorkload> workloads,
        List<Server> servers,
        List<String> notes) {

    /**
     * The figures of a load.
     *
     * @param cpuMicros the server's CPU time for a request, of all its processes
     */
    record Figure(Summary perSecond, Summary cpuMicros) {}

    /**
     * A server.
     *
     * @param isOurs whether it is compared with the others
     * @param figures missing are those that were not measured
     */
    record Server(String name, boolean isOurs, Map<FilesWorkload, Figure> figures) {

        double median(FilesWorkload workload, Function<Figure, Summary> which) {
            Figure figure = figures.get(workload);
            return figure == null ? Double.NaN : which.apply(figure).median();
        }
    }

    /** The page in the folder docs. */
    static Page page(Path folder) {
        return new Page(folder.resolve("files.md"), "files");
    }

    /** Tables for people. */
    String text() {
        StringBuilder text = new StringBuilder();
        text.append(
                """
                ### Requests per second, medians of %d rounds of %d s

                """
                        .formatted(rounds, seconds));
        text.append(table(Figure::perSecond, true));
        text.append("\n### CPU time of the server for a request, microseconds\n\n");
        text.append(table(Figure::cpuMicros, false));
        notes.forEach(note -> text.append('\n').append(note).append('\n'));
        return text.toString();
    }

    /**
     * The figures of each server, and the ratio of our first one to the best other.
     *
     * @param moreIsBetter whether the largest figure is the best
     */
    private Table table(Function<Figure, Summary> which, boolean moreIsBetter) {
        List<String> headings = new ArrayList<>(List.of("file"));
        servers.forEach(server -> headings.add(server.name));
        headings.add("to the best other");
        Table table = new Table(headings.toArray(String[]::new));
        for (FilesWorkload workload : workloads) {
            List<String> row = new ArrayList<>(List.of(workload.label));
            servers.forEach(server -> row.add(Figures.plain(server.median(workload, which))));
            row.add(Figures.ratio(ratio(workload, which, moreIsBetter)));
            table.row(row);
        }
        return table;
    }

    private double ratio(
            FilesWorkload workload, Function<Figure, Summary> which, boolean moreIsBetter) {
        double ours =
                servers.stream()
                        .filter(Server::isOurs)
                        .mapToDouble(server -> server.median(workload, which))
                        .findFirst()
                        .orElse(Double.NaN);
        double[] others =
                servers.stream()
                        .filter(server -> !server.isOurs)
                        .mapToDouble(server -> server.median(workload, which))
                        .filter(figure -> !Double.isNaN(figure))
                        .toArray();
        DoubleStream all = DoubleStream.of(others);
        return ours / (moreIsBetter ? all.max() : all.min()).orElse(Double.NaN);
    }
}
