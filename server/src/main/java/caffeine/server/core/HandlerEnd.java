package caffeine.server.core;

/**
 * How the process that answered an exchange ended.
 *
 * @param pid its number; the last one's, where a local redirect led to another
 * @param outcome {@code exit 0}, {@code SIGKILL}, {@code exit unknown}
 * @param cpuNs the processor time that it took, including those before it; or {@link #UNKNOWN}
 */
public record HandlerEnd(int pid, String outcome, long cpuNs) {

    public static final long UNKNOWN = -1;

    /** This end, after others of the same exchange. */
    HandlerEnd after(HandlerEnd before) {
        boolean known = cpuNs >= 0 && before.cpuNs >= 0;
        return new HandlerEnd(pid, outcome, known ? before.cpuNs + cpuNs : UNKNOWN);
    }
}
