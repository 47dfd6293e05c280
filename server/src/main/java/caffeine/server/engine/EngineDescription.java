package caffeine.server.engine;

import caffeine.server.options.App;
import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * The description of an engine, in the engine's package; a line of {@code
 * caffeine.server.engines.Engines} registers it. The command's options, help, completion and {@code
 * --engines}, the training of the AOT cache, the tests of all engines and the benchmarks use it.
 */
public interface EngineDescription {

    /** Its name for {@code --engine}. */
    String name();

    /** Two sentences, an empty line, and a drawing. */
    String drawing();

    /** Its own options. */
    default List<EngineOption> options() {
        return List.of();
    }

    /** The option for its size: its first number. Null: it has one size. */
    default @Nullable EngineOption size() {
        return options().stream().filter(EngineOption::isNumber).findFirst().orElse(null);
    }

    /** How many threads it has by default for each processor. */
    default int threadsPerProcessor() {
        return 1;
    }

    /** The name in the log of the process that starts it. */
    default String process() {
        return "server";
    }

    /**
     * Whether it makes no system call of ours, so that it runs wherever Java does; with scripts on
     * Linux only.
     */
    default boolean isPortable() {
        return false;
    }

    /**
     * Whether it knows the descriptors of its sockets: a script can write straight to its client,
     * and a listener can come from the service manager.
     */
    default boolean hasDescriptors() {
        return true;
    }

    /**
     * Whether it serves one connection at a time: the next client waits in the kernel's queue until
     * the one before is closed.
     */
    default boolean isSequential() {
        return false;
    }

    /**
     * Whether a process serves one connection and ends: a connection costs the start of a process.
     */
    default boolean isProcessPerConnection() {
        return false;
    }

    /** Whether a handler of a program can answer: its clients are served in this process. */
    default boolean takesHandlers() {
        return true;
    }

    /** Why it does not run on this machine; null: it does. */
    default @Nullable String obstacle() {
        return isPortable() ? null : lacksLinux("");
    }

    /** Why it does not serve by these options on this machine; null: it does. */
    default @Nullable String obstacle(ServerOptions options) {
        return isPortable() && options.app() == App.SCRIPTS
                ? lacksLinux(" for scripts")
                : obstacle();
    }

    /**
     * The engine that runs instead where this kernel refuses what this one needs.
     *
     * @param reason why it is refused
     */
    record Substitute(EngineDescription engine, String reason) {}

    /** What runs in its place on this machine; null: it runs itself. */
    default @Nullable Substitute substitute() {
        return null;
    }

    /** This engine, or its {@link #substitute}. */
    default EngineDescription running() {
        Substitute other = substitute();
        return other == null ? this : other.engine();
    }

    private static @Nullable String lacksLinux(String what) {
        String system = System.getProperty("os.name", "");
        return system.equals("Linux") ? null : "needs Linux" + what + ", and this is " + system;
    }

    /**
     * The engine, not started.
     *
     * @throws StartException when it cannot be made of this
     */
    Engine make(EngineSetup setup) throws StartException;
}
