package caffeine.os;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * The user of this process (man 7 credentials). The kernel keeps that for each thread; the C
 * library's functions, which are called here, change all threads of the process (man 7 nptl).
 */
public final class Identity {
    static final int PR_SET_DUMPABLE = 4;

    private static final MemorySegment SETGROUPS = Native.function("setgroups");
    private static final MemorySegment SETRESGID = Native.function("setresgid");
    private static final MemorySegment SETRESUID = Native.function("setresuid");
    private static final MemorySegment PRCTL = Native.function("prctl");

    private Identity() {}

    /**
     * Becomes another user for good: real, effective and saved numbers are all set, so there is no
     * way back, and root's capabilities are dropped (man 2 setresuid, man 7 capabilities).
     *
     * <p>Afterwards the new user may inspect the process again, which the process needs for its own
     * files below /proc/self (man 2 prctl, PR_SET_DUMPABLE).
     *
     * @param groups its supplementary groups
     * @return 0; {@code -EPERM} without the right to (it takes CAP_SETGID and CAP_SETUID), {@code
     *     -EINVAL} for a number that is not mapped into this user namespace, or for more than
     *     65,536 groups, {@code -EAGAIN}, {@code -ENOMEM}. After an error the process may have
     *     parts of both users, and must end
     */
    public static int become(int uid, int gid, int[] groups) {
        Memory list = Memory.allocate(Math.max(1, groups.length) * Integer.BYTES);
        for (int i = 0; i < groups.length; i++) {
            list.putInt(i * Integer.BYTES, groups[i]);
        }
        int result;
        try {
            result = Native.callInt(SETGROUPS, groups.length, list.address());
        } finally {
            Reference.reachabilityFence(list);
        }
        if (result >= 0) {
            result = Native.callInt(SETRESGID, gid, gid, gid);
        }
        if (result >= 0) {
            result = Native.callInt(SETRESUID, uid, uid, uid);
        }
        if (result >= 0) {
            result = Native.callInt(PRCTL, PR_SET_DUMPABLE, 1, 0, 0);
        }
        return Math.min(0, result);
    }
}
