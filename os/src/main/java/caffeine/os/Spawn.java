package caffeine.os;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.ThreadMemory;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;

/**
 * Starts programs: no fork of this process is ever visible.
 *
 * <p>Every child is the leader of a process group of its own, with every signal at its default and
 * none blocked (an ignored signal survives exec otherwise), and with no descriptors but 0, 1 and 2.
 *
 * <pre>{@code
 * int pid = spawn.spawn(path, argv, envp, directory, stdin, stdout, stderr);
 * if (pid < 0) { ... -pid is the errno ... }
 * }</pre>
 *
 * <p>Reusable; not thread-safe.
 */
public final class Spawn implements AutoCloseable {
    private static final int RLIMIT_NOFILE = Processes.RLIMIT_NOFILE;
    static final int F_SETFD = 2;
    static final int SIG_SETMASK = 2;
    private static final int KERNEL_SIGNAL_SET_BYTES = 8;
    private static final int LAST_DESCRIPTOR = -1;

    private static final int SIGNALS = 64;
    private static final long SIG_IGN = 1;

    /** {@code struct sigaction} as the kernel has it: handler, flags, restorer, mask. */
    private static final int ACTION_BYTES = 32;

    private static final int NO_SIGNALS = 0;
    private static final int LIMIT = NO_SIGNALS + KERNEL_SIGNAL_SET_BYTES;
    private static final int DEFAULT_ACTION = LIMIT + 16;
    private static final int MEMORY_BYTES = DEFAULT_ACTION + ACTION_BYTES;

    private static final MemorySegment SYSCALL = Native.function("syscall");

    /** Whether clone3 was refused once: then it always is. */
    private static volatile boolean refused;

    private final Memory memory = Memory.allocate(MEMORY_BYTES);
    private final @Nullable ChildCalls calls;
    private final InChild inChild = new InChild();

    /** Ignored signals stay ignored across clone3 and execve; handled ones do not. */
    private final int[] ignored;

    private @Nullable PosixSpawn posix;
    private Processes.@Nullable FileLimit fileLimit;
    private boolean startsSessions;
    private int pidFd = -1;

    /**
     * Makes a spawner that starts children the fastest way that this system offers. It reads once
     * which signals this process ignores.
     *
     * @throws ErrnoException with ENOMEM, or ENOSYS off Linux
     */
    public Spawn() {
        this(ChildCalls.isOffered());
    }

    /**
     * Makes a spawner.
     *
     * @param direct whether to use {@link ChildCalls}, where the kernel takes them
     */
    Spawn(boolean direct) {
        calls = direct ? new ChildCalls() : null;
        posix = direct ? null : new PosixSpawn();
        ignored = direct ? ignoredSignals() : new int[0];
    }

    private int[] ignoredSignals() {
        int[] found = new int[SIGNALS];
        int count = 0;
        for (int signal = 1; signal <= SIGNALS; signal++) {
            if (isIgnored(signal)) {
                found[count++] = signal;
            }
        }
        return Arrays.copyOf(found, count);
    }

    private boolean isIgnored(int signal) {
        Memory action = ThreadMemory.scratch();
        int result =
                Native.callInt(
                        SYSCALL,
                        ChildCalls.SYS_RT_SIGACTION,
                        signal,
                        0,
                        action.address(),
                        KERNEL_SIGNAL_SET_BYTES);
        return result == 0 && action.getLong(0) == SIG_IGN;
    }

    /**
     * Gives children a soft limit of descriptors that is not this process's own. The hard limit
     * stays: once lowered, it cannot be raised again.
     *
     * @param limit its soft limit is the children's; null for this process's own
     */
    public void setFileLimit(Processes.@Nullable FileLimit limit) {
        Processes.FileLimit ours = limit == null ? null : Processes.getFileLimit();
        fileLimit =
                limit == null || ours == null
                        ? null
                        : new Processes.FileLimit(Math.min(limit.soft(), ours.hard()), ours.hard());
    }

    /**
     * Makes each child from now on the leader of a session of its own too: it has no terminal, so
     * closing or interrupting one does not affect it (man 2 setsid).
     */
    public void startSessions() {
        startsSessions = true;
        PosixSpawn known = posix;
        if (known != null) {
            known.startSessions();
        }
    }

    /**
     * Starts a program.
     *
     * @param path the program's file; PATH is not searched
     * @param argv arguments, argv[0] first
     * @param envp the whole environment, {@code NAME=value}
     * @param directory the child's working directory, also where a relative path begins; null for
     *     ours
     * @param stdin becomes the child's descriptor 0, shared with it and open here as before
     * @param stdout becomes its descriptor 1
     * @param stderr becomes its descriptor 2
     * @return the child's pid; {@code -ENOENT} when the program, its interpreter ({@code #!}) or
     *     the directory is missing, {@code -EACCES} when it is not executable or its folder is
     *     closed to us, {@code -ENOEXEC} when the kernel does not know the format (a script without
     *     {@code #!}), {@code -E2BIG} for too long arguments and environment, {@code -ETXTBSY}
     *     while it is open for writing, {@code -ENOTDIR}, {@code -ELOOP}, {@code -ENAMETOOLONG},
     *     {@code -EINVAL} for a NUL in a path, {@code -EBADF} for a descriptor that is not open;
     *     {@code -EAGAIN} when the user has too many processes and {@code -ENOMEM}: try later;
     *     {@code -ENOSYS} when this C library cannot change the directory
     */
    public int spawn(
            byte[] path,
            StringArray argv,
            StringArray envp,
            byte @Nullable [] directory,
            int stdin,
            int stdout,
            int stderr) {
        ChildDescriptors descriptors = new ChildDescriptors(stdin, stdout, stderr);
        return spawn(path, argv, envp, directory, descriptors, null, false);
    }

    /**
     * As {@link #spawn}, and opens a pidfd of the child in the same call where the kernel can:
     * {@link #pidFd}.
     *
     * @param rights limits and user of the child; null: those of this process
     * @return also {@code -EMFILE}, {@code -ENFILE} when there is no descriptor for it, {@code
     *     -EPERM} when this process may not set them, and {@code -ENOSYS} when there are any where
     *     the kernel has no clone3 for us
     */
    public int spawnWatched(
            byte[] path,
            StringArray argv,
            StringArray envp,
            byte @Nullable [] directory,
            int stdin,
            int stdout,
            int stderr,
            @Nullable ChildRights rights) {
        ChildDescriptors descriptors = new ChildDescriptors(stdin, stdout, stderr);
        return spawn(path, argv, envp, directory, descriptors, rights, true);
    }

    /**
     * The pidfd of the child that {@link #spawnWatched} started last; the caller takes ownership;
     * −1 where posix_spawn started it, which opens none: {@link caffeine.os.linux.PidFd#open} does.
     */
    public int pidFd() {
        return pidFd;
    }

    private int spawn(
            byte[] path,
            StringArray argv,
            StringArray envp,
            byte @Nullable [] directory,
            ChildDescriptors descriptors,
            @Nullable ChildRights rights,
            boolean watched) {
        long file = ThreadMemory.path(path);
        if (file < 0) {
            return (int) file;
        }
        try {
            if (calls != null && !refused) {
                int pid =
                        spawnDirectly(
                                calls,
                                file,
                                argv.address(),
                                envp.address(),
                                directory,
                                descriptors,
                                rights,
                                watched);
                if (!refused) {
                    return pid;
                }
            }
            pidFd = -1;
            if (rights != null) {
                return -Errno.ENOSYS; // rather than a child without limits
            }
            try (Processes.Anywhere _ = Processes.anywhere()) {
                return posix().spawn(
                                file,
                                argv.address(),
                                envp.address(),
                                directory,
                                descriptors,
                                fileLimit);
            }
        } finally {
            Reference.reachabilityFence(argv);
            Reference.reachabilityFence(envp);
            Reference.reachabilityFence(rights);
            Reference.reachabilityFence(this);
        }
    }

    private PosixSpawn posix() {
        PosixSpawn known = posix;
        if (known == null) {
            known = new PosixSpawn();
            posix = known;
            if (startsSessions) {
                known.startSessions();
            }
        }
        return known;
    }

    private int spawnDirectly(
            ChildCalls child,
            long file,
            long argv,
            long envp,
            byte @Nullable [] directory,
            ChildDescriptors descriptors,
            @Nullable ChildRights rights,
            boolean watched) {
        child.clear();
        // A session's leader leads a group already, and may not be given one.
        child.add(startsSessions ? ChildCalls.SYS_SETSID : ChildCalls.SYS_SETPGID, 0, 0, 0, 0);
        child.add(
                ChildCalls.SYS_RT_SIGPROCMASK,
                SIG_SETMASK,
                memory.address(NO_SIGNALS),
                0,
                KERNEL_SIGNAL_SET_BYTES);
        for (int signal : ignored) {
            child.add(
                    ChildCalls.SYS_RT_SIGACTION,
                    signal,
                    memory.address(DEFAULT_ACTION),
                    0,
                    KERNEL_SIGNAL_SET_BYTES);
        }
        descriptors.addTo(inChild);
        if (directory != null) {
            long address = ThreadMemory.secondPath(directory);
            if (address < 0) {
                return (int) address;
            }
            child.add(ChildCalls.SYS_CHDIR, address, 0, 0, 0);
        }
        child.add(ChildCalls.SYS_CLOSE_RANGE, 3, LAST_DESCRIPTOR, 0, 0);
        Processes.FileLimit limit = fileLimit;
        if (limit != null) {
            memory.putLong(LIMIT, limit.soft());
            memory.putLong(LIMIT + 8, limit.hard());
            child.add(ChildCalls.SYS_PRLIMIT64, 0, RLIMIT_NOFILE, memory.address(LIMIT), 0);
        }
        Memory processors = Processes.unpinned();
        if (processors != null) {
            child.add(
                    ChildCalls.SYS_SCHED_SETAFFINITY,
                    0,
                    Processes.CPU_SET_BYTES,
                    processors.address(),
                    0);
        }
        if (rights != null) {
            rights.addTo(child);
        }
        child.add(ChildCalls.SYS_EXECVE, file, argv, envp, 0);
        int pid = child.start(watched);
        if (child.wasRefused() && isNoClone3(-pid)) {
            refused = true;
        }
        pidFd = child.pidFd();
        return pid;
    }

    /** Older kernels lack the call or a flag; filters answer EPERM. */
    private static boolean isNoClone3(int errno) {
        return errno == Errno.ENOSYS || errno == Errno.EINVAL || errno == Errno.EPERM;
    }

    private final class InChild implements ChildDescriptors.Actions {
        @Override
        public int move(int from, int to) {
            if (calls != null) {
                if (from == to) {
                    calls.add(ChildCalls.SYS_FCNTL, from, F_SETFD, 0, 0);
                } else {
                    calls.add(ChildCalls.SYS_DUP2, from, to, 0, 0);
                }
            }
            return 0;
        }

        @Override
        public int close(int fd) {
            if (calls != null) {
                calls.add(ChildCalls.SYS_CLOSE, fd, 0, 0, 0);
            }
            return 0;
        }
    }

    /** Frees what the C library allocated. */
    @Override
    public void close() {
        PosixSpawn known = posix;
        if (known != null) {
            posix = null;
            known.close();
        }
    }
}
