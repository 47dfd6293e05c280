package caffeine.bench.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * The memory of a process, from {@code /proc/PID/smaps_rollup}.
 *
 * @param pssKib its proportional set size: a page that n processes share counts for 1/n
 * @param privateKib unshared memory
 * @param anonymousKib what no file is behind: heaps, stacks, and what was written to
 */
public record MemoryUse(long pssKib, long privateKib, long anonymousKib) {

    private static final double KIB_PER_MIB = 1024;

    /** That of a process, unless it has gone or is not ours to look at. */
    public static Optional<MemoryUse> of(long pid) {
        try {
            return Optional.of(
                    parse(Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup"))));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /** The proportional set size of all processes of a group, MiB. */
    public static double pssMib(ProcessGroup group) throws IOException {
        return sum(group, MemoryUse::pssKib) / KIB_PER_MIB;
    }

    /** One of these figures of all processes of a group, added up. */
    public static long sum(ProcessGroup group, ToLongFunction<MemoryUse> figure)
            throws IOException {
        long kib = 0;
        for (ProcessStat process : group.members()) {
            kib += of(process.pid()).map(figure::applyAsLong).orElse(0L);
        }
        return kib;
    }

    static MemoryUse parse(List<String> lines) {
        return new MemoryUse(
                kib(lines, "Pss:"),
                kib(lines, "Private_Clean:") + kib(lines, "Private_Dirty:"),
                kib(lines, "Anonymous:"));
    }

    private static long kib(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
    }
}
