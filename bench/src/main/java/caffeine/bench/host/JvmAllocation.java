package caffeine.bench.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is alive on the heap of a JVM, and what its threads have allocated there, by jcmd: HotSpot
 * counts for each thread, and says it in a thread dump with the option {@code -e}. Virtual threads
 * count with their carriers. Asking costs the JVM a safepoint and nothing else, and needs no agent
 * in it.
 */
public final class JvmAllocation {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Path JCMD = Path.of(System.getProperty("java.home", ""), "bin", "jcmd");

    private static final Pattern ALLOCATED = Pattern.compile(" allocated=([0-9]+)([BKMG]) ");

    private static final Pattern USED =
            Pattern.compile("(?m)^ *(?:DefNew|Tenured|def new|tenured) .* used (\\d+)K ");

    private JvmAllocation() {}

    /** Whether a process is a JVM, by its name. */
    static boolean isJvm(ProcessStat process) {
        return process.command().equals("java");
    }

    /**
     * Bytes that all JVMs of a group have allocated.
     *
     * <p>Each thread's figure comes in B, K, M, or from 10 GiB on in G: ask while it is young.
     *
     * @throws IOException when there is no jcmd, or a JVM does not answer it
     */
    public static double bytes(Cleanup cleanup, ProcessGroup group)
            throws IOException, InterruptedException {
        double all = 0;
        for (ProcessStat process : group.members()) {
            if (isJvm(process)) {
                all += parse(jcmd(cleanup, process.pid(), "Thread.print", "-e"));
            }
        }
        return all;
    }

    /**
     * Has a JVM collect all garbage.
     *
     * @return KiB that are alive on its heap
     * @throws IOException when there is no jcmd, or the JVM does not answer it
     */
    public static long liveKib(Cleanup cleanup, long pid) throws IOException, InterruptedException {
        // One jcmd, which is a JVM too, for both.
        Path questions = cleanup.newFile("jcmd");
        try {
            Files.write(questions, List.of("GC.run", "GC.heap_info"));
            return parseHeap(jcmd(cleanup, pid, "-f", questions.toString()));
        } finally {
            Files.deleteIfExists(questions);
        }
    }

    /** The same for all JVMs of a group, added up. */
    public static long liveKib(Cleanup cleanup, ProcessGroup group)
            throws IOException, InterruptedException {
        long all = 0;
        for (ProcessStat process : group.members()) {
            if (isJvm(process)) {
                all += liveKib(cleanup, process.pid());
            }
        }
        return all;
    }

    /** Adds up the generations; the lines of metaspace look alike. */
    static long parseHeap(String info) {
        long all = 0;
        Matcher m = USED.matcher(info);
        while (m.find()) {
            all += Long.parseLong(m.group(1));
        }
        return all;
    }

    private static String jcmd(Cleanup cleanup, long pid, String... question)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(JCMD.toString(), Long.toString(pid)));
        command.addAll(List.of(question));
        Command ran = Command.run(cleanup, PATIENCE, command);
        if (ran.status() != 0) {
            throw new IOException("jcmd: " + ran.lastWords());
        }
        return ran.text();
    }

    /**
     * Adds up what the threads of a dump have allocated.
     *
     * @throws IllegalArgumentException when it says nothing about that
     */
    static double parse(String dump) {
        double all = 0;
        Matcher m = ALLOCATED.matcher(dump);
        if (!m.find()) {
            throw new IllegalArgumentException("no thread dump: " + dump.strip());
        }
        do {
            all += Double.parseDouble(m.group(1)) * unit(m.group(2));
        } while (m.find());
        return all;
    }

    private static double unit(String letter) {
        return Math.pow(1024, "BKMG".indexOf(letter));
    }
}
