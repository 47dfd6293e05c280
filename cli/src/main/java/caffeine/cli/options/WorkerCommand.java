package caffeine.cli.options;

import caffeine.server.engine.StartException;

import java.util.ArrayList;
import java.util.List;

/**
 * The Java command that starts a worker: that of this process, up to its main class. So a worker
 * has the same modules and options.
 */
public final class WorkerCommand {

    /**
     * The launcher's AOT caches: one holds what the command loads, the other what a worker loads.
     */
    private static final String OUR_CACHE = "/command.aot";

    private static final String WORKERS_CACHE = "/worker.aot";

    /** The launcher's heap option for a process that serves all clients itself. */
    private static final String WHOLE_SERVERS_HEAP = "-Xmx256m";

    /** The heap of the launcher's workers. */
    private static final long USUAL_HEAP_BYTES = 32 << 20;

    /**
     * What is added to it, in messages of the largest size. Messages may take a quarter of the
     * heap: three, with which two clients at once send one to a script, or one client gets the one
     * that it has sent back from a script. The rest is for copies: a message that grows is copied
     * to an array of twice its size.
     */
    private static final int MESSAGES_IN_HEAP = 12;

    /** A worker without memory is replaced; the parent cannot be replaced. */
    private static final String ENDS_WITHOUT_MEMORY = "-XX:+ExitOnOutOfMemoryError";

    private WorkerCommand() {}

    /**
     * The program and its options, up to and without the main class.
     *
     * @param javaHome the folder of the Java that runs this process
     * @param ours the words that started this process
     * @param messageBytes the largest WebSocket message that a worker keeps; 0: none
     * @throws StartException when this process was not started from modules
     */
    public static List<String> of(String javaHome, List<String> ours, long messageBytes)
            throws StartException {
        List<String> command = new ArrayList<>();
        command.add(javaHome + "/bin/java");
        for (String word : ours.subList(1, moduleAt(ours))) {
            if (!word.equals(WHOLE_SERVERS_HEAP)) {
                command.add(
                        word.startsWith("-XX:AOT") ? word.replace(OUR_CACHE, WORKERS_CACHE) : word);
            }
        }
        if (messageBytes > 0) {
            long heap = USUAL_HEAP_BYTES + MESSAGES_IN_HEAP * messageBytes;
            command.add("-Xmx" + Math.ceilDiv(heap, 1 << 20) + "m"); // the last one counts
        }
        command.add(ENDS_WITHOUT_MEMORY);
        return command;
    }

    /** Where the word stands that begins to name the main class. */
    private static int moduleAt(List<String> ours) throws StartException {
        for (int i = 1; i < ours.size(); i++) {
            String word = ours.get(i);
            if (word.equals("-m") || word.equals("--module") || word.startsWith("--module=")) {
                return i;
            }
        }
        throw new StartException(
                "the command was not started as a module; start it with ./caffeine");
    }

    /**
     * The command itself, up to and with its main class: started again it does what its words say.
     *
     * @throws StartException as {@link #of}
     */
    public static List<String> ofCommand(String javaHome, List<String> ours) throws StartException {
        int end = moduleAt(ours);
        List<String> command = new ArrayList<>(ours.subList(0, end));
        command.set(0, javaHome + "/bin/java");
        command.add(ours.get(end));
        if (!ours.get(end).startsWith("--module=")) {
            command.add(ours.get(end + 1));
        }
        return command;
    }
}
