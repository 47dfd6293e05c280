package caffeine.server.engine;

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

/**
 * An engine that keeps the contract: each that is registered, and each with every word that one of
 * its options takes.
 */
public record EngineUnderTest(EngineDescription description, Map<String, String> choices) {

    /** All of them. */
    public static List<EngineUnderTest> all() {
        List<EngineUnderTest> all = new ArrayList<>();
        for (EngineDescription description : Engines.ALL) {
            all.add(new EngineUnderTest(description, Map.of()));
            for (EngineOption option : description.options()) {
                option.choices().stream()
                        .filter(word -> !word.equals(option.byDefault()))
                        .map(word -> Map.of(option.name(), word))
                        .forEach(choice -> all.add(new EngineUnderTest(description, choice)));
            }
        }
        return all;
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

    private Engine make(ServerOptions options, boolean ownsProcess, @Nullable Handler handler) {
        try {
            return description.make(
                    new EngineSetup(
                            options,
                            2,
                            choices,
                            ownsProcess,
                            handler,
                            EngineUnderTest::java,
                            Path.of("/tmp")));
        } catch (StartException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Starts it. */
    RunningEngine start(ServerOptions options) {
        return new RunningEngine(make(options));
    }

    /** With the modules of this JVM, quick to start. */
    private static List<String> java() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=caffeine.os",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-Xmx32m",
                "--module-path",
                Objects.requireNonNull(System.getProperty("jdk.module.path")),
                "--patch-module",
                "caffeine.server=" + testClasses());
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
