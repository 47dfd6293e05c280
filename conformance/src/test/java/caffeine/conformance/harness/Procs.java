package caffeine.conformance.harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What {@code /proc} tells about processes (man 5 proc). A process that has gone has no answers.
 */
public final class Procs {

    private static final Path PROC = Path.of("/proc");

    private Procs() {}

    /** The first fields of {@code /proc/PID/stat}; {@code session} is the session's leader. */
    public record Stat(int pid, String command, char state, int parent, int group, int session) {

        public boolean isZombie() {
            return state == 'Z' || state == 'X';
        }

        public boolean isStopped() {
            return state == 'T';
        }
    }

    /** Reads one process; empty when there is none. */
    public static Optional<Stat> stat(int pid) {
        return text(pid, "stat").map(Procs::parse);
    }

    /** Whether the process exists and is more than a zombie. */
    public static boolean isAlive(int pid) {
        return stat(pid).filter(stat -> !stat.isZombie()).isPresent();
    }

    /**
     * Whether the process has let go of all that it held. A JVM's first thread may be a zombie
     * already while others still keep the descriptors open.
     */
    public static boolean hasEnded(int pid) {
        return !isAlive(pid) && status(pid, "Threads") <= 1;
    }

    public static List<Stat> childrenOf(int parent) {
        return all(stat -> stat.parent() == parent);
    }

    public static List<Stat> ofSession(int session) {
        return all(stat -> stat.session() == session);
    }

    /** Descriptor to what it refers to: {@code 5 -> socket:[4711]}. */
    public static Map<Integer, String> descriptors(int pid) {
        Map<Integer, String> found = new HashMap<>();
        try (DirectoryStream<Path> links = Files.newDirectoryStream(PROC.resolve(pid + "/fd"))) {
            for (Path link : links) {
                target(link)
                        .ifPresent(to -> found.put(Integer.valueOf(link.getFileName() + ""), to));
            }
        } catch (IOException gone) {
            return Map.of();
        }
        return found;
    }

    /** Memory that no other process shares, in KiB; 0 when the process has gone. */
    public static long privateKiB(int pid) {
        return text(pid, "smaps_rollup").stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith("Private_"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
    }

    /** The command line, blanks between its words; empty for a zombie. */
    public static String commandLine(int pid) {
        return text(pid, "cmdline").orElse("").replace('\0', ' ').strip();
    }

    /** Whether a process maps the table of handler slots: a worker, from when it was greeted. */
    static boolean sharesSlots(int pid) {
        return text(pid, "maps").orElse("").contains("/memfd:caffeine-slots");
    }

    /** The environment that the process was started with. */
    public static List<String> environment(int pid) {
        return List.of(text(pid, "environ").orElse("").split("\0", -1));
    }

    /** A numeric field of {@code /proc/PID/status}, without its unit; -1 when there is none. */
    public static long status(int pid, String field) {
        return text(pid, "status").stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith(field + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElse(-1);
    }

    /** User and system time used so far, in clock ticks (1/100 s). */
    public static long cpuTicks(int pid) {
        return text(pid, "stat")
                .map(line -> line.substring(line.lastIndexOf(')') + 2).split(" ", -1))
                .map(words -> Long.parseLong(words[11]) + Long.parseLong(words[12]))
                .orElse(0L);
    }

    /** How many threads of a process have a name that begins so (15 characters are told). */
    public static int threads(int pid, String beginning) {
        return tasks(pid, beginning).size();
    }

    /** The folders in /proc of such threads. */
    public static List<Path> tasks(int pid, String beginning) {
        List<Path> named = new ArrayList<>();
        Path tasks = PROC.resolve(Integer.toString(pid)).resolve("task");
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(tasks)) {
            for (Path entry : entries) {
                String name = text(pid, "task/" + entry.getFileName() + "/comm").orElse("");
                if (name.startsWith(beginning)) {
                    named.add(entry);
                }
            }
        } catch (IOException gone) {
            return List.of();
        }
        return named;
    }

    /**
     * Whether an epoll instance of the process watches each TCP socket on which it listens (man 5
     * proc, {@code fdinfo}). False when it listens on none.
     */
    public static boolean watchesListeners(int pid) {
        Set<Long> listening = listeners(pid);
        Set<Long> watched = new HashSet<>();
        Map<Integer, String> descriptors = descriptors(pid);
        descriptors.forEach(
                (fd, to) -> {
                    if (to.equals("anon_inode:[eventpoll]")) {
                        for (String line : text(pid, "fdinfo/" + fd).orElse("").split("\n", -1)) {
                            if (line.startsWith("tfd:")) {
                                String ino = line.replaceAll(".*ino:([0-9a-f]+).*", "$1");
                                watched.add(Long.parseLong(ino, 16));
                            }
                        }
                    }
                });
        listening.removeIf(inode -> !descriptors.containsValue("socket:[" + inode + "]"));
        return !listening.isEmpty() && watched.containsAll(listening);
    }

    /** The inodes of all listening TCP sockets over IPv4 that the process can see. */
    private static Set<Long> listeners(int pid) {
        Set<Long> inodes = new HashSet<>();
        for (String line : text(pid, "net/tcp").orElse("").split("\n", -1)) {
            String[] words = line.strip().split(" +", -1);
            if (words.length > 9 && words[3].equals("0A")) {
                inodes.add(Long.valueOf(words[9]));
            }
        }
        return inodes;
    }

    /** Sends a signal, {@code TERM} or {@code 9}, to a process; a negative id means a group. */
    public static void kill(String signal, int pid) {
        Run.of("kill", "-" + signal, "--", Integer.toString(pid)).output();
    }

    private static List<Stat> all(Predicate<Stat> wanted) {
        List<Stat> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[1-9]*")) {
            for (Path entry : entries) {
                stat(Integer.parseInt(entry.getFileName().toString()))
                        .filter(wanted)
                        .ifPresent(found::add);
            }
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
        return found;
    }

    private static Stat parse(String line) {
        // The command may hold anything, blanks and parentheses too; what follows it may not.
        int open = line.indexOf('(');
        int close = line.lastIndexOf(')');
        String[] words = line.substring(close + 2).split(" ", -1);
        return new Stat(
                Integer.parseInt(line.substring(0, open - 1)),
                line.substring(open + 1, close),
                words[0].charAt(0),
                Integer.parseInt(words[1]),
                Integer.parseInt(words[2]),
                Integer.parseInt(words[3]));
    }

    private static Optional<String> text(int pid, String name) {
        try {
            Path file = PROC.resolve(Integer.toString(pid)).resolve(name);
            return Optional.of(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    private static Optional<String> target(Path link) {
        try {
            return Optional.of(Files.readSymbolicLink(link).toString());
        } catch (IOException gone) {
            return Optional.empty();
        }
    }
}
