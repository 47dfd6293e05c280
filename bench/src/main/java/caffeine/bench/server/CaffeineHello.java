package caffeine.bench.server;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Ours, by its launcher, with one of its engines.
 *
 * @param launcher {@code ./caffeine}
 * @param engine which
 * @param version its version
 */
public record CaffeineHello(Path launcher, Engine engine, String version) implements HelloKind {

    /** An engine that can answer without a script. */
    public enum Engine {
        SHARDED("--threads"),
        VIRTUAL("--threads"),
        PREFORK("--workers");

        private final String howMany;

        Engine(String howMany) {
            this.howMany = howMany;
        }

        /** What {@code --engine} calls it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    public Family family() {
        return Family.CAFFEINE;
    }

    @Override
    public String name() {
        return engine.label();
    }

    @Override
    public String label() {
        return "caffeine " + engine.label();
    }

    @Override
    public String description() {
        return "%s, %s".formatted(version, engine.label());
    }

    @Override
    public Optional<String> missing() {
        return Optional.empty();
    }

    @Override
    public List<List<String>> prepare(Setup setup) {
        List<String> command = new ArrayList<>(List.of(launcher.toString(), "--app", "hello"));
        if (engine != Engine.PREFORK) {
            // The default, also of versions that have no other.
            command.addAll(List.of("--engine", engine.label()));
        }
        command.addAll(List.of(engine.howMany, Integer.toString(setup.workers())));
        command.addAll(List.of("--port", "0", "--idle-timeout", "10m", "--log-level", "WARN"));
        return List.of(command);
    }

    @Override
    public boolean printsItsPort() {
        return true;
    }
}
