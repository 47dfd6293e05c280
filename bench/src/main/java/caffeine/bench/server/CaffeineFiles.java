package caffeine.bench.server;

import caffeine.server.engine.EngineDescription;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Ours with {@code --files}.
 *
 * @param launcher {@code ./caffeine}
 * @param engine which
 * @param version its version
 */
public record CaffeineFiles(Path launcher, EngineDescription engine, String version)
        implements ServerKind {

    @Override
    public String name() {
        return engine.name();
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
    public List<Mode> modes() {
        return List.of(new Mode(name(), "/"));
    }

    @Override
    public List<List<String>> prepare(Setup setup) {
        List<String> command = new ArrayList<>(List.of(launcher.toString(), "--files"));
        command.addAll(List.of(setup.documentRoot().toString(), "--engine", engine.name()));
        command.addAll(CaffeineHello.size(engine, setup.workers()));
        command.addAll(List.of("--port", "0", "--idle-timeout", "10m", "--log-level", "WARN"));
        return List.of(command);
    }

    @Override
    public boolean printsItsPort() {
        return true;
    }
}
