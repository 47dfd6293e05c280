package caffeine.conformance.harness;

import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Looks at the system calls that some threads of a process make, with strace(1). */
public final class Strace implements AutoCloseable {

    private static final int COUNT_COLUMN = 3;

    private final List<Path> tasks;
    private final Path table;
    private final Path complaints;
    private final Process process;

    private Strace(List<Path> tasks, Path table, Path complaints, Process process) {
        this.tasks = tasks;
        this.table = table;
        this.complaints = complaints;
        this.process = process;
    }

    /**
     * Begins to count. Skips the test, with the reason, where strace is missing or may not look.
     *
     * @param threads the beginning of their names
     */
    public static Strace of(int pid, String threads) {
        return of(pid, threads, "-c");
    }

    /**
     * Has the first such call of each of some threads take a time; skips the test as {@link
     * #of(int, String)}.
     */
    public static Strace delay(int pid, String threads, String call, Duration time) {
        String fault = call + ":delay_enter=" + time.toMillis() + "ms:when=1";
        return of(pid, threads, "-e", "trace=" + call, "-e", "inject=" + fault);
    }

    /**
     * Begins to list some calls, in their order; skips the test as {@link #of(int, String)}.
     *
     * @param calls with a comma between them
     */
    public static Strace list(int pid, String threads, String calls) {
        return of(pid, threads, "-e", "trace=" + calls, "-e", "signal=none");
    }

    private static Strace of(int pid, String threads, String... options) {
        Run.needs("strace", "strace");
        List<Path> tasks = Procs.tasks(pid, threads);
        try {
            Path table = Files.createTempFile("strace-", ".txt");
            Path complaints = Files.createTempFile("strace-", ".err");
            List<String> command = new ArrayList<>(List.of("strace", "-q", "-o", table.toString()));
            command.addAll(List.of(options));
            for (Path task : tasks) {
                command.add("-p");
                command.add(task.getFileName().toString());
            }
            Process process =
                    new ProcessBuilder(command)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(complaints.toFile())
                            .start();
            Strace strace = new Strace(tasks, table, complaints, process);
            strace.awaitAttached(tasks);
            return strace;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitAttached(List<Path> tasks) throws IOException {
        Await.until(
                "strace looks, or may not",
                () -> !process.isAlive() || tasks.stream().allMatch(Strace::isTraced));
        if (!process.isAlive()) {
            String reason = Files.readString(complaints).strip();
            close();
            Assumptions.abort("strace may not look (man ptrace, \"ptrace_scope\"): " + reason);
        }
    }

    /** Also for a moment: one that strace holds up between two calls does not sleep. */
    private static boolean sleeps(Path task) {
        try {
            for (int i = 0; i < 3; i++) {
                if (!Files.readString(task.resolve("status")).contains("\nState:\tS ")) {
                    return false;
                }
                LockSupport.parkNanos(1_000_000);
            }
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isTraced(Path task) {
        try {
            return !Files.readString(task.resolve("status"), StandardCharsets.ISO_8859_1)
                    .contains("\nTracerPid:\t0\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends it when all of them sleep, and tells how often each call was made. */
    public Map<String, Integer> counts() {
        Map<String, Integer> calls = new TreeMap<>();
        for (String line : lines()) {
            String[] columns = line.strip().split(" +", -1);
            String name = columns[columns.length - 1];
            boolean counts = columns.length > COUNT_COLUMN && !name.equals("total");
            if (counts && columns[COUNT_COLUMN].matches("\\d+")) {
                calls.put(name, Integer.parseInt(columns[COUNT_COLUMN]));
            }
        }
        return calls;
    }

    /** Ends it when all of them sleep, and returns what it has written. */
    public List<String> lines() {
        // A call is counted when it has returned, and what it sent may be here before that.
        Await.until("they sleep", () -> tasks.stream().allMatch(Strace::sleeps));
        process.destroy();
        try {
            if (!process.waitFor(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("strace does not end");
            }
            return Files.readAllLines(table);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            Files.deleteIfExists(table);
            Files.deleteIfExists(complaints);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
