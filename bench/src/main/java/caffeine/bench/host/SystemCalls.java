package caffeine.bench.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts system calls with {@code strace -c -f}, of all processes of a group and of those that they
 * start meanwhile.
 */
public final class SystemCalls {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private SystemCalls() {}

    /** What to count during. */
    @FunctionalInterface
    public interface Work {
        /** Does it. */
        void run() throws IOException, InterruptedException;
    }

    /**
     * How often each system call was made during the work.
     *
     * @throws IOException when strace is missing or may not look (ptrace(2), "ptrace_scope")
     */
    public static Map<String, Long> during(Cleanup cleanup, ProcessGroup group, Work work)
            throws IOException, InterruptedException {
        Path strace = Tools.find("strace").orElseThrow(() -> new IOException("strace is missing"));
        Path result = cleanup.newFile("strace");
        Path complaints = cleanup.newFile("strace-complaints");
        try {
            List<ProcessStat> members = group.members();
            Process tracer = cleanup.start(tracer(strace, members, result, complaints));
            try {
                awaitAttached(tracer, members, complaints);
                work.run();
            } finally {
                end(tracer);
            }
            return parse(Files.readAllLines(result, StandardCharsets.ISO_8859_1));
        } finally {
            Files.deleteIfExists(result);
            Files.deleteIfExists(complaints);
        }
    }

    private static ProcessBuilder tracer(
            Path strace, List<ProcessStat> members, Path result, Path complaints) {
        List<String> command =
                new ArrayList<>(
                        List.of(strace.toString(), "-c", "-f", "-q", "-o", result.toString()));
        for (ProcessStat member : members) {
            command.add("-p");
            command.add(Long.toString(member.pid()));
        }
        return new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(complaints.toFile());
    }

    private static void awaitAttached(Process tracer, List<ProcessStat> members, Path complaints)
            throws IOException {
        boolean attached =
                Waiting.until(
                        PATIENCE,
                        () ->
                                !tracer.isAlive()
                                        || members.stream().allMatch(m -> isTraced(m.pid())));
        if (!attached || !tracer.isAlive()) {
            throw new IOException("strace: " + Files.readString(complaints).strip());
        }
    }

    /** Whether every thread is; one that has ended is none. */
    private static boolean isTraced(long pid) {
        String[] threads = Path.of("/proc/" + pid + "/task").toFile().list();
        if (threads == null) {
            return true;
        }
        for (String thread : threads) {
            try {
                Path status = Path.of("/proc/" + pid + "/task/" + thread + "/status");
                if (Files.readString(status, StandardCharsets.ISO_8859_1)
                        .contains("\nTracerPid:\t0\n")) {
                    return false;
                }
            } catch (IOException _) {
                // It has ended.
            }
        }
        return true;
    }

    /** On SIGTERM it lets everybody go and writes its table. */
    private static void end(Process tracer) throws IOException, InterruptedException {
        tracer.destroy();
        if (!tracer.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
            tracer.destroyForcibly();
            throw new IOException("strace did not end");
        }
    }

    /**
     * Reads strace's table: the columns are % time, seconds, usecs/call, calls, errors (may be
     * empty), syscall. The most frequent come first.
     */
    static Map<String, Long> parse(List<String> lines) {
        Map<String, Long> calls = new TreeMap<>();
        for (String line : lines) {
            String[] columns = line.strip().split(" +", -1);
            boolean counts = columns.length >= 5 && Character.isDigit(columns[0].charAt(0));
            if (counts && !columns[columns.length - 1].equals("total")) {
                calls.merge(columns[columns.length - 1], Long.valueOf(columns[3]), Long::sum);
            }
        }
        Map<String, Long> sorted = new LinkedHashMap<>();
        calls.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        return sorted;
    }
}
