package caffeine.bench.server;

import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engines.Engines;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Ours, by its launcher, with one of its engines.
 *
 * @param launcher {@code ./caffeine}
 * @param engine which
 * @param version its version
 */
public record CaffeineHello(Path launcher, EngineDescription engine, String version)
        implements HelloKind {

    /**
     * How large the engine is to be, as its options say it; its default where one part has one
     * client.
     */
    public static List<String> size(EngineDescription engine, int parts) {
        EngineOption size = engine.size();
        return size == null || engine.isProcessPerConnection()
                ? List.of()
                : List.of("--" + size.name(), Integer.toString(parts));
    }

    /** Whether it serves in processes, beside the one that is started. */
    public static boolean hasWorkers(EngineDescription engine) {
        return engine.options().contains(EngineOption.WORKERS);
    }

    @Override
    public Family family() {
        return Family.CAFFEINE;
    }

    @Override
    public String name() {
        return engine.name();
    }

    @Override
    public String label() {
        return "caffeine " + engine.name();
    }

    @Override
    public String description() {
        return "%s, %s".formatted(version, engine.name());
    }

    @Override
    public Optional<String> missing() {
        return Optional.empty();
    }

    @Override
    public List<List<String>> prepare(Setup setup) {
        List<String> command = new ArrayList<>(List.of(launcher.toString(), "--app", "hello"));
        if (!engine.equals(Engines.DEFAULT)) {
            // The default, also of versions that have no other.
            command.addAll(List.of("--engine", engine.name()));
        }
        command.addAll(size(engine, setup.workers()));
        command.addAll(List.of("--port", "0", "--idle-timeout", "10m", "--log-level", "WARN"));
        return List.of(command);
    }

    @Override
    public boolean printsItsPort() {
        return true;
    }
}
