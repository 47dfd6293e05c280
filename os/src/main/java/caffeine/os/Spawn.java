package caffeine.os;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.ThreadMemory;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * Starts programs with posix_spawn(3): no fork of this process is ever visible.
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
    // The C library's opaque structs, with room to spare: glibc's are 336 and 80 bytes long.
    static final int ATTRIBUTES_BYTES = 512;
    static final int ACTIONS_BYTES = 256;

    static final int SIGNAL_SET_BYTES = 128;

    static final int SETPGROUP = 0x02;
    static final int SETSIGDEF = 0x04;
    static final int SETSIGMASK = 0x08;
    static final int SETSID = 0x80;

    private static final int ATTRIBUTES = 0;
    private static final int ACTIONS = ATTRIBUTES + ATTRIBUTES_BYTES;
    private static final int PID = ACTIONS + ACTIONS_BYTES;
    private static final int SIGNALS = PID + 16;
    private static final int MEMORY_BYTES = SIGNALS + SIGNAL_SET_BYTES;

    private static final MemorySegment SPAWN = Native.function("posix_spawn");
    private static final MemorySegment ATTR_INIT = Native.function("posix_spawnattr_init");
    private static final MemorySegment ATTR_DESTROY = Native.function("posix_spawnattr_destroy");
    private static final MemorySegment ATTR_SETFLAGS = Native.function("posix_spawnattr_setflags");
    private static final MemorySegment ATTR_SETSIGDEFAULT =
            Native.function("posix_spawnattr_setsigdefault");
    private static final MemorySegment ATTR_SETSIGMASK =
            Native.function("posix_spawnattr_setsigmask");
    private static final MemorySegment ATTR_SETPGROUP =
            Native.function("posix_spawnattr_setpgroup");
    private static final MemorySegment ACTIONS_INIT =
            Native.function("posix_spawn_file_actions_init");
    private static final MemorySegment ACTIONS_DESTROY =
            Native.function("posix_spawn_file_actions_destroy");
    private static final MemorySegment ADD_DUP2 =
            Native.function("posix_spawn_file_actions_adddup2");
    private static final MemorySegment ADD_CLOSE =
            Native.function("posix_spawn_file_actions_addclose");
    private static final MemorySegment ADD_CHDIR =
            Native.function("posix_spawn_file_actions_addchdir_np");
    private static final MemorySegment ADD_CLOSEFROM =
            Native.function("posix_spawn_file_actions_addclosefrom_np");

    private final Memory memory = Memory.allocate(MEMORY_BYTES);
    private Processes.@Nullable FileLimit fileLimit;
    private boolean open;

    /**
     * Sets up what every child has in common.
     *
     * @throws ErrnoException with ENOMEM, or ENOSYS off Linux
     */
    public Spawn() {
        check("posix_spawnattr_init", Native.callForErrno(ATTR_INIT, attributes(), 0, 0, 0, 0, 0));
        open = true;
        set(ATTR_SETFLAGS, SETPGROUP | SETSIGDEF | SETSIGMASK);
        set(ATTR_SETPGROUP, 0);
        set(ATTR_SETSIGMASK, memory.address(SIGNALS));
        // All 64, and not sigfillset, which leaves out the two that the C library uses itself.
        memory.putLong(SIGNALS, -1);
        set(ATTR_SETSIGDEFAULT, memory.address(SIGNALS));
    }

    private void set(MemorySegment setter, long value) {
        check("posix_spawnattr", Native.callForErrno(setter, attributes(), value, 0, 0, 0, 0));
    }

    private static void check(String call, int result) {
        ErrnoException.check(call, result);
    }

    /**
     * Gives children a soft limit of descriptors that is not this process's own. posix_spawn
     * cannot, so this process takes on the limit for the duration of each spawn; a descriptor above
     * it that another thread opens in this moment fails with EMFILE. The hard limit stays: whoever
     * lowers it cannot raise it again.
     *
     * @param limit its soft limit is the children's; null for this process's own
     */
    public void setFileLimit(Processes.@Nullable FileLimit limit) {
        fileLimit = limit;
    }

    /**
     * Makes each child from now on the leader of a session of its own too: it has no terminal, and
     * none that is closed or interrupted reaches it (man 2 setsid).
     */
    public void startSessions() {
        // Without SETPGROUP: a session's leader leads a group already, and may not be given one.
        set(ATTR_SETFLAGS, SETSID | SETSIGDEF | SETSIGMASK);
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
     *     while someone writes to it, {@code -ENOTDIR}, {@code -ELOOP}, {@code -ENAMETOOLONG},
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
        long file = ThreadMemory.path(path);
        if (file < 0) {
            return (int) file;
        }
        int result = Native.callForErrno(ACTIONS_INIT, actions(), 0, 0, 0, 0, 0);
        if (result < 0) {
            return result;
        }
        try {
            result = addActions(directory, stdin, stdout, stderr);
            return result < 0 ? result : spawnLimited(file, argv.address(), envp.address());
        } finally {
            Native.callForErrno(ACTIONS_DESTROY, actions(), 0, 0, 0, 0, 0);
            Reference.reachabilityFence(argv);
            Reference.reachabilityFence(envp);
            Reference.reachabilityFence(this);
        }
    }

    private int spawnLimited(long file, long argv, long envp) {
        Processes.FileLimit limit = fileLimit;
        if (limit == null) {
            return spawn(file, argv, envp);
        }
        // The limit is the process's: two spawners must not restore each other's.
        synchronized (Spawn.class) {
            Processes.FileLimit ours = Processes.getFileLimit();
            if (ours == null) {
                return spawn(file, argv, envp);
            }
            long soft = Math.min(limit.soft(), ours.hard());
            Processes.setFileLimit(0, new Processes.FileLimit(soft, ours.hard()));
            try {
                return spawn(file, argv, envp);
            } finally {
                Processes.setFileLimit(0, ours);
            }
        }
    }

    private int spawn(long file, long argv, long envp) {
        int result =
                Native.callForErrno(
                        SPAWN, memory.address(PID), file, actions(), attributes(), argv, envp);
        return result < 0 ? result : memory.getInt(PID);
    }

    private int addActions(byte @Nullable [] directory, int stdin, int stdout, int stderr) {
        int result = addDescriptors(stdin, stdout, stderr);
        if (result == 0 && directory != null) {
            long address = ThreadMemory.secondPath(directory);
            result = address < 0 ? (int) address : addAction(ADD_CHDIR, address, 0);
        }
        // Without it (glibc before 2.34, musl) nothing is lost: all our descriptors close on exec.
        if (result == 0 && Native.exists(ADD_CLOSEFROM)) {
            result = addAction(ADD_CLOSEFROM, 3, 0);
        }
        return result;
    }

    /**
     * Has the child move the three descriptors into place, in order. One that lies where an earlier
     * move goes is lifted out of the way first. A move onto itself only clears close-on-exec.
     */
    private int addDescriptors(int stdin, int stdout, int stderr) {
        int outFrom = stdout;
        int errFrom = stderr;
        int result = 0;
        if (stdout == 0 && stdin != 0) {
            outFrom = spare(stdin, stderr, stderr);
            result = addAction(ADD_DUP2, stdout, outFrom);
        }
        boolean errOverwritten = (stderr == 0 && stdin != 0) || (stderr == 1 && stdout != 1);
        if (result == 0 && errOverwritten) {
            errFrom = spare(stdin, stdout, outFrom);
            result = addAction(ADD_DUP2, stderr, errFrom);
        }
        result = result != 0 ? result : addAction(ADD_DUP2, stdin, 0);
        result = result != 0 ? result : addAction(ADD_DUP2, outFrom, 1);
        result = result != 0 ? result : addAction(ADD_DUP2, errFrom, 2);
        if (result == 0 && outFrom != stdout) {
            result = addAction(ADD_CLOSE, outFrom, 0);
        }
        if (result == 0 && errFrom != stderr) {
            result = addAction(ADD_CLOSE, errFrom, 0);
        }
        return result;
    }

    /** A number above 2 that is none of these: what the child has there it does not need. */
    private static int spare(int a, int b, int c) {
        int spare = 3;
        while (spare == a || spare == b || spare == c) {
            spare++;
        }
        return spare;
    }

    private int addAction(MemorySegment add, long a, long b) {
        return Native.callForErrno(add, actions(), a, b, 0, 0, 0);
    }

    private long attributes() {
        return memory.address(ATTRIBUTES);
    }

    private long actions() {
        return memory.address(ACTIONS);
    }

    /** Frees what the C library allocated. */
    @Override
    public void close() {
        if (open) {
            open = false;
            Native.callForErrno(ATTR_DESTROY, attributes(), 0, 0, 0, 0, 0);
        }
    }
}
