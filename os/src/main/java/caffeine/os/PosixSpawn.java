package caffeine.os;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.ThreadMemory;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/** Starts programs with posix_spawn(3): where {@link ChildCalls} cannot. Not thread-safe. */
final class PosixSpawn implements ChildDescriptors.Actions, AutoCloseable {
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
    private boolean open;

    /**
     * Sets up the attributes that every child shares.
     *
     * @throws ErrnoException with ENOMEM, or ENOSYS off Linux
     */
    PosixSpawn() {
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

    void startSessions() {
        // Without SETPGROUP: a session's leader leads a group already, and may not be given one.
        set(ATTR_SETFLAGS, SETSID | SETSIGDEF | SETSIGMASK);
    }

    private static void check(String call, int result) {
        ErrnoException.check(call, result);
    }

    /**
     * Starts a program.
     *
     * @param descriptors moves the descriptors of the child
     * @param limit the soft limit of descriptors that the child shall have; null for ours
     */
    int spawn(
            long file,
            long argv,
            long envp,
            byte @Nullable [] directory,
            ChildDescriptors descriptors,
            Processes.@Nullable FileLimit limit) {
        int result = Native.callForErrno(ACTIONS_INIT, actions(), 0, 0, 0, 0, 0);
        if (result < 0) {
            return result;
        }
        try {
            result = descriptors.addTo(this);
            if (result == 0 && directory != null) {
                long address = ThreadMemory.secondPath(directory);
                result = address < 0 ? (int) address : addAction(ADD_CHDIR, address, 0);
            }
            // Without it (glibc before 2.34, musl) nothing is lost: all ours close on exec.
            if (result == 0 && Native.exists(ADD_CLOSEFROM)) {
                result = addAction(ADD_CLOSEFROM, 3, 0);
            }
            return result < 0 ? result : spawnLimited(file, argv, envp, limit);
        } finally {
            Native.callForErrno(ACTIONS_DESTROY, actions(), 0, 0, 0, 0, 0);
        }
    }

    /**
     * posix_spawn cannot set a limit, so this process takes it on for the duration of the spawn; a
     * descriptor above it that another thread opens in this moment fails with EMFILE.
     */
    private int spawnLimited(long file, long argv, long envp, Processes.@Nullable FileLimit limit) {
        if (limit == null) {
            return spawn(file, argv, envp);
        }
        // The limit is the process's: two spawners must not restore each other's.
        synchronized (PosixSpawn.class) {
            Processes.FileLimit ours = Processes.getFileLimit();
            if (ours == null) {
                return spawn(file, argv, envp);
            }
            Processes.setFileLimit(0, limit);
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

    /** A move onto itself only clears close-on-exec. */
    @Override
    public int move(int from, int to) {
        return addAction(ADD_DUP2, from, to);
    }

    @Override
    public int close(int fd) {
        return addAction(ADD_CLOSE, fd, 0);
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
