package caffeine.server.script;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.server.file.Printable;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The processes that hold the output of an ended script, for the log line about the end of its
 * response. Found by their descriptors or their group in {@code /proc} (man 5 proc). For
 * information only: if {@code /proc} is not readable, or too large, the line names none.
 */
final class OutputHolders {

    private static final Path PROC = Path.of("/proc");
    private static final int MOST_NAMED = 4;

    /** So many processes are looked at, the youngest first: it happens on a loop's thread. */
    private static final int MOST_PROCESSES = 256;

    private static final int MOST_DESCRIPTORS = 64;
    private static final int LINK_BYTES = 64;

    private OutputHolders() {}

    /** As {@code pid 7 (sleep) and pid 8 (sh) hold}: the processes with the other end of a pipe. */
    static String ofPipe(int fd) {
        String pipe = link("/proc/self/fd/" + fd);
        return pipe == null ? unknown() : describe(youngest(), pid -> holds(pid, pipe));
    }

    /** As {@link #ofPipe}, of processes that are known. */
    static String of(int[] pids) {
        return describe(pids, pid -> true);
    }

    /**
     * The processes of a group that still run. All of /proc is looked through: numbers tell nothing
     * of age, because the kernel begins again at low ones.
     *
     * @return null when it cannot be looked through, for want of a descriptor
     */
    static int @Nullable [] group(int pgid) {
        int[] all = processes();
        return all == null
                ? null
                : Arrays.stream(all).filter(pid -> runsInGroup(pid, pgid)).toArray();
    }

    /**
     * Whether a process still runs, and in this group. One that has to be reaped does not; one that
     * cannot be looked at, for want of a descriptor, does.
     */
    static boolean runsInGroup(int pid, int pgid) {
        return Processes.getpgid(pid) == pgid && !isZombie(pid);
    }

    private static boolean isZombie(int pid) {
        try {
            // pid (name) state …, of which the name may have anything in it
            String stat = contents(pid, "stat");
            return stat.startsWith(" Z", stat.lastIndexOf(')') + 1);
        } catch (NoSuchFileException _) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private static String unknown() {
        return "something holds";
    }

    private static String describe(int[] pids, IntPredicate wanted) {
        int own = Processes.getpid();
        List<String> holders = new ArrayList<>();
        for (int pid : pids) {
            if (pid != own && holders.size() < MOST_NAMED && wanted.test(pid)) {
                holders.add("pid " + pid + " (" + nameOf(pid) + ")");
            }
        }
        return switch (holders.size()) {
            case 0 -> unknown();
            case 1 -> holders.getFirst() + " holds";
            default ->
                    holders.stream().limit(holders.size() - 1L).collect(Collectors.joining(", "))
                            + " and "
                            + holders.getLast()
                            + " hold";
        };
    }

    private static int @Nullable [] processes() {
        String[] names = PROC.toFile().list();
        if (names == null) {
            return null;
        }
        return Arrays.stream(names)
                .filter(name -> name.chars().allMatch(Character::isDigit))
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    private static int[] youngest() {
        int[] pids = processes();
        if (pids == null) {
            return new int[0];
        }
        return IntStream.range(0, Math.min(pids.length, MOST_PROCESSES))
                .map(i -> pids[pids.length - 1 - i])
                .toArray();
    }

    private static boolean holds(int pid, String pipe) {
        String folder = "/proc/" + pid + "/fd";
        String[] descriptors = Path.of(folder).toFile().list();
        if (descriptors == null) {
            return false; // of another user, or gone
        }
        return Arrays.stream(descriptors)
                .limit(MOST_DESCRIPTORS)
                .anyMatch(each -> pipe.equals(link(folder + "/" + each)));
    }

    private static @Nullable String link(String path) {
        byte[] target = new byte[LINK_BYTES];
        int length = Files.readlink(Files.AT_FDCWD, Files.path(path), target);
        return length <= 0 ? null : new String(target, 0, length, ISO_8859_1);
    }

    private static String nameOf(int pid) {
        return Printable.of(read(pid, "comm").strip());
    }

    private static String read(int pid, String file) {
        try {
            return contents(pid, file);
        } catch (IOException _) {
            return ""; // gone meanwhile
        }
    }

    private static String contents(int pid, String file) throws IOException {
        Path path = PROC.resolve(Integer.toString(pid)).resolve(file);
        return new String(java.nio.file.Files.readAllBytes(path), ISO_8859_1);
    }
}
