package caffeine.os;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.Platform;
import caffeine.os.foreign.ThreadMemory;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Files by path: open, stat, link, lock.
 *
 * <p>A path is a {@code byte[]} without its NUL, because on Linux names are bytes; {@link
 * #path(String)} makes one in UTF-8. Every call returns {@code >= 0} or {@code -errno}. Any that
 * takes a path may answer {@code -ENOENT}, {@code -ENOTDIR} (something on the way is no folder),
 * {@code -EACCES}, {@code -ELOOP} (too many links), {@code -ENAMETOOLONG} (a name above 255 bytes,
 * a path above 4095), {@code -EINVAL} (it holds a NUL), {@code -ENOMEM}, {@code -EIO}; off Linux
 * all answer {@code -ENOSYS}. Every descriptor made here closes on exec.
 */
public final class Files {
    /** In place of a folder's descriptor: paths begin at the working directory. */
    public static final int AT_FDCWD = -100;

    public static final int AT_SYMLINK_NOFOLLOW = 0x100;
    public static final int AT_EACCESS = 0x200;
    public static final int AT_REMOVEDIR = 0x200;
    public static final int AT_EMPTY_PATH = 0x1000;

    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_CREAT = 0x40;
    public static final int O_EXCL = 0x80;
    public static final int O_NOCTTY = 0x100;
    public static final int O_TRUNC = 0x200;
    public static final int O_APPEND = 0x400;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_CLOEXEC = 0x80000;
    public static final int O_PATH = 0x200000;
    // arch/arm64/include/uapi/asm/fcntl.h numbers these two for itself.
    public static final int O_DIRECTORY = Platform.AARCH64 ? 0x4000 : 0x10000;
    public static final int O_NOFOLLOW = Platform.AARCH64 ? 0x8000 : 0x20000;
    public static final int O_TMPFILE = 0x400000 | O_DIRECTORY;

    public static final int RESOLVE_NO_MAGICLINKS = 0x2;
    public static final int RESOLVE_BENEATH = 0x8;

    public static final int F_OK = 0;
    public static final int X_OK = 1;
    public static final int W_OK = 2;
    public static final int R_OK = 4;

    public static final int LOCK_SH = 1;
    public static final int LOCK_EX = 2;
    public static final int LOCK_NB = 4;
    public static final int LOCK_UN = 8;

    public static final int MFD_CLOEXEC = 0x1;

    static final int STATX_BASIC_STATS = 0x7ff;

    /** getdents64's number; not every C library has a function for it. */
    private static final int SYS_GETDENTS64 = Platform.AARCH64 ? 61 : 217;

    // struct linux_dirent64 { u64 d_ino; s64 d_off; u16 d_reclen; u8 d_type; char d_name[]; };
    static final int DIRENT_LENGTH = 16;
    static final int DIRENT_NAME = 19;

    /** For some hundred names a call. */
    private static final int DIRENTS_BYTES = 32 * 1024;

    /** openat2's number, the same on every processor; the C library has no function for it. */
    private static final int SYS_OPENAT2 = 437;

    static final int OPEN_HOW_BYTES = 24;

    private static final MemorySegment OPENAT = Native.function("openat");
    private static final MemorySegment SYSCALL = Native.function("syscall");
    private static final MemorySegment STATX = Native.function("statx");
    private static final MemorySegment MKDIRAT = Native.function("mkdirat");
    private static final MemorySegment UNLINKAT = Native.function("unlinkat");
    private static final MemorySegment LINKAT = Native.function("linkat");
    private static final MemorySegment SYMLINKAT = Native.function("symlinkat");
    private static final MemorySegment RENAMEAT = Native.function("renameat");
    private static final MemorySegment READLINKAT = Native.function("readlinkat");
    private static final MemorySegment FACCESSAT = Native.function("faccessat");
    private static final MemorySegment FCHOWNAT = Native.function("fchownat");
    private static final MemorySegment FCHMOD = Native.function("fchmod");
    private static final MemorySegment FLOCK = Native.function("flock");
    private static final MemorySegment MEMFD_CREATE = Native.function("memfd_create");

    private static final byte[] EMPTY = {};

    private Files() {}

    /** A path in UTF-8. */
    public static byte[] path(String path) {
        return path.getBytes(StandardCharsets.UTF_8);
    }

    /** {@link #openat} from the working directory. */
    public static int open(byte[] path, int flags, int mode) {
        return openat(AT_FDCWD, path, flags, mode);
    }

    /** {@link #openat} from the working directory, with a path in UTF-8. */
    public static int open(String path, int flags, int mode) {
        return openat(AT_FDCWD, path(path), flags, mode);
    }

    /**
     * Opens a file (man 2 open).
     *
     * @param directory where a relative path begins, or {@link #AT_FDCWD}
     * @param flags {@link #O_RDONLY} and the like; {@link #O_CLOEXEC} is always set
     * @param mode the permissions of a file that is made, less the umask
     * @return a descriptor; {@code -EEXIST} with O_EXCL, {@code -EISDIR} for writing to a folder,
     *     {@code -ELOOP} for a link with O_NOFOLLOW, {@code -ENXIO} for a socket file or a FIFO
     *     without a reader, {@code -ETXTBSY}, {@code -EROFS}, {@code -ENOSPC}, {@code -EDQUOT},
     *     {@code -EMFILE}, {@code -ENFILE}, {@code -EINTR}
     */
    public static int openat(int directory, byte[] path, int flags, int mode) {
        long address = ThreadMemory.path(path);
        return address < 0
                ? (int) address
                : Native.callInt(OPENAT, directory, address, flags | O_CLOEXEC, mode);
    }

    /**
     * Opens a file with restrictions on the walk of its path (man 2 openat2, Linux 5.6).
     *
     * <pre>{@code
     * struct open_how { __u64 flags; __u64 mode; __u64 resolve; };
     * }</pre>
     *
     * @param mode permissions; 0 unless a file may be made
     * @param resolve {@link #RESOLVE_BENEATH} and the like
     * @return as {@link #openat}; {@code -EXDEV} when the path leaves the folder (RESOLVE_BENEATH)
     *     or the file system (RESOLVE_NO_XDEV), {@code -ELOOP} for a link that resolve forbids,
     *     {@code -EAGAIN} when something was renamed meanwhile: try again, {@code -ENOSYS} on an
     *     older kernel, {@code -EPERM} below a seccomp filter that does not know it, {@code
     *     -EINVAL} for flags that do not go together
     */
    public static int openat2(int directory, byte[] path, int flags, int mode, int resolve) {
        long address = ThreadMemory.path(path);
        if (address < 0) {
            return (int) address;
        }
        Memory how = ThreadMemory.scratch();
        how.putLong(0, flags | O_CLOEXEC);
        how.putLong(8, mode);
        how.putLong(16, resolve);
        return Native.callInt(
                SYSCALL, SYS_OPENAT2, directory, address, how.address(), OPEN_HOW_BYTES);
    }

    /** {@link #openat2(int, byte[], int, int, int)} with a path in UTF-8. */
    public static int openat2(int directory, String path, int flags, int mode, int resolve) {
        return openat2(directory, path(path), flags, mode, resolve);
    }

    /**
     * Opens a nameless file for reading and writing, which goes with its last descriptor (man 2
     * open, O_TMPFILE). On a file system that cannot, it makes a file with mode 0600 and unlinks
     * it.
     *
     * @param directory the folder whose file system holds it
     * @return a descriptor; errors as {@link #openat}
     */
    public static int openTemporary(byte[] directory) {
        int fd = open(directory, O_TMPFILE | O_RDWR | O_EXCL, 0600);
        return switch (fd) {
            // The file system has no O_TMPFILE; the kernel is older than it (Linux 3.11).
            case -Errno.EOPNOTSUPP, -Errno.EISDIR -> TemporaryFile.open(directory);
            default -> fd;
        };
    }

    /** Reads the attributes of an open file (man 2 statx). */
    public static int fstat(int fd, Stat out) {
        return statAt(fd, EMPTY, AT_EMPTY_PATH, out);
    }

    /**
     * Reads the attributes of a path's file (man 2 statx).
     *
     * @param flags {@link #AT_SYMLINK_NOFOLLOW} for a link itself, {@link #AT_EMPTY_PATH}
     * @return 0, or {@code -errno} and {@code out} is as it was
     */
    public static int statAt(int directory, byte[] path, int flags, Stat out) {
        long address = ThreadMemory.path(path);
        if (address < 0) {
            return (int) address;
        }
        try {
            return Native.callInt(
                    STATX, directory, address, flags, STATX_BASIC_STATS, out.address());
        } finally {
            Reference.reachabilityFence(out);
        }
    }

    /**
     * Reads the names in an open folder, without {@code .} and {@code ..} (man 2 getdents64).
     *
     * @param out receives them, in no order
     * @param most how many at most
     * @return 0; {@code -ENOTDIR}, {@code -EIO}
     */
    public static int readNames(int folder, int most, List<byte[]> out) {
        Memory entries = Memory.allocate(DIRENTS_BYTES);
        byte[] copy = new byte[DIRENTS_BYTES];
        try {
            while (true) {
                int bytes =
                        Native.callInt(
                                SYSCALL, SYS_GETDENTS64, folder, entries.address(), DIRENTS_BYTES);
                if (bytes <= 0) {
                    return bytes;
                }
                entries.get(0, copy, 0, bytes);
                for (int at = 0; at < bytes; at += entries.getShort(at + DIRENT_LENGTH)) {
                    if (out.size() == most) {
                        return 0;
                    }
                    byte[] name = nameAt(copy, at + DIRENT_NAME);
                    if (!isDot(name)) {
                        out.add(name);
                    }
                }
            }
        } finally {
            Reference.reachabilityFence(entries);
        }
    }

    private static byte[] nameAt(byte[] entries, int offset) {
        int end = offset;
        while (entries[end] != 0) {
            end++;
        }
        return Arrays.copyOfRange(entries, offset, end);
    }

    private static boolean isDot(byte[] name) {
        return name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'));
    }

    /** Makes a folder (man 2 mkdir): 0; {@code -EEXIST}, {@code -EROFS}, {@code -ENOSPC}. */
    public static int mkdirat(int directory, byte[] path, int mode) {
        return withPath(MKDIRAT, directory, path, mode);
    }

    /**
     * Removes a file's name, or an empty folder with {@link #AT_REMOVEDIR} (man 2 unlink).
     *
     * @return 0; {@code -EISDIR}, {@code -ENOTEMPTY}, {@code -EPERM}, {@code -EBUSY}, {@code
     *     -EROFS}
     */
    public static int unlinkat(int directory, byte[] path, int flags) {
        return withPath(UNLINKAT, directory, path, flags);
    }

    /**
     * Whether this process may read, write or execute a file (man 2 faccessat).
     *
     * @param mode {@link #R_OK}, {@link #W_OK}, {@link #X_OK}, or {@link #F_OK}
     * @param flags {@link #AT_EACCESS} to ask for the user whose rights we have
     * @return 0; {@code -EACCES} if not, {@code -EROFS}
     */
    public static int faccessat(int directory, byte[] path, int mode, int flags) {
        long address = ThreadMemory.path(path);
        return address < 0
                ? (int) address
                : Native.callInt(FACCESSAT, directory, address, mode, flags);
    }

    /**
     * Gives a file another name (man 2 link).
     *
     * @param flags AT_SYMLINK_FOLLOW (with {@code /proc/self/fd/N} for an O_TMPFILE file)
     * @return 0; {@code -EEXIST}, {@code -EXDEV} for another file system, {@code -EPERM}
     */
    public static int linkat(
            int fromDirectory, byte[] from, int toDirectory, byte[] to, int flags) {
        long first = ThreadMemory.path(from);
        long second = ThreadMemory.secondPath(to);
        return first < 0 || second < 0
                ? (int) Math.min(first, second)
                : Native.callInt(LINKAT, fromDirectory, first, toDirectory, second, flags);
    }

    /** Makes a symbolic link at {@code path} to {@code target} (man 2 symlink). */
    public static int symlinkat(byte[] target, int directory, byte[] path) {
        long first = ThreadMemory.path(target);
        long second = ThreadMemory.secondPath(path);
        return first < 0 || second < 0
                ? (int) Math.min(first, second)
                : Native.callInt(SYMLINKAT, first, directory, second);
    }

    /** Moves a name in one step, replacing what has the new one (man 2 rename). */
    public static int renameat(int fromDirectory, byte[] from, int toDirectory, byte[] to) {
        long first = ThreadMemory.path(from);
        long second = ThreadMemory.secondPath(to);
        return first < 0 || second < 0
                ? (int) Math.min(first, second)
                : Native.callInt(RENAMEAT, fromDirectory, first, toDirectory, second);
    }

    /**
     * Reads the target of a symbolic link (man 2 readlink).
     *
     * @param out receives it, without a NUL; at most 4096 bytes are read
     * @return its length, {@code out.length} if it may be cut off; {@code -EINVAL} if it is no link
     */
    public static int readlink(int directory, byte[] path, byte[] out) {
        long address = ThreadMemory.path(path);
        if (address < 0) {
            return (int) address;
        }
        Memory target = Memory.allocate(ThreadMemory.PATH_MAX);
        try {
            int room = Math.min(out.length, target.size());
            int length = (int) Native.call(READLINKAT, directory, address, target.address(), room);
            if (length > 0) {
                target.get(0, out, 0, length);
            }
            return length;
        } finally {
            Reference.reachabilityFence(target);
        }
    }

    /** Sets a file's permissions, whatever the umask (man 2 fchmod). */
    public static int fchmod(int fd, int mode) {
        return Native.callInt(FCHMOD, fd, mode);
    }

    /**
     * Gives a file to another user and group (man 2 fchownat); -1 leaves one as it is.
     *
     * @param flags {@link #AT_SYMLINK_NOFOLLOW} to mean a link itself
     * @return 0; {@code -EPERM} without the right to give files away
     */
    public static int fchownat(int directory, byte[] path, int uid, int gid, int flags) {
        long address = ThreadMemory.path(path);
        return address < 0
                ? (int) address
                : Native.callInt(FCHOWNAT, directory, address, uid, gid, flags);
    }

    /**
     * Locks a file as a whole (man 2 flock). The lock belongs to the open file: it goes when every
     * duplicate of the descriptor, in whatever process, is closed.
     *
     * @param operation {@link #LOCK_EX} or {@link #LOCK_SH}, perhaps with {@link #LOCK_NB}; {@link
     *     #LOCK_UN}
     * @return 0; {@code -EAGAIN} (EWOULDBLOCK) when another process has it, {@code -EINTR}
     */
    public static int flock(int fd, int operation) {
        return Native.callInt(FLOCK, fd, operation);
    }

    /**
     * Makes a file that lies in memory alone (man 2 memfd_create).
     *
     * @param name shown in /proc/self/fd, at most 249 bytes
     * @param flags MFD_ALLOW_SEALING or 0
     * @return a descriptor; {@code -EMFILE}, {@code -ENFILE}, {@code -ENOMEM}
     */
    public static int memfdCreate(String name, int flags) {
        long address = ThreadMemory.path(path(name));
        return address < 0
                ? (int) address
                : Native.callInt(MEMFD_CREATE, address, flags | MFD_CLOEXEC);
    }

    private static int withPath(MemorySegment function, int directory, byte[] path, int last) {
        long address = ThreadMemory.path(path);
        return address < 0 ? (int) address : Native.callInt(function, directory, address, last);
    }
}
