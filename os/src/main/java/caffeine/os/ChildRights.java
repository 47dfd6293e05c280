package caffeine.os;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.Platform;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.EnumMap;
import java.util.Map;

/**
 * Limits and user of a child: resource limits (man 2 getrlimit), niceness (man 2 setpriority), user
 * and groups (man 7 credentials). {@link Spawn} has the child set them on itself before its program
 * begins, so that neither the program nor what it starts can get around them.
 *
 * <pre>{@code
 * struct rlimit64 { __u64 rlim_cur; __u64 rlim_max; };
 * }</pre>
 *
 * <p>Immutable; any number of children may have the same.
 */
public final class ChildRights {

    /** The resources. */
    public enum Resource {
        /** Seconds of processor time, of each process: SIGXCPU, and a second later SIGKILL. */
        CPU(0),
        /** Bytes of a file that is written: SIGXFSZ, else EFBIG. */
        FILE_SIZE(1),
        /** Processes and threads of the child's user in all: EAGAIN. Root is not limited. */
        PROCESSES(6),
        /** Descriptors: EMFILE. */
        OPEN_FILES(7),
        /** Bytes of address space, of each process: ENOMEM. */
        MEMORY(9);

        /** As {@code RLIMIT_…}. */
        final int number;

        Resource(int number) {
            this.number = number;
        }
    }

    // asm/unistd.h: x86-64 numbers its calls its own way, the others as asm-generic does.
    static final int SYS_SETGROUPS = Platform.X86_64 ? 116 : 159;
    static final int SYS_SETRESUID = Platform.X86_64 ? 117 : 147;
    static final int SYS_SETRESGID = Platform.X86_64 ? 119 : 149;
    static final int SYS_GETPRIORITY = Platform.X86_64 ? 140 : 141;
    static final int SYS_SETPRIORITY = Platform.X86_64 ? 141 : 140;

    /** No more calls than these: a limit each, niceness, groups, group, user. */
    static final int MOST_CALLS = Resource.values().length + 4;

    private static final int PRIO_PROCESS = 0;
    private static final int LIMIT_BYTES = 16;
    private static final MemorySegment SYSCALL = Native.function("syscall");

    /** This process's own niceness; the kernel counts down from 20, so that none is negative. */
    private static final int OURS = 20 - Native.callInt(SYSCALL, SYS_GETPRIORITY, 0, 0);

    private static final MemorySegment PRLIMIT = Native.function("prlimit");

    private final Map<Resource, Integer> limits = new EnumMap<>(Resource.class);
    private final Memory memory;
    private final int niceness;
    private final Accounts.@Nullable User user;
    private final int groupCount;
    private final int groupsAt;

    /**
     * Makes rights of which each may be missing.
     *
     * @param limits the most of each; above what this process may use itself, it stays at that
     * @param niceness 0 to 19 on top of this process's own; 0: as nice as this process
     * @param user null: the user of this process; else the user, group and groups to switch to,
     *     which needs root
     */
    public ChildRights(Map<Resource, Long> limits, int niceness, Accounts.@Nullable User user) {
        int[] groups = user == null ? new int[0] : Accounts.groups(user.name(), user.gid());
        this.groupsAt = Resource.values().length * LIMIT_BYTES;
        this.memory = Memory.allocate(groupsAt + Math.max(1, groups.length) * Integer.BYTES);
        this.niceness = niceness;
        this.user = user;
        this.groupCount = groups.length;
        for (int i = 0; i < groups.length; i++) {
            memory.putInt(groupsAt + i * Integer.BYTES, groups[i]);
        }
        limits.forEach(
                (resource, most) -> {
                    int at = this.limits.size() * LIMIT_BYTES;
                    this.limits.put(resource, at);
                    put(resource, most, at);
                });
    }

    private void put(Resource resource, long most, int at) {
        long hard = hardLimit(resource);
        long soft = Long.compareUnsigned(most, hard) < 0 ? most : hard;
        // A program that catches SIGXCPU has a second to end.
        long later = resource == Resource.CPU && soft != hard ? soft + 1 : soft;
        memory.putLong(at, soft);
        memory.putLong(at + 8, later);
    }

    /** The hard limit of this process; −1, which is RLIM_INFINITY, without one. */
    private static long hardLimit(Resource resource) {
        Memory ours = Memory.allocate(LIMIT_BYTES);
        try {
            int result = Native.callInt(PRLIMIT, 0, resource.number, 0, ours.address());
            return result < 0 ? -1 : ours.getLong(8);
        } finally {
            Reference.reachabilityFence(ours);
        }
    }

    /** Whether children can be given any on this processor; a kernel or filter may still refuse. */
    public static boolean areOffered() {
        return ChildCalls.isOffered();
    }

    /** Whether there is nothing to set. */
    public boolean isEmpty() {
        return limits.isEmpty() && niceness == 0 && user == null;
    }

    /** The user comes last, because the other settings may need root. */
    void addTo(ChildCalls child) {
        limits.forEach(
                (resource, at) ->
                        child.add(
                                ChildCalls.SYS_PRLIMIT64,
                                0,
                                resource.number,
                                memory.address(at),
                                0));
        if (niceness > 0) {
            child.add(SYS_SETPRIORITY, PRIO_PROCESS, 0, OURS + niceness, 0);
        }
        Accounts.User known = user;
        if (known != null) {
            child.add(SYS_SETGROUPS, groupCount, memory.address(groupsAt), 0, 0);
            child.add(SYS_SETRESGID, known.gid(), known.gid(), known.gid(), 0);
            child.add(SYS_SETRESUID, known.uid(), known.uid(), known.uid(), 0);
        }
    }
}
