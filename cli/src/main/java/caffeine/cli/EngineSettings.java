package caffeine.cli;

import caffeine.server.ServerOptions;
import caffeine.server.engine.Engine;
import caffeine.server.engine.StartException;
import caffeine.server.sharded.ShardedOptions.Accept;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the command line says of the engine.
 *
 * @param size how many workers or threads
 * @param accept how clients come to a thread
 */
record EngineSettings(
        EngineKind kind, ServerOptions server, int size, Accept accept, Surroundings surroundings) {

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

    /** The user's own run-time folder where the system has one, else the one that all have. */
    Path controlDirectory() {
        String own = surroundings.environment().getOrDefault("XDG_RUNTIME_DIR", "");
        // The variable is obeyed only when absolute, says the XDG Base Directory Specification.
        if (own.startsWith("/")) {
            Path directory = Path.of(own);
            if (Files.isDirectory(directory) && Files.isWritable(directory)) {
                return directory;
            }
        }
        return Path.of("/tmp");
    }
}
