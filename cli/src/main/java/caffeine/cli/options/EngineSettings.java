package caffeine.cli.options;

import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.StartException;
import caffeine.server.options.App;
import caffeine.server.options.LogOptions;
import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The engine and its settings.
 *
 * @param size how many workers or threads, 1 where the engine has one size
 * @param choices its other options, by their names
 * @param privileges user to switch to after binding; null: stay the same user
 */
public record EngineSettings(
        EngineDescription engine,
        ServerOptions server,
        int size,
        Map<String, String> choices,
        @Nullable Privileges privileges,
        Surroundings surroundings) {

    /** These settings, with other logs. */
    public EngineSettings withLog(LogOptions log) {
        return new EngineSettings(
                engine, server.withLog(log), size, choices, privileges, surroundings);
    }

    /** Whether these are the same where a running server cannot change. */
    public boolean listensAs(EngineSettings other) {
        return engine.equals(other.engine)
                && choices.equals(other.choices)
                && server.addresses().equals(other.server.addresses())
                && server.network().v6Only() == other.server.network().v6Only()
                && Privileges.areSame(privileges, other.privileges);
    }

    /** A description of the served folder or app. */
    public String path() {
        return switch (server.app()) {
            case SCRIPTS -> server.scripts().root().toString();
            case FILES -> String.valueOf(server.files().folder());
            case HELLO, ECHO, WS_ECHO ->
                    "--app " + server.app().name().toLowerCase(Locale.ROOT).replace('_', '-');
        };
    }

    /** How long requests in progress may take after a stop. */
    public long graceMs() {
        return server.deadlines().graceNs() / 1_000_000;
    }

    /** The engine, not started. */
    public Engine make() throws StartException {
        String obstacle = engine.obstacle(server);
        if (obstacle != null) {
            throw new StartException("the engine " + engine.name() + " " + obstacle);
        }
        return engine.make(
                new EngineSetup(
                        server,
                        size,
                        choices,
                        true,
                        null,
                        () ->
                                WorkerCommand.of(
                                        surroundings.javaHome(),
                                        surroundings.commandLine(),
                                        messageBytes()),
                        controlDirectory()));
    }

    /**
     * The largest WebSocket message; 0 where none is kept. A folder {@code ws} can be anywhere, and
     * appear while the server runs; a larger limit of the heap costs no memory until it is used.
     */
    private long messageBytes() {
        return switch (server.app()) {
            case WS_ECHO, SCRIPTS -> server.webSocket().messageBytes();
            case FILES, HELLO, ECHO -> 0;
        };
    }

    /** The engine that runs and how large it is, in words: {@code prefork, 4 workers}. */
    public String describeEngine() {
        EngineDescription running = engine.running();
        EngineOption counted = running.size();
        return running.name() + (counted == null ? "" : ", " + counted.count(size));
    }

    /** Files that the server must be able to read after it switches its user. */
    public List<Path> neededFiles() {
        List<Path> needed = new ArrayList<>();
        if (server.app() == App.SCRIPTS) {
            needed.add(server.scripts().root());
        }
        for (Path files : Arrays.asList(server.files().folder(), server.files().sendfileRoot())) {
            if (files != null) {
                needed.add(files);
            }
        }
        needed.add(Path.of(surroundings.javaHome(), "bin", "java"));
        needed.addAll(surroundings.modulePath());
        return needed;
    }

    /** The user's own run-time folder where the system has one, else the one that all have. */
    Path controlDirectory() {
        String own = surroundings.environment().getOrDefault("XDG_RUNTIME_DIR", "");
        // The variable is obeyed only when absolute, says the XDG Base Directory Specification.
        if (own.startsWith("/")) {
            Path directory = Path.of(own);
            // For root's own folder, the check would pass for another user as well.
            if (privileges == null && Files.isDirectory(directory) && Files.isWritable(directory)) {
                return directory;
            }
        }
        return Path.of("/tmp");
    }
}
