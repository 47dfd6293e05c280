package caffeine.server.script;

import caffeine.os.Files;
import caffeine.os.Stat;
import caffeine.server.options.ScriptOptions.Interpreter;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Programs that run files which are not executable. A program is looked up when it is first needed,
 * and its path is cached; a missing one is looked up each time, so that it can be installed while
 * the server runs.
 */
final class Interpreters {

    /** The default PATH. */
    private static final String USUAL_PATH = "/usr/local/bin:/usr/bin:/bin";

    private final List<Interpreter> interpreters;

    /** By the PATH where they were found, and their names. */
    private final Map<String, Map<String, byte[]>> found = new HashMap<>();

    Interpreters(List<Interpreter> interpreters) {
        this.interpreters = interpreters;
    }

    List<Interpreter> all() {
        return interpreters;
    }

    /** The search path: the PATH of the script, if it has one. */
    static String path(@Nullable String given) {
        return given == null ? USUAL_PATH : given;
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

    /**
     * The absolute path of an interpreter's program, or null when it is not found.
     *
     * @param path the PATH that the script gets, or null
     */
    byte @Nullable [] program(Interpreter interpreter, @Nullable String path) {
        return find(interpreter.command(), path(path));
    }

    /** As {@link #lookUp}, with a cache. */
    byte @Nullable [] find(String command, String path) {
        Map<String, byte[]> there = found.computeIfAbsent(path, _ -> new HashMap<>());
        byte[] program = there.get(command);
        if (program == null) {
            program = lookUp(command, path);
            if (program != null) {
                there.put(command, program);
            }
        }
        return program;
    }

    /** The absolute path of a program by its name or path, or null when it is not found. */
    static byte @Nullable [] lookUp(String command, String path) {
        if (command.startsWith("/")) {
            return executable(command);
        }
        for (String folder : path.split(":", -1)) {
            // Empty and relative entries mean the working directory, which differs for each script.
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
