package caffeine.os;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.Platform;
import caffeine.os.foreign.ThreadMemory;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;

/**
 * Processes: signals, exits, limits, processors.
 *
 * <p>Every call returns {@code >= 0} or {@code -errno}; off Linux {@code -ENOSYS}. Signal numbers
 * are those of x86-64, aarch64 and RISC-V (man 7 signal).
 */
public final class Processes {
    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGQUIT = 3;
    public static final int SIGILL = 4;
    public static final int SIGTRAP = 5;
    public static final int SIGABRT = 6;
    public static final int SIGBUS = 7;
    public static final int SIGFPE = 8;
    public static final int SIGKILL = 9;
    public static final int SIGUSR1 = 10;
    public static final int SIGSEGV = 11;
    public static final int SIGUSR2 = 12;
    public static final int SIGPIPE = 13;
    public static final int SIGALRM = 14;
    public static final int SIGTERM = 15;
    public static final int SIGCHLD = 17;
    public static final int SIGCONT = 18;
    public static final int SIGSTOP = 19;
    public static final int SIGTSTP = 20;
    public static final int SIGXCPU = 24;
    public static final int SIGXFSZ = 25;
    public static final int SIGSYS = 31;

    private static final int P_ALL = 0;
    private static final int P_PID = 1;
    static final int P_PIDFD = 3;
    private static final int WNOHANG = 1;
    private static final int WEXITED = 4;
    private static final int WNOWAIT = 0x01000000;

    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_SET_CHILD_SUBREAPER = 36;

    static final int RLIMIT_NOFILE = 7;

    // asm/unistd.h: x86-64 numbers its calls its own way, the others as asm-generic does.
    static final int SYS_WAITID = Platform.X86_64 ? 247 : 95;

    // 8192 processors; the kernel refuses a mask that is smaller than its own.
    static final int CPU_SET_BYTES = 1024;

    /** Kept for the life of the process: children read it while they start. */
    private static volatile @Nullable Memory unpinned;

    private static final MemorySegment KILL = Native.function("kill");
    private static final MemorySegment GETPID = Native.function("getpid");
    private static final MemorySegment GETPPID = Native.function("getppid");
    private static final MemorySegment GETPGID = Native.function("getpgid");
    private static final MemorySegment GETUID = Native.function("geteuid");
    private static final MemorySegment WAITID = Native.function("waitid");
    private static final MemorySegment SYSCALL = Native.function("syscall");
    private static final MemorySegment PRCTL = Native.function("prctl");
    private static final MemorySegment PRLIMIT = Native.function("prlimit");
    private static final MemorySegment SCHED_SETAFFINITY = Native.function("sched_setaffinity");
    private static final MemorySegment SCHED_GETAFFINITY = Native.function("sched_getaffinity");

    private Processes() {}

    /** The name of a signal, {@code "SIGTERM"}; {@code "signal 34"} for one that has none. */
    public static String name(int signal) {
        return SignalNames.name(signal);
    }

    /** This process's number. */
    public static int getpid() {
        return Native.callInt(GETPID, 0);
    }

    /** The number of this process's parent; it changes when the parent ends. */
    public static int getppid() {
        return Native.callInt(GETPPID, 0);
    }

    /** The group of a process, 0 for this one; {@code -ESRCH} if there is no such process. */
    public static int getpgid(int pid) {
        return Native.callInt(GETPGID, pid);
    }

    /** The effective user of this process (man 2 geteuid). */
    public static int geteuid() {
        return Native.callInt(GETUID, 0);
    }

    /**
     * Sends a signal to a process (man 2 kill); 0 only checks whether it exists, also as a zombie.
     *
     * @param pid the process, at least 1: the other meanings have their own methods
     * @return 0; {@code -ESRCH} if there is none, {@code -EPERM} if it is another user's, {@code
     *     -EINVAL} for a number that is no signal or pid below 1
     */
    public static int kill(int pid, int signal) {
        return pid < 1 ? -Errno.EINVAL : Native.callInt(KILL, pid, signal);
    }

    /**
     * Sends a signal to every process of a group (man 2 kill).
     *
     * @param pgid the group, at least 2: 1 would mean every process there is
     * @return 0 if at least one got it; errors as {@link #kill}
     */
    public static int killGroup(int pgid, int signal) {
        return pgid < 2 ? -Errno.EINVAL : Native.callInt(KILL, -pgid, signal);
    }

    /**
     * Reaps a child (man 2 waitid).
     *
     * @param block whether to wait until it has ended
     * @return for {@link ExitStatus#of}; 0 if it still runs; {@code -ECHILD} if it is no child of
     *     ours, was reaped, or SIGCHLD is ignored so that the kernel reaped it; {@code -EINTR}
     */
    public static long waitPid(int pid, boolean block) {
        return wait(P_PID, pid, block);
    }

    /** Reaps the child of a pidfd; as {@link #waitPid}, {@code -EINVAL} before Linux 5.4. */
    public static long waitPidFd(int pidFd, boolean block) {
        return wait(P_PIDFD, pidFd, block);
    }

    /**
     * As {@link #waitPidFd(int, boolean)}, and returns the processor time of the child and of the
     * processes it waited for: the system call, unlike the C library's function, takes a {@code
     * struct rusage} as well (man 2 waitid, "C library/kernel differences"), so it costs no further
     * call.
     *
     * @param cpuNs its first element receives the time in nanoseconds, in user and in system mode
     *     together, when a child was reaped
     */
    public static long waitPidFd(int pidFd, boolean block, long[] cpuNs) {
        Memory info = ThreadMemory.scratch();
        info.putInt(SignalInfo.PID, 0);
        int result =
                Native.callInt(
                        SYSCALL,
                        SYS_WAITID,
                        P_PIDFD,
                        pidFd,
                        info.address(),
                        block ? WEXITED : WEXITED | WNOHANG,
                        info.address(SignalInfo.BYTES),
                        0);
        long exit = decode(result, info);
        if (exit > 0) {
            cpuNs[0] =
                    ResourceUsage.timeNs(info, SignalInfo.BYTES + ResourceUsage.USER)
                            + ResourceUsage.timeNs(info, SignalInfo.BYTES + ResourceUsage.SYSTEM);
        }
        return exit;
    }

    /**
     * Reaps any child that has ended, an adopted one too.
     *
     * @return for {@link ExitStatus#of}; 0 if all run; {@code -ECHILD} if there are none
     */
    public static long reapAny() {
        return wait(P_ALL, 0, false);
    }

    /**
     * A child that has ended, which stays as it is: it is not reaped.
     *
     * @return its pid; 0 if all run; {@code -ECHILD} if there are none
     */
    public static int findEnded() {
        long exit = wait(P_ALL, 0, WEXITED | WNOHANG | WNOWAIT);
        return exit <= 0 ? (int) exit : ExitStatus.of(exit).pid();
    }

    private static long wait(int idType, int id, boolean block) {
        return wait(idType, id, block ? WEXITED : WEXITED | WNOHANG);
    }

    private static long wait(int idType, int id, int options) {
        Memory info = ThreadMemory.scratch();
        // Without an ended child waitid succeeds and POSIX has it write nothing but si_pid.
        info.putInt(SignalInfo.PID, 0);
        return decode(Native.callInt(WAITID, idType, id, info.address(), options, 0), info);
    }

    private static long decode(int result, Memory info) {
        if (result < 0) {
            return result;
        }
        int pid = info.getInt(SignalInfo.PID);
        return pid == 0
                ? 0
                : ExitStatus.pack(
                        pid, info.getInt(SignalInfo.CODE), info.getInt(SignalInfo.STATUS));
    }

    /**
     * Makes this process the parent of descendants whose own parent ends (man 2 prctl,
     * PR_SET_CHILD_SUBREAPER).
     */
    public static int setChildSubreaper(boolean subreaper) {
        return Native.callInt(PRCTL, PR_SET_CHILD_SUBREAPER, subreaper ? 1 : 0);
    }

    /**
     * Requests a signal to this process when its parent ends (man 2 prctl, PR_SET_PDEATHSIG).
     *
     * <p>"Parent" is the thread that spawned us: a parent spawns from a thread that lives as long
     * as it does, or this fires early. A parent that has ended before the call sends nothing:
     * compare {@link #getppid} afterwards.
     *
     * @param signal the signal, 0 for none
     */
    public static int setParentDeathSignal(int signal) {
        return Native.callInt(PRCTL, PR_SET_PDEATHSIG, signal);
    }

    /**
     * How many descriptors a process may have open (man 2 prlimit, RLIMIT_NOFILE).
     *
     * <pre>{@code
     * struct rlimit { rlim_t rlim_cur; rlim_t rlim_max; };   // unsigned 64-bit
     * }</pre>
     *
     * @param soft the limit in force
     * @param hard how far a process without privileges may raise it
     */
    public record FileLimit(long soft, long hard) {}

    /** This process's {@link FileLimit}; null off Linux. */
    public static @Nullable FileLimit getFileLimit() {
        return getFileLimit(0);
    }

    /** The {@link FileLimit} of a process, 0 for this one; null if it is gone or another user's. */
    public static @Nullable FileLimit getFileLimit(int pid) {
        Memory scratch = ThreadMemory.scratch();
        return Native.callInt(PRLIMIT, pid, RLIMIT_NOFILE, 0, scratch.address()) < 0
                ? null
                : new FileLimit(scratch.getLong(0), scratch.getLong(8));
    }

    /**
     * Sets the limit of descriptors; those open above it stay open.
     *
     * @param pid the process, 0 for this one
     * @return 0; {@code -EPERM} for a hard limit above the present one (or above
     *     /proc/sys/fs/nr_open) or another user's process, {@code -EINVAL} for soft above hard,
     *     {@code -ESRCH}
     */
    public static int setFileLimit(int pid, FileLimit limit) {
        Memory scratch = ThreadMemory.scratch();
        scratch.putLong(0, limit.soft());
        scratch.putLong(8, limit.hard());
        return Native.callInt(PRLIMIT, pid, RLIMIT_NOFILE, scratch.address(), 0);
    }

    /**
     * The children of a process, those of all its threads, zombies included. Children that come or
     * go meanwhile may be missing.
     *
     * @return their numbers, ascending; none if the process is gone or the kernel does not tell
     *     (/proc is not mounted, CONFIG_PROC_CHILDREN is off)
     */
    public static int[] children(int pid) {
        return ChildList.of(pid);
    }

    /**
     * Pins a thread to one processor (man 2 sched_setaffinity). Threads and processes that it
     * starts inherit this.
     *
     * @param tid the thread, 0 for the calling one
     * @param cpu one of {@link #availableCpus}
     * @return 0; {@code -EINVAL} for a processor that is not there or not allowed
     */
    public static int schedSetAffinity(int tid, int cpu) {
        if (cpu < 0 || cpu >= CPU_SET_BYTES * Byte.SIZE) {
            return -Errno.EINVAL;
        }
        rememberProcessors();
        Memory set = Memory.allocate(CPU_SET_BYTES);
        set.putLong(cpu / Long.SIZE * Long.BYTES, 1L << cpu);
        try {
            return Native.callInt(SCHED_SETAFFINITY, tid, CPU_SET_BYTES, set.address());
        } finally {
            Reference.reachabilityFence(set);
        }
    }

    /** Before the first thread is pinned: what the others, and children, may run on. */
    private static synchronized void rememberProcessors() {
        if (unpinned == null) {
            Memory set = Memory.allocate(CPU_SET_BYTES);
            if (Native.callInt(SCHED_GETAFFINITY, 0, CPU_SET_BYTES, set.address()) >= 0) {
                unpinned = set;
            }
        }
    }

    /** The processors of the process before it pinned a thread; null: it has pinned none. */
    static @Nullable Memory unpinned() {
        return unpinned;
    }

    /** The calling thread is not pinned until this is closed, so that what it starts is not. */
    static final class Anywhere implements AutoCloseable {
        private final @Nullable Memory own;

        private Anywhere(@Nullable Memory own) {
            this.own = own;
        }

        @Override
        public void close() {
            if (own != null) {
                int _ = Native.callInt(SCHED_SETAFFINITY, 0, CPU_SET_BYTES, own.address());
            }
        }
    }

    static Anywhere anywhere() {
        if (unpinned == null) {
            return new Anywhere(null);
        }
        Memory own = Memory.allocate(CPU_SET_BYTES);
        int result = Native.callInt(SCHED_GETAFFINITY, 0, CPU_SET_BYTES, own.address());
        unpin();
        return new Anywhere(result < 0 ? null : own);
    }

    /**
     * Lets the calling thread run where this process could before it pinned a thread: for a thread
     * that a pinned one has started.
     */
    public static void unpin() {
        Memory set = unpinned;
        if (set != null) {
            int _ = Native.callInt(SCHED_SETAFFINITY, 0, CPU_SET_BYTES, set.address());
        }
    }

    /**
     * The processors that the calling thread may run on (man 2 sched_getaffinity).
     *
     * @return their numbers, ascending; none off Linux
     */
    public static int[] availableCpus() {
        Memory set = Memory.allocate(CPU_SET_BYTES);
        int result = Native.callInt(SCHED_GETAFFINITY, 0, CPU_SET_BYTES, set.address());
        if (result < 0) {
            return new int[0];
        }
        int[] cpus = new int[CPU_SET_BYTES * Byte.SIZE];
        int count = 0;
        for (int cpu = 0; cpu < cpus.length; cpu++) {
            if ((set.getLong(cpu / Long.SIZE * Long.BYTES) >>> cpu & 1) != 0) {
                cpus[count++] = cpu;
            }
        }
        return Arrays.copyOf(cpus, count);
    }

    /**
     * The counters of the kernel for a process (man 2 getrusage), on 64 bits.
     *
     * <pre>{@code
     * struct timeval { time_t tv_sec; suseconds_t tv_usec; };   // long, long
     * struct rusage {
     *     struct timeval ru_utime;    // in user mode
     *     struct timeval ru_stime;    // in system mode
     *     long ...                    // 144 bytes in all
     * };
     * }</pre>
     */
    static final class ResourceUsage {
        static final int USER = 0;
        static final int SYSTEM = 16;
        static final int MICROSECONDS = 8;
        static final int BYTES = 144;

        private ResourceUsage() {}

        static long timeNs(Memory memory, int offset) {
            return memory.getLong(offset) * 1_000_000_000L
                    + memory.getLong(offset + MICROSECONDS) * 1_000L;
        }
    }
}
