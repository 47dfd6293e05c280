package caffeine.bench.host;

import java.io.IOException;
import java.util.List;

/**
 * All processes of one server: those that were started, their descendants, and also those among
 * them whose parent ended first, so that they are no descendants any more.
 */
public interface ProcessGroup extends AutoCloseable {

    /** The command that starts this command in the group. */
    List<String> wrap(List<String> command);

    /** Told of each process that was started by such a command. */
    void started(Process process);

    /** Who is in it now, zombies left out. */
    List<ProcessStat> members() throws IOException;

    /** CPU time of all present and past processes in it, microseconds. */
    long cpuMicros() throws IOException;

    /**
     * Whether {@link #cpuMicros} misses no process. Without a control group it misses the children
     * of a process that ignores SIGCHLD, as some servers do: their time is reported to no process
     * (times(2)).
     */
    boolean countsEverybody() throws IOException;

    /** Kills the remaining processes, and waits until they have ended. */
    @Override
    void close() throws IOException;

    /** The best that this machine and user allow. */
    static ProcessGroup create(Cleanup cleanup, String name) throws IOException {
        return Cgroup.create(cleanup, name)
                .<ProcessGroup>map(group -> group)
                .orElseGet(SessionGroup::new);
    }
}
