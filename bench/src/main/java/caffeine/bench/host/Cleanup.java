package caffeine.bench.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Undoes what was set up, the last thing first: when it is closed, and when the JVM is told to end
 * (Ctrl-C). Whatever outlives the bench otherwise (processes, folders, control groups) is begun
 * through it, so that it is always registered to be ended.
 */
public final class Cleanup implements AutoCloseable {

    /** One thing to do or to undo. */
    @FunctionalInterface
    public interface Step {
        /** Does it; what is undone already, it leaves alone. */
        void run() throws IOException;
    }

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Deque<Step> steps = new ArrayDeque<>();
    private final Thread hook = new Thread(this::undoAll, "cleanup");
    private final Path folder;
    private int files;
    private volatile boolean ending;

    /** Makes a folder for everything that is temporary, which goes last. */
    public Cleanup() throws IOException {
        folder = Files.createTempDirectory("caffeine-bench-");
        steps.push(() -> delete(folder));
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** The folder for everything that is temporary. */
    public Path folder() {
        return folder;
    }

    /** The name of a file in that folder that is not there yet. */
    public synchronized Path newFile(String name) {
        refuseWhenEnding();
        return folder.resolve(++files + "-" + name);
    }

    /** Whether the end has begun: failures are no news then. */
    public boolean isEnding() {
        return ending;
    }

    /** Remembers to undo this. */
    public synchronized void add(Step step) {
        refuseWhenEnding();
        steps.push(step);
    }

    /** Does what a step will undo, in one go: the end does not come between. */
    public synchronized void make(Step what, Step undo) throws IOException {
        refuseWhenEnding();
        what.run();
        steps.push(undo);
    }

    /** Starts a process that is killed at the end, at the latest. */
    public Process start(ProcessBuilder builder) throws IOException {
        return start(builder, process -> steps.push(process::destroyForcibly));
    }

    /**
     * Starts a process that a step, added before, will end.
     *
     * @param keep tells that step of it, before anything is undone
     */
    public synchronized Process start(ProcessBuilder builder, Consumer<Process> keep)
            throws IOException {
        refuseWhenEnding();
        Process process = builder.start();
        keep.accept(process);
        return process;
    }

    /** Undoes everything. */
    @Override
    public void close() {
        undoAll();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The JVM is ending: the hook has run, or has nothing left to do.
        }
    }

    private synchronized void undoAll() {
        ending = true;
        while (!steps.isEmpty()) {
            try {
                steps.pop().run();
            } catch (IOException | RuntimeException e) {
                System.err.println("bench: cleaning up: " + e);
            }
        }
    }

    /** Another thread may be in the middle of writing to it. */
    private static void delete(Path folder) throws IOException {
        if (!Waiting.until(PATIENCE, () -> isDeleted(folder))) {
            throw new IOException(folder + " cannot be removed");
        }
    }

    private static boolean isDeleted(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException _) {
            // It changed meanwhile.
        }
        return !Files.exists(folder);
    }

    private void refuseWhenEnding() {
        if (ending) {
            throw new IllegalStateException("the bench is ending");
        }
    }
}
