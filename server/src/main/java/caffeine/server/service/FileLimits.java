package caffeine.server.service;

import caffeine.os.Processes;
import caffeine.os.Processes.FileLimit;
import caffeine.server.engine.NativeAccess;

import org.jspecify.annotations.Nullable;

import java.util.Objects;

/**
 * This process's limit of descriptors, raised as far as the system allows.
 *
 * @param before the original limit, for scripts; null when unchanged
 * @param soft how many descriptors this process may have; {@link Long#MAX_VALUE} when unknown
 */
public record FileLimits(@Nullable FileLimit before, long soft) {

    /** Descriptors that a process needs before its first client: the JVM's, the loop's, logs. */
    private static final int OWN_DESCRIPTORS = 32;

    /** A loop's poller, its wakeup and its listener. */
    private static final int DESCRIPTORS_PER_LOOP = 4;

    /** A running script may need its pipe, its pidfd, its content and its client. */
    private static final int DESCRIPTORS_PER_HANDLER = 4;

    /** Leaves the limit of this process unchanged, for a server inside a program. */
    public static FileLimits asTheyAre() {
        FileLimit limit = NativeAccess.isEnabled() ? Processes.getFileLimit() : null;
        return new FileLimits(null, limit == null ? Long.MAX_VALUE : limit.soft());
    }

    /** Raises the limit of this process. */
    public static FileLimits raise() {
        if (!NativeAccess.isEnabled()) {
            return asTheyAre();
        }
        FileLimit before = Processes.getFileLimit();
        FileLimit now = raised(before);
        return new FileLimits(
                Objects.equals(before, now) ? null : before,
                now == null ? Long.MAX_VALUE : now.soft());
    }

    private static @Nullable FileLimit raised(@Nullable FileLimit before) {
        if (before == null || before.soft() == before.hard()) {
            return before;
        }
        FileLimit raised = new FileLimit(before.hard(), before.hard());
        return Processes.setFileLimit(0, raised) == 0 ? raised : before;
    }

    /**
     * How many clients there are descriptors for, beside those of running scripts.
     *
     * @param wanted the wanted number of clients
     * @param handlers how many scripts may run
     * @param loops how many loops there are
     */
    int clients(int wanted, int handlers, int loops) {
        long left = soft - OWN_DESCRIPTORS - (long) DESCRIPTORS_PER_LOOP * (loops - 1);
        long forHandlers = (long) DESCRIPTORS_PER_HANDLER * handlers;
        long forClients = left - Math.min(forHandlers, left / 2);
        return Math.clamp(forClients, Math.min(1, wanted), wanted);
    }
}
