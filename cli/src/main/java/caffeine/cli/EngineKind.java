package caffeine.cli;

import caffeine.server.engine.Engine;
import caffeine.server.engine.StartException;
import caffeine.server.prefork.PreforkEngine;
import caffeine.server.prefork.PreforkOptions;
import caffeine.server.sharded.ShardedEngine;
import caffeine.server.sharded.ShardedOptions;
import caffeine.server.virtual.VirtualEngine;
import caffeine.server.virtual.VirtualOptions;

import org.jspecify.annotations.Nullable;

import java.util.Locale;

/** The engines that {@code --engine} chooses from, a line each. */
enum EngineKind {
    PREFORK(Option.WORKERS, "worker", Drawings.PREFORK, EngineKind::prefork),
    SHARDED(Option.THREADS, "thread", Drawings.SHARDED, EngineKind::sharded),
    VIRTUAL(Option.THREADS, "thread", Drawings.VIRTUAL, EngineKind::virtual);

    /** Makes an engine of what the command line says. */
    private interface Maker {
        Engine make(EngineSettings settings) throws StartException;
    }

    /** The option that says how many of its parts there are. */
    final Option size;

    /** What one of them is called. */
    private final String part;

    /** Two sentences and a drawing. */
    final String description;

    @SuppressWarnings("ImmutableEnumChecker") // a method of this class, which holds nothing
    private final Maker maker;

    EngineKind(Option size, String part, String description, Maker maker) {
        this.size = size;
        this.part = part;
        this.description = description;
        this.maker = maker;
    }

    /** By its name, in any case. */
    static EngineKind of(String name) throws UsageException {
        StringBuilder names = new StringBuilder();
        for (EngineKind kind : values()) {
            if (kind.title().equalsIgnoreCase(name)) {
                return kind;
            }
            names.append(names.isEmpty() ? "" : ", ").append(kind.title());
        }
        throw new UsageException(
                Option.ENGINE,
                name,
                "is not an engine",
                "give one of " + names + "; caffeine --engines explains them");
    }

    /** What {@code --engine} calls it. */
    String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether an option means something to it. */
    boolean takes(Option option) {
        return switch (option) {
            case WORKERS, THREADS -> option == size;
            case ACCEPT -> this == SHARDED;
            default -> true;
        };
    }

    /** How many parts it has, in words: {@code 4 workers}. */
    String parts(int count) {
        return count + " " + part + (count == 1 ? "" : "s");
    }

    /** Why it does not run on this machine; null: it does. */
    @Nullable String obstacle() {
        String system = System.getProperty("os.name", "");
        return system.equals("Linux") ? null : "needs Linux, and this is " + system;
    }

    Engine make(EngineSettings settings) throws StartException {
        String obstacle = obstacle();
        if (obstacle != null) {
            throw new StartException("the engine " + title() + " " + obstacle);
        }
        return maker.make(settings);
    }

    private static Engine prefork(EngineSettings settings) throws StartException {
        Surroundings surroundings = settings.surroundings();
        return new PreforkEngine(
                new PreforkOptions(
                        settings.server(),
                        settings.size(),
                        WorkerCommand.of(surroundings.javaHome(), surroundings.commandLine()),
                        settings.controlDirectory()));
    }

    private static Engine sharded(EngineSettings settings) {
        return new ShardedEngine(
                new ShardedOptions(settings.server(), settings.size(), settings.accept(), true));
    }

    private static Engine virtual(EngineSettings settings) {
        return new VirtualEngine(new VirtualOptions(settings.server(), settings.size(), true));
    }
}
