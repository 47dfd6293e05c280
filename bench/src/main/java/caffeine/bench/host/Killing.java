package caffeine.bench.host;

import java.util.Collection;

/** Ends processes that are no children of ours. */
public final class Killing {

    private Killing() {}

    /** Sends SIGKILL. Who has gone already has gone. */
    public static void kill(Collection<ProcessStat> processes) {
        for (ProcessStat process : processes) {
            ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly);
        }
    }
}
