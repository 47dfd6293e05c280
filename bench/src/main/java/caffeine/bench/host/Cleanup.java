package caffeine.bench.host;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * Undoes what was set up, the last thing first: when it is closed, and when the JVM is told to end
 * (Ctrl-C). Whatever outlives the bench otherwise (processes, folders, control groups) is begun
 * through it, so that there is no moment in which nobody would end it.
 */
public final class Cleanup implements AutoCloseable {

    /** One thing to undo. */
    @FunctionalInterface
    public interface Step {
        /** Undoes it; a second time, does nothing. */
        void run() throws IOException;
    }

    private final Deque<Step> steps = new ArrayDeque<>();
    private final Thread hook = new Thread(this::undoAll, "cleanup");
    private boolean ending;

    /** Nothing to undo yet. */
    public Cleanup() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Remembers to undo this. */
    public synchronized void add(Step step) {
        refuseWhenEnding();
        steps.push(step);
    }

    /** What was done already by other means need not be undone. */
    public synchronized void forget(Step step) {
        steps.remove(step);
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

    private void refuseWhenEnding() {
        if (ending) {
            throw new IllegalStateException("the bench is ending");
        }
    }
}
