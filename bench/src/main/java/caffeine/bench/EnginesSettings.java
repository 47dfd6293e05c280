package caffeine.bench;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.util.List;

/** The options of {@code bench/run engines}. */
final class EnginesSettings extends RoundsSettings {

    @Option(
            names = "--engines",
            paramLabel = "ENGINE",
            split = ",",
            description = "only these of our engines and nginx (default: all)")
    List<String> engines = List.of();

    @Option(
            names = "--write",
            description = "put the tables into docs/engines.md, and the chart beside it")
    boolean write;

    /**
     * Refuses what makes no sense.
     *
     * @param known the engines that run here, and nginx
     * @throws IOException which says what there is
     */
    void check(List<String> known) throws IOException {
        Settings.check("--engines", engines, known);
        checkFigures();
    }
}
