package caffeine.bench.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What /proc tells of the sessions that were started and of their descendants. A process whose
 * parent has ended is still of its session.
 *
 * <p>A process that ended counts when its parent waited for it.
 */
final class SessionGroup implements ProcessGroup {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long MICROS_PER_TICK = 1_000_000 / ProcessStat.TICKS_PER_SECOND;

    /** Signal 17, on x86-64 and aarch64. */
    private static final long SIGCHLD_BIT = 1 << (17 - 1);

    private final Set<Long> leaders = new HashSet<>();

    @Override
    public List<String> wrap(List<String> command) {
        return SessionCommand.wrap(command);
    }

    @Override
    public void started(Process process) {
        leaders.add(process.pid());
    }

    @Override
    public List<ProcessStat> members() throws IOException {
        return everybody().stream().filter(process -> !process.isZombie()).toList();
    }

    private List<ProcessStat> everybody() throws IOException {
        return among(ProcessStat.all(), leaders);
    }

    /** Those of these sessions, and the descendants of these processes. */
    static List<ProcessStat> among(List<ProcessStat> all, Set<Long> leaders) {
        Map<Long, ProcessStat> byPid = new HashMap<>();
        all.forEach(process -> byPid.put(process.pid(), process));
        return all.stream().filter(process -> belongs(process, leaders, byPid)).toList();
    }

    private static boolean belongs(
            ProcessStat process, Set<Long> leaders, Map<Long, ProcessStat> byPid) {
        Set<Long> seen = new HashSet<>();
        for (ProcessStat at = process;
                at != null && seen.add(at.pid());
                at = byPid.get(at.parent())) {
            if (leaders.contains(at.pid()) || leaders.contains(at.session())) {
                return true;
            }
        }
        return false;
    }

    @Override
    public long cpuMicros() throws IOException {
        return everybody().stream()
                .mapToLong(p -> (p.ownTicks() + p.childrenTicks()) * MICROS_PER_TICK)
                .sum();
    }

    @Override
    public boolean countsEverybody() throws IOException {
        for (ProcessStat member : members()) {
            if (ignoresChildren(member.pid())) {
                return false;
            }
        }
        return true;
    }

    private static boolean ignoresChildren(long pid) {
        try {
            return ignoresChildren(Files.readAllLines(Path.of("/proc/" + pid + "/status")));
        } catch (IOException _) {
            return false;
        }
    }

    /** Whether SIGCHLD is ignored, by the lines of proc_pid_status(5). */
    static boolean ignoresChildren(List<String> status) {
        return status.stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .map(line -> line.substring("SigIgn:".length()).strip())
                .anyMatch(mask -> (Long.parseUnsignedLong(mask, 16) & SIGCHLD_BIT) != 0);
    }

    @Override
    public void close() throws IOException {
        Waiting.until(PATIENCE, this::isEmptyAfterKill);
    }

    private boolean isEmptyAfterKill() {
        try {
            List<ProcessStat> left = members();
            Killing.kill(left);
            return left.isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
