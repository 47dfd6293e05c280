package caffeine.bench.host;

import java.io.IOException;
import java.io.UncheckedIOException;
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
 * <p>A process that ended counts when its parent waited for it. One whose parent ignores SIGCHLD is
 * lost: its time is added to nobody's (times(2)).
 */
final class SessionGroup implements ProcessGroup {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long MICROS_PER_TICK = 1_000_000 / ProcessStat.TICKS_PER_SECOND;

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
    public boolean countsEverybody() {
        return false;
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
