package caffeine.bench.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One line of {@code /proc/PID/stat}, proc_pid_stat(5).
 *
 * @param pid the process
 * @param command its file name, as far as the kernel keeps it
 * @param state a letter; Z is a zombie
 * @param parent its parent's pid
 * @param session its session
 * @param ownTicks CPU time of its threads, user and system
 * @param childrenTicks CPU time of the children that it waited for, and of theirs
 */
public record ProcessStat(
        long pid,
        String command,
        char state,
        long parent,
        long session,
        long ownTicks,
        long childrenTicks) {

    /**
     * How many ticks /proc counts in a second: USER_HZ, 100 on every architecture that we run on.
     */
    static final long TICKS_PER_SECOND = 100;

    private static final Path PROC = Path.of("/proc");

    /** Reads such a line. The command stands in parentheses and may hold any character. */
    static ProcessStat parse(String line) {
        int open = line.indexOf('(');
        int close = line.lastIndexOf(')');
        List<String> rest = List.of(line.substring(close + 1).strip().split(" +", -1));
        return new ProcessStat(
                Long.parseLong(line.substring(0, open).strip()),
                line.substring(open + 1, close),
                rest.get(0).charAt(0),
                Long.parseLong(rest.get(1)),
                Long.parseLong(rest.get(3)),
                Long.parseLong(rest.get(11)) + Long.parseLong(rest.get(12)),
                Long.parseLong(rest.get(13)) + Long.parseLong(rest.get(14)));
    }

    /** That of a process, unless it has gone. */
    public static Optional<ProcessStat> of(long pid) {
        try {
            Path file = PROC.resolve(pid + "/stat");
            return Optional.of(parse(Files.readString(file, StandardCharsets.ISO_8859_1)));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /** Those of all processes. */
    public static List<ProcessStat> all() throws IOException {
        List<ProcessStat> all = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path folder : folders) {
                of(Long.parseLong(folder.getFileName().toString())).ifPresent(all::add);
            }
        }
        return all;
    }

    /** CPU time of the children that it waited for, and of theirs. */
    public long childrenMicros() {
        return childrenTicks * (1_000_000 / TICKS_PER_SECOND);
    }

    /** Whether it has ended, and its parent has not been told yet. */
    public boolean isZombie() {
        return state == 'Z' || state == 'X';
    }
}
