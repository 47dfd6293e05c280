package caffeine.os;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.ThreadMemory;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * Locks on bytes of a file that belong to a process and go with it (man 2 fcntl, "Advisory record
 * locking"). Unlike {@link Files#flock} they name their holder.
 *
 * <p>No child inherits them. But they go as soon as the process closes <em>any</em> descriptor of
 * the file, so a holder opens the file only once. Locks of {@code FileChannel} are of the same
 * kind, and the two see each other.
 *
 * <pre>{@code
 * struct flock { short l_type; short l_whence; off_t l_start; off_t l_len; pid_t l_pid; };
 * }</pre>
 */
public final class RecordLocks {
    static final int FLOCK_BYTES = 32;
    static final int TYPE = 0;
    static final int WHENCE = 2;
    static final int START = 8;
    static final int LENGTH = 16;
    static final int PID = 24;

    static final int F_GETLK = 5;
    static final int F_SETLK = 6;
    static final int F_WRLCK = 1;
    static final int F_UNLCK = 2;

    private static final MemorySegment FCNTL = Native.function("fcntl");

    private RecordLocks() {}

    /**
     * The holder of a lock.
     *
     * @param pid its holder; 0 or less when that is in another pid namespace or on another machine
     * @param exclusive whether it excludes all other locks; a shared one excludes only exclusive
     *     ones
     */
    public record Holder(int pid, boolean exclusive) {}

    /**
     * Takes an exclusive lock on one byte, which need not be there. The descriptor must be open for
     * writing.
     *
     * @return 0; {@code -EAGAIN} or {@code -EACCES} when another process has a lock on it, {@code
     *     -EBADF} when the descriptor is not open for writing, {@code -ENOLCK} when the file system
     *     has no locks
     */
    public static int tryLock(int fd, long at) {
        return Native.callInt(FCNTL, fd, F_SETLK, flock(F_WRLCK, at).address());
    }

    /** Gives back a lock on one byte: 0, or {@code -errno}. */
    public static int unlock(int fd, long at) {
        return Native.callInt(FCNTL, fd, F_SETLK, flock(F_UNLCK, at).address());
    }

    /**
     * Looks up the holder of a lock that prevents this process from an exclusive lock on one byte.
     *
     * @return a holder, any of several that share it; null when there is none
     * @throws ErrnoException when the file system has no locks (ENOLCK), or the descriptor is bad
     */
    public static @Nullable Holder holder(int fd, long at) {
        Memory flock = flock(F_WRLCK, at);
        ErrnoException.check("fcntl", Native.callInt(FCNTL, fd, F_GETLK, flock.address()));
        int type = flock.getShort(TYPE);
        return type == F_UNLCK ? null : new Holder(flock.getInt(PID), type == F_WRLCK);
    }

    private static Memory flock(int type, long at) {
        Memory flock = ThreadMemory.scratch();
        flock.putShort(TYPE, type);
        flock.putShort(WHENCE, Descriptors.SEEK_SET);
        flock.putLong(START, at);
        flock.putLong(LENGTH, 1);
        flock.putInt(PID, 0);
        return flock;
    }
}
