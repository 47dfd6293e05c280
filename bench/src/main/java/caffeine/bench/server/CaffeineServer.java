package caffeine.bench.server;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Ours, by its launcher.
 *
 * @param launcher {@code ./caffeine}
 * @param description its version
 */
public record CaffeineServer(Path launcher, String description) implements ServerKind {

    /** What {@code --only} calls it, and how the names of its modes begin. */
    public static final String NAME = "caffeine";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Optional<String> missing() {
        return Optional.empty();
    }

    @Override
    public List<Mode> modes() {
        return List.of(new Mode(NAME + " direct", "/"), new Mode(NAME + " cgi", "/cgi-bin/"));
    }

    @Override
    public List<List<String>> prepare(Setup setup) {
        return List.of(
                List.of(
                        launcher.toString(),
                        "--path",
                        setup.documentRoot().toString(),
                        "--port",
                        "0",
                        "--workers",
                        Integer.toString(setup.workers()),
                        "--log-level",
                        setup.logs() ? "INFO" : "WARN"));
    }

    @Override
    public boolean printsItsPort() {
        return true;
    }
}
