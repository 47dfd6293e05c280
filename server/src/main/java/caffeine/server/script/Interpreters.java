package caffeine.server.script;

import caffeine.os.Files;
import caffeine.os.Stat;
import caffeine.server.ScriptOptions.Interpreter;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The programs that run files which cannot run themselves. A program is looked up when it is first
 * needed, and its place is remembered; one that is missing is looked for again each time, so that
 * it can be installed while the server runs.
 */
final class Interpreters {

    /** Where to look when no PATH is given. */
    private static final String USUAL_PATH = "/usr/local/bin:/usr/bin:/bin";

    private final List<Interpreter> interpreters;
    private final String path;
    private final Map<String, byte[]> found = new HashMap<>();

    /**
     * @param path the PATH that scripts get, or null
     */
    Interpreters(List<Interpreter> interpreters, @Nullable String path) {
        this.interpreters = interpreters;
        this.path = path == null ? USUAL_PATH : path;
    }

    List<Interpreter> all() {
        return interpreters;
    }

    String path() {
        return path;
    }

    /** The interpreter for a file's name by its ending, or null. */
    @Nullable Interpreter of(String name) {
        int dot = name.lastIndexOf('.');
        if (dot > name.lastIndexOf('/')) {
            String ending = name.substring(dot + 1);
            for (Interpreter interpreter : interpreters) {
                if (interpreter.ending().equals(ending)) {
                    return interpreter;
                }
            }
        }
        return null;
    }

    /** The absolute path of an interpreter's program, or null when it is not to be found. */
    byte @Nullable [] program(Interpreter interpreter) {
        return find(interpreter.command());
    }

    /** The absolute path of a program by its name or path, or null when it is not to be found. */
    byte @Nullable [] find(String command) {
        byte[] program = found.get(command);
        if (program == null) {
            program = lookUp(command);
            if (program != null) {
                found.put(command, program);
            }
        }
        return program;
    }

    private byte @Nullable [] lookUp(String command) {
        if (command.startsWith("/")) {
            return executable(command);
        }
        for (String folder : path.split(":", -1)) {
            // Empty and relative entries mean the working directory, which is a script's own.
            if (folder.startsWith("/")) {
                byte[] program = executable(folder + "/" + command);
                if (program != null) {
                    return program;
                }
            }
        }
        return null;
    }

    private static byte @Nullable [] executable(String file) {
        byte[] name = Files.path(file);
        Stat stat = new Stat();
        boolean runs =
                Files.statAt(Files.AT_FDCWD, name, 0, stat) == 0
                        && stat.isRegular()
                        && Files.faccessat(Files.AT_FDCWD, name, Files.X_OK, Files.AT_EACCESS) == 0;
        return runs ? name : null;
    }
}
