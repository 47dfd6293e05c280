package caffeine.bench.server;

import caffeine.server.core.Handler;
import caffeine.server.engine.EngineDescription;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One of our engines with a handler of the bench: {@link HandlerMain}, in a JVM with the launcher's
 * options.
 *
 * @param home the root of the repository
 * @param handler has a public constructor without parameters
 * @param name what {@code --only} calls it
 * @param description for the head of a report
 * @param jvmOptions more options of the JVM
 */
public record HandlerServer(
        Path home,
        EngineDescription engine,
        Class<? extends Handler> handler,
        String name,
        String description,
        List<String> jvmOptions)
        implements ServerKind {

    /** Enough for each handler of the bench. */
    public static final int HEAP_MIB = 256;

    @Override
    public Optional<String> missing() {
        return Optional.empty();
    }

    @Override
    public List<Mode> modes() {
        return List.of(new Mode(name(), "/"));
    }

    /**
     * The command for a JVM up to its main class: our modules, with the bench's classes in one of
     * them.
     */
    static List<String> java(Path home, List<String> options) {
        Path app = home.resolve("cli/target/app");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("@" + app.resolve("jvm.options"));
        command.addAll(options);
        command.addAll(List.of("--module-path", app.resolve("modules").toString()));
        command.add("--patch-module");
        command.add("caffeine.server=" + home.resolve("bench/target/classes"));
        return command;
    }

    @Override
    public List<List<String>> prepare(Setup setup) {
        List<String> options = new ArrayList<>(List.of("-Xmx" + HEAP_MIB + "m"));
        options.addAll(jvmOptions);
        List<String> command = java(home, options);
        command.addAll(List.of("--module", "caffeine.server/" + HandlerMain.class.getName()));
        command.addAll(List.of(home.toString(), setup.folder().toString(), engine.name()));
        command.addAll(List.of(Integer.toString(setup.workers()), handler.getName()));
        return List.of(command);
    }

    @Override
    public boolean printsItsPort() {
        return true;
    }
}
