package caffeine.bench;

import caffeine.bench.server.NginxFiles;
import caffeine.server.engines.Engines;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The options of {@code bench/run files}. */
final class FilesSettings extends RoundsSettings {

    @Option(
            names = "--only",
            paramLabel = "SERVER",
            split = ",",
            description =
                    "only these of our engines, nginx, nginx-cache (with open_file_cache) and"
                            + " lighttpd (default: sharded and the others)")
    List<String> only = List.of("sharded", NginxFiles.NAME, NginxFiles.CACHING, "lighttpd");

    @Option(
            names = "--measure",
            paramLabel = "WHAT",
            split = ",",
            description = "only these of small, medium, large, not-modified, many (default: all)")
    List<String> measures = List.of();

    @Option(names = "--write", description = "put the tables into docs/files.md")
    boolean write;

    List<FilesWorkload> workloads() {
        return Stream.of(FilesWorkload.values())
                .filter(workload -> Settings.chosen(measures, workload.option()))
                .toList();
    }

    /**
     * Refuses what makes no sense.
     *
     * @throws IOException which says what there is
     */
    void check() throws IOException {
        List<String> known = new ArrayList<>(List.of(NginxFiles.NAME, NginxFiles.CACHING));
        known.add("lighttpd");
        Engines.ALL.forEach(engine -> known.add(engine.name()));
        Settings.check("--only", only, known);
        Settings.check(
                "--measure",
                measures,
                Stream.of(FilesWorkload.values()).map(FilesWorkload::option).toList());
        checkFigures();
    }
}
