package caffeine.server.prefork;

import caffeine.os.Descriptors;
import caffeine.os.ErrnoException;
import caffeine.os.Files;
import caffeine.os.Spawn;
import caffeine.os.StringArray;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Starts worker processes: {@code java} with the same module path and options as the parent. */
final class WorkerLauncher implements AutoCloseable {

    /** The JVMs of workers would take options from these variables. */
    private static final Set<String> WITHHELD =
            Set.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

    private static final int STANDARD_ERROR = 2;

    private final Spawn spawn = new Spawn();
    private final StringArray arguments = new StringArray();
    private final StringArray environment = new StringArray();
    private final byte[] program;
    private final int nullFd;

    WorkerLauncher(List<String> javaCommand, Path controlSocket) {
        program = javaCommand.getFirst().getBytes(StandardCharsets.UTF_8);
        for (String argument : javaCommand) {
            arguments.add(argument);
        }
        arguments.add("--module");
        arguments.add("caffeine.server/" + WorkerMain.class.getName());
        arguments.add(controlSocket.toString());
        for (Map.Entry<String, String> variable : System.getenv().entrySet()) {
            if (!WITHHELD.contains(variable.getKey())) {
                environment.addVariable(variable.getKey(), variable.getValue());
            }
        }
        nullFd = ErrnoException.check("open /dev/null", Files.open("/dev/null", Files.O_RDONLY, 0));
    }

    /**
     * Starts one in its own process group, with its output and errors on our standard error.
     *
     * @return its pid, or −errno
     */
    int launch() {
        return spawn.spawn(
                program, arguments, environment, null, nullFd, STANDARD_ERROR, STANDARD_ERROR);
    }

    @Override
    public void close() {
        Descriptors.close(nullFd);
        spawn.close();
    }
}
