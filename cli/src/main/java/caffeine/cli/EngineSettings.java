package caffeine.cli;

import caffeine.server.engine.Engine;
import caffeine.server.engine.StartException;
import caffeine.server.options.App;
import caffeine.server.options.LogOptions;
import caffeine.server.options.ServerOptions;
import caffeine.server.sharded.ShardedOptions.Accept;

import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The engine and its settings.
 *
 * @param size how many workers or threads
 * @param accept how clients are distributed to threads
 * @param privileges user to switch to after binding; null: stay the same user
 */
record EngineSettings(
        EngineKind kind,
        ServerOptions server,
        int size,
        Accept accept,
        @Nullable Privileges privileges,
        Surroundings surroundings) {

    /** These settings, with other logs. */
    EngineSettings withLog(LogOptions log) {
        return new EngineSettings(
                kind, server.withLog(log), size, accept, privileges, surroundings);
    }

    /** Whether these are the same where a running server cannot change. */
    boolean listensAs(EngineSettings other) {
        return kind == other.kind
                && accept == other.accept
                && server.addresses().equals(other.server.addresses())
                && server.network().v6Only() == other.server.network().v6Only()
                && Privileges.areSame(privileges, other.privileges);
    }

    /** What is served, in words. */
    String path() {
        return server.app() == App.SCRIPTS
                ? server.scripts().root().toString()
                : "--app " + server.app().name().toLowerCase(Locale.ROOT);
    }

    /** How long requests in progress may take after a stop. */
    long graceMs() {
        return server.deadlines().graceNs() / 1_000_000;
    }

    /** The engine, not started. */
    Engine make() throws StartException {
        return kind.make(this);
    }

    /** How many parts it has, in words: {@code 4 workers}. */
    String parts() {
        return kind.parts(size);
    }

    /** What the log calls the process that starts it. */
    String process() {
        return kind == EngineKind.PREFORK ? "parent" : "server";
    }

    /** Files that the server must be able to read after it switches its user. */
    List<Path> neededFiles() {
        List<Path> needed = new ArrayList<>();
        if (server.app() == App.SCRIPTS) {
            needed.add(server.scripts().root());
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
            // Asked about root's, another user would be told that it may write there.
            if (privileges == null && Files.isDirectory(directory) && Files.isWritable(directory)) {
                return directory;
            }
        }
        return Path.of("/tmp");
    }
}
