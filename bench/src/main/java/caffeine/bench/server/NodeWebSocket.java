package caffeine.bench.server;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Command;
import caffeine.bench.host.Tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The npm package {@code ws}, in one process with one thread, as it is used.
 *
 * @param script its program
 * @param folder where the package is, or is installed to
 */
public record NodeWebSocket(Path script, Path folder, Cleanup cleanup) implements ServerKind {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** Where it collects its garbage when it is asked. */
    public static final String COLLECT = "gc";

    @Override
    public String name() {
        return "ws";
    }

    @Override
    public String description() {
        return "ws %s, Node.js %s, one thread"
                .formatted(packageVersion(), Versions.of(cleanup, "node", "--version"))
                .replace("  ", " ");
    }

    private String packageVersion() {
        try {
            return Files.readString(module().resolve("package.json"))
                    .replaceFirst("(?s).*\"version\": *\"([^\"]*)\".*", "$1");
        } catch (IOException _) {
            return "";
        }
    }

    private Path module() {
        return folder.resolve("node_modules/ws");
    }

    /** Installs the package when it is not there: this is the only step that needs a network. */
    @Override
    public Optional<String> missing() {
        Optional<Path> npm = Tools.find("npm");
        if (npm.isEmpty() || Tools.find("node").isEmpty()) {
            return Optional.of("not installed (Debian: apt-get install nodejs npm)");
        }
        if (Files.isDirectory(module())) {
            return Optional.empty();
        }
        try {
            Files.createDirectories(folder);
            Command installed =
                    Command.run(
                            cleanup,
                            PATIENCE,
                            List.of(
                                    npm.get().toString(),
                                    "install",
                                    "--no-audit",
                                    "--no-fund",
                                    "--ignore-scripts",
                                    "--prefix",
                                    folder.toString(),
                                    "ws"));
            return installed.status() == 0
                    ? Optional.empty()
                    : Optional.of("npm install ws failed: " + installed.lastWords());
        } catch (IOException e) {
            return Optional.of("npm install ws failed: " + e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return Optional.of("npm install ws was interrupted");
        }
    }

    @Override
    public List<Mode> modes() {
        return List.of(new Mode(name(), "/"));
    }

    @Override
    public List<List<String>> prepare(Setup setup) {
        return List.of(
                List.of(
                        Tools.find("node").orElseThrow().toString(),
                        "--expose-gc",
                        script.toString(),
                        Integer.toString(setup.port()),
                        module().toString()));
    }
}
