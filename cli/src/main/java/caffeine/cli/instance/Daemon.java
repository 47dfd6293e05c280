package caffeine.cli.instance;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ExitStatus;
import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.os.Spawn;
import caffeine.os.StringArray;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Starts the command again in the background, and waits until it listens.
 *
 * <p>A JVM cannot fork, so the command is spawned anew: in a session of its own, with the root as
 * its working directory, every signal at its default, and no descriptor but a standard input that
 * is empty and one pipe for both outputs. Its messages until it listens are for the user. The last
 * is the line with its addresses; after that it is independent of this process. If this process
 * ends earlier, the line cannot be written, and the server ends.
 */
public final class Daemon {

    /** The first of the words that the command is started again with. */
    public static final String WORD = "--in-background";

    private static final Path ENVIRONMENT = Path.of("/proc/self/environ");
    private static final int BUFFER_BYTES = 4_096;
    private static final int STANDARD_OUTPUT = 1;

    /** A start that takes longer hangs. */
    private static final int PATIENCE_MS = 60_000;

    private final String greeting;
    private final PrintStream output;
    private final PrintStream errors;

    /**
     * @param greeting the beginning of the line with the addresses
     * @param output where that line goes
     * @param errors where all other lines go
     */
    public Daemon(String greeting, PrintStream output, PrintStream errors) {
        this.greeting = greeting;
        this.output = output;
        this.errors = errors;
    }

    /**
     * Starts it; returns when it listens.
     *
     * @param java the program and its options, up to and with the main class
     * @param words the command's own
     * @return false when it could not start and printed the reason
     * @throws InstanceException when it did not start and printed nothing
     */
    public boolean start(List<String> java, List<String> words) throws InstanceException {
        int[] pipe = {-1, -1};
        int nothing = Files.open("/dev/null", Files.O_RDONLY, 0);
        int result = nothing < 0 ? nothing : Descriptors.pipe2(pipe, 0);
        if (result >= 0) {
            result = spawn(java, words, nothing, pipe[1]);
        }
        if (nothing >= 0) {
            Descriptors.close(nothing);
        }
        if (pipe[1] >= 0) {
            Descriptors.close(pipe[1]);
        }
        if (result < 0) {
            throw new InstanceException(
                    "cannot start in the background: " + Errno.describe(-result));
        }
        try {
            return listen(result, pipe[0]);
        } finally {
            Descriptors.close(pipe[0]);
        }
    }

    private static int spawn(List<String> java, List<String> words, int input, int outputs)
            throws InstanceException {
        StringArray arguments = new StringArray();
        for (String word : java) {
            arguments.add(word);
        }
        // The same bytes as received, in the encoding of this process's locale.
        Charset locale = Charset.forName(System.getProperty("native.encoding", "UTF-8"));
        for (String word : words) {
            arguments.add(word.getBytes(locale));
        }
        try (Spawn spawn = new Spawn()) {
            spawn.startSessions();
            byte[] program = Files.path(java.getFirst());
            byte[] root = Files.path("/");
            return spawn.spawn(program, arguments, environment(), root, input, outputs, outputs);
        }
    }

    /** Ours, byte for byte. */
    private static StringArray environment() throws InstanceException {
        StringArray environment = new StringArray();
        try {
            byte[] all = java.nio.file.Files.readAllBytes(ENVIRONMENT);
            int from = 0;
            for (int to = 0; to < all.length; to++) {
                if (all[to] == 0) {
                    environment.add(Arrays.copyOfRange(all, from, to));
                    from = to + 1;
                }
            }
            return environment;
        } catch (IOException e) {
            throw new InstanceException("cannot start in the background: " + e.getMessage());
        }
    }

    /** Passes on its lines until it listens. */
    private boolean listen(int pid, int pipe) throws InstanceException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(BUFFER_BYTES);
        MemorySegment segment = MemorySegment.ofBuffer(bytes);
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        boolean said = false;
        while (true) {
            int readiness = Descriptors.poll(pipe, Descriptors.POLLIN, PATIENCE_MS);
            if (readiness == -Errno.EINTR) {
                continue;
            }
            long got = readiness == 0 ? 0 : Descriptors.read(pipe, segment, 0, BUFFER_BYTES);
            if (got == -Errno.EINTR) {
                continue;
            }
            if (got <= 0) {
                throwUnlessExplained(pid, readiness == 0, said);
                return false;
            }
            for (int i = 0; i < got; i++) {
                line.write(bytes.get(i));
                if (bytes.get(i) == '\n') {
                    said = true;
                    if (pass(line)) {
                        return true;
                    }
                }
            }
        }
    }

    /** Whether this was the line that ends the start. */
    private boolean pass(ByteArrayOutputStream line) {
        boolean last = line.toString(StandardCharsets.UTF_8).startsWith(greeting);
        PrintStream target = last ? output : errors;
        target.writeBytes(line.toByteArray());
        target.flush();
        line.reset();
        return last;
    }

    private static void throwUnlessExplained(int pid, boolean hangs, boolean said)
            throws InstanceException {
        if (hangs) {
            Processes.kill(pid, Processes.SIGKILL); // Not reaped yet, so the number is still its.
        }
        long exit = Processes.waitPid(pid, true);
        if (hangs) {
            throw new InstanceException(
                    "the server did not listen within " + PATIENCE_MS / 1_000 + " s and was ended");
        }
        boolean bySelf = exit > 0 && ExitStatus.of(exit).exited();
        if (!said || !bySelf) {
            String how = exit > 0 ? ExitStatus.of(exit).toString() : "status unknown";
            throw new InstanceException("the server ended before it listened (" + how + ")");
        }
    }

    /** In the background, after the last line: closes the pipe to the starting command. */
    public static void release() {
        int nothing = Files.open("/dev/null", Files.O_WRONLY, 0);
        if (nothing >= 0) {
            Descriptors.dup3(nothing, STANDARD_OUTPUT);
            Descriptors.close(nothing);
        }
    }
}
