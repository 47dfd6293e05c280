package caffeine.server.engine;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import caffeine.server.core.Handler;
import caffeine.server.engines.Engines;
import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** An engine that keeps the contract: each that is registered. */
public record EngineUnderTest(EngineDescription description, Map<String, String> choices) {

    /** Names of engines, with a comma between them; empty for all: to try one quickly. */
    private static final String ONLY = System.getProperty("caffeine.engines", "");

    private static final int FEW = 8;
    private static final int FEWER = 200;

    private static final boolean FULL = Boolean.getBoolean("caffeine.full");

    /** All of them; with {@code -Pfull} also with each word that their options take. */
    public static List<EngineUnderTest> all() {
        List<EngineUnderTest> all = new ArrayList<>();
        for (EngineDescription description : Engines.ALL) {
            if (!ONLY.isEmpty() && !List.of(ONLY.split(",")).contains(description.name())) {
                continue;
            }
            all.add(new EngineUnderTest(description, Map.of()));
            for (EngineOption option : description.options()) {
                option.choices().stream()
                        .filter(word -> FULL && !word.equals(option.byDefault()))
                        .map(word -> Map.of(option.name(), word))
                        .forEach(choice -> all.add(new EngineUnderTest(description, choice)));
            }
        }
        return all;
    }

    /** Skips a test whose clients are served at the same time, where they are not. */
    public void servesSeveralAtOnce() {
        assumeFalse(description.isSequential(), "serves one connection at a time");
    }

    /** How often a test repeats something that takes a connection, where that costs a process. */
    int connections(int count) {
        return description.isProcessPerConnection()
                ? Math.max(Math.min(count, FEW), count / FEWER)
                : count;
    }

    /** Two workers or threads, or as many processes as a test has connections at a time. */
    private int size() {
        return description.isProcessPerConnection() ? FEW : 2;
    }

    /** Those that a program can give a handler. */
    public static List<EngineUnderTest> thatTakeHandlers() {
        return all().stream().filter(each -> each.description.takesHandlers()).toList();
    }

    /** One of two workers or threads, which has not been started. */
    Engine make(ServerOptions options) {
        return make(options, null);
    }

    /** The same with a handler of the test's. */
    Engine make(ServerOptions options, @Nullable Handler handler) {
        return make(options, true, handler);
    }

    /** The same in a program that has more to do. */
    public Engine embedded(ServerOptions options, Handler handler) {
        return make(options, false, handler);
    }

    /** Of so many parts. */
    Engine make(ServerOptions options, int size) {
        return make(options, size, true, null);
    }

    private Engine make(ServerOptions options, boolean ownsProcess, @Nullable Handler handler) {
        return make(options, size(), ownsProcess, handler);
    }

    private Engine make(
            ServerOptions options, int size, boolean ownsProcess, @Nullable Handler handler) {
        try {
            return description.make(
                    new EngineSetup(
                            options,
                            size,
                            choices,
                            ownsProcess,
                            handler,
                            () -> java(!options.handlerClass().isEmpty()),
                            Path.of("/tmp")));
        } catch (StartException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Starts it. */
    RunningEngine start(ServerOptions options) {
        return new RunningEngine(make(options));
    }

    /**
     * With the modules of this JVM, quick to start.
     *
     * @param patched with the classes of the tests, for which the JVM gives up its archive of the
     *     JDK's classes
     */
    private static List<String> java(boolean patched) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=caffeine.os");
        command.add("-XX:+UseSerialGC");
        command.add("-XX:TieredStopAtLevel=1");
        command.add("-Xshare:auto");
        command.add("-Xmx32m");
        command.add("--module-path");
        command.add(Objects.requireNonNull(System.getProperty("jdk.module.path")));
        if (patched) {
            command.add("--patch-module");
            command.add("caffeine.server=" + testClasses());
        }
        return command;
    }

    /** Workers find handlers of the tests there. */
    private static Path testClasses() {
        Class<?> any = EngineUnderTest.class;
        URL file = any.getResource("/" + any.getName().replace('.', '/') + ".class");
        Path path = Path.of(URI.create(Objects.requireNonNull(file).toString()));
        for (int i = 0; i <= any.getPackageName().chars().filter(c -> c == '.').count() + 1; i++) {
            path = Objects.requireNonNull(path.getParent());
        }
        return path;
    }

    @Override
    public String toString() {
        return description.name() + (choices.isEmpty() ? "" : choices);
    }
}
