package caffeine.server.file;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.os.Stat;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * The served folder, opened once, and lookups in it. No lookup ever finds a file outside of it,
 * despite links and renames, unless links may lead out: then files that {@link TrustedWalk} accepts
 * count as inside.
 *
 * <p>A look at a path is {@code openat2} with RESOLVE_BENEATH, {@code statx} of what was opened,
 * and {@code close}; a file to send stays open. RESOLVE_BENEATH refuses every link that leaves the
 * folder on its way (EXDEV), and absolute links always do. Where it refuses, and on kernels without
 * openat2 (before Linux 5.6, or below a seccomp filter that does not know it), the path is opened
 * with its links, and counts only if /proc/self/fd then shows that the opened file is within the
 * folder. O_PATH does not act on the file: a FIFO does not block, a device does nothing.
 *
 * <p>Not thread-safe.
 */
public final class ServedFolder implements AutoCloseable {

    /** The kind of file at a path. */
    public enum Found {
        FILE,
        FOLDER,
        /** A FIFO, socket or device. */
        SPECIAL,
        /** Missing, or outside of the folder. */
        NOTHING,
        /** A file outside that this link must not lead to: {@link #objection}. */
        DISTRUSTED,
        /** Missing, because a file on the way is not a folder. */
        BELOW_FILE,
        /** No permission to enter a folder on the way. */
        FORBIDDEN,
        /** No descriptor or memory for the lookup. */
        NO_RESOURCES,
        /** The file system failed. */
        BROKEN
    }

    private static final int BENEATH = Files.RESOLVE_BENEATH | Files.RESOLVE_NO_MAGICLINKS;
    private static final int EXECUTABLE_BITS = 0111;
    private static final int MAX_PATH = 4096;
    private static final int CLOSED = -1;

    private final byte[] path;
    private final boolean hasOpenat2;
    private final boolean superuser = Processes.geteuid() == 0;
    private final Stat stat = new Stat();
    private int folder;
    private int opened = CLOSED;
    private int errno;
    private String objection = "";
    private @Nullable Predicate<String> mayLeaveAt;

    private ServedFolder(int folder, byte[] path, boolean hasOpenat2) {
        this.folder = folder;
        this.path = path;
        this.hasOpenat2 = hasOpenat2;
    }

    /**
     * Opens the folder.
     *
     * @throws IOException when it cannot; the message is for the user
     */
    public static ServedFolder open(Path root) throws IOException {
        return open(root, true);
    }

    /**
     * Opens the folder.
     *
     * @param tryOpenat2 whether to use openat2 if the kernel has it
     */
    public static ServedFolder open(Path root, boolean tryOpenat2) throws IOException {
        int folder = Files.open(root.toString(), Files.O_PATH | Files.O_DIRECTORY, 0);
        if (folder < 0) {
            throw new IOException("cannot open " + root + ": " + Errno.message(-folder));
        }
        byte[] path = pathOf(folder);
        if (path == null) {
            Descriptors.close(folder);
            throw new IOException("cannot serve " + root + ": /proc/self/fd does not name it");
        }
        return new ServedFolder(folder, path, tryOpenat2 && hasOpenat2(folder));
    }

    private static boolean hasOpenat2(int folder) {
        int self = Files.openat2(folder, Files.path("."), Files.O_PATH, 0, BENEATH);
        if (self >= 0) {
            Descriptors.close(self);
        }
        return self >= 0;
    }

    /**
     * Lets links lead out of the folder.
     *
     * @param places whether a link at a path below the folder, beginning with a slash, may lead out
     */
    public void followLinks(Predicate<String> places) {
        mayLeaveAt = places;
    }

    /** The absolute path when it was opened, links resolved. */
    public byte[] path() {
        return path.clone();
    }

    /**
     * Looks at a path.
     *
     * @param name relative to the folder, without dot segments
     */
    public Found look(byte[] name) {
        Found found = open(name, Files.O_PATH);
        closeOpened();
        return found;
    }

    /**
     * Opens a file for reading, or a folder for listing; {@link #takeOpened} gives the descriptor.
     * Never waits for the other end of a FIFO.
     *
     * @param name relative to the folder, without dot segments
     */
    public Found openForReading(byte[] name) {
        Found found = open(name, Files.O_RDONLY | Files.O_NONBLOCK | Files.O_NOCTTY);
        if (found != Found.FILE && found != Found.FOLDER) {
            closeOpened();
        }
        // A socket file cannot be opened: ENXIO (man 2 open).
        return found == Found.BROKEN && errno == Errno.ENXIO ? Found.SPECIAL : found;
    }

    /** The descriptor of what was opened last; the caller takes ownership. */
    public int takeOpened() {
        int fd = opened;
        opened = CLOSED;
        return fd;
    }

    private void closeOpened() {
        if (opened != CLOSED) {
            Descriptors.close(opened);
            opened = CLOSED;
        }
    }

    private Found open(byte[] name, int flags) {
        objection = "";
        closeOpened();
        int fd = descriptor(name, flags);
        if (fd < 0) {
            errno = -fd;
            return failed();
        }
        int result = Files.fstat(fd, stat);
        if (result < 0) {
            Descriptors.close(fd);
            errno = -result;
            return failed();
        }
        opened = fd;
        if (stat.isRegular()) {
            return Found.FILE;
        }
        return stat.isDirectory() ? Found.FOLDER : Found.SPECIAL;
    }

    /**
     * The version that a path's file has now; null without one. Links are followed wherever they
     * lead: this tells whether a file that was opened before is still the file of its path.
     */
    public @Nullable FileVersion versionOf(byte[] name) {
        return Files.statAt(folder, name, 0, stat) < 0 ? null : FileVersion.of(stat);
    }

    /** Whether a path has a file of any kind, or a link to nothing. */
    public boolean hasName(byte[] name) {
        int result = Files.statAt(folder, name, Files.AT_SYMLINK_NOFOLLOW, stat);
        return switch (-result) {
            case Errno.ENOENT, Errno.ENOTDIR, Errno.ENAMETOOLONG -> false;
            default -> true;
        };
    }

    /** The error number of the last look that found FORBIDDEN, NO_RESOURCES or BROKEN. */
    public int errno() {
        return errno;
    }

    /** The file that the last look found, as it is now. */
    public FileVersion version() {
        return FileVersion.of(stat);
    }

    /** Why the last look found DISTRUSTED, with the next step; printable. */
    public String objection() {
        return objection;
    }

    /**
     * Whether this process may execute the file that the last look found. Root may if any user may;
     * the kernel is asked only where the bits differ by user.
     */
    public boolean isExecutable(byte[] name) {
        int bits = stat.mode() & EXECUTABLE_BITS;
        if (bits == 0 || bits == EXECUTABLE_BITS || superuser) {
            return bits != 0;
        }
        return Files.faccessat(folder, name, Files.X_OK, Files.AT_EACCESS) == 0;
    }

    /**
     * The first bytes of a file; null without read permission.
     *
     * @param most how many
     */
    public byte @Nullable [] firstBytes(byte[] name, int most) {
        // O_NONBLOCK in case a FIFO has taken its place since the last look.
        int fd = Files.openat(folder, name, Files.O_RDONLY | Files.O_NONBLOCK, 0);
        if (fd < 0) {
            return null;
        }
        MemorySegment bytes = Arena.ofAuto().allocate(most);
        int n = (int) Descriptors.pread(fd, bytes, 0, most, 0);
        Descriptors.close(fd);
        if (n < 0) {
            return null;
        }
        byte[] first = new byte[n];
        bytes.asByteBuffer().get(first);
        return first;
    }

    @Override
    public void close() {
        closeOpened();
        if (folder != CLOSED) {
            Descriptors.close(folder);
            folder = CLOSED;
        }
    }

    private int descriptor(byte[] name, int flags) {
        if (!hasOpenat2) {
            int found = openWithin(name, Files.openat(folder, name, Files.O_PATH, 0));
            return reopened(found, flags);
        }
        int fd = Files.openat2(folder, name, flags, 0, BENEATH);
        return switch (fd) {
            // A link that leaves the folder on its way, or a rename that might have made it so.
            case -Errno.EXDEV, -Errno.EAGAIN ->
                    reopened(openWithin(name, openWithLinks(name)), flags);
            default -> fd;
        };
    }

    private int openWithLinks(byte[] name) {
        return Files.openat2(folder, name, Files.O_PATH, 0, Files.RESOLVE_NO_MAGICLINKS);
    }

    /**
     * Opens an accepted file as asked for. Opening a file can act on it (a device, a FIFO), so that
     * it is opened with O_PATH until it is accepted.
     *
     * @param accepted closes it, unless O_PATH is what is asked for; an error is returned as it is
     */
    private static int reopened(int accepted, int flags) {
        if (accepted < 0 || flags == Files.O_PATH) {
            return accepted;
        }
        int fd = Files.openat(Files.AT_FDCWD, Files.path("/proc/self/fd/" + accepted), flags, 0);
        Descriptors.close(accepted);
        return fd;
    }

    /**
     * Opens by following every link, and accepts the file if it is in the folder, or if links may
     * lead to it.
     */
    private int openWithin(byte[] name, int fd) {
        if (fd < 0) {
            // A closed folder may be outside, and its existence must not be revealed.
            return fd == -Errno.EACCES ? -Errno.ENOENT : fd;
        }
        byte[] real = pathOf(fd);
        if (real != null && (isWithin(real) || mayBeLeftFor(fd, name))) {
            return fd;
        }
        Descriptors.close(fd);
        return -Errno.ENOENT;
    }

    private boolean mayBeLeftFor(int fd, byte[] name) {
        Predicate<String> places = mayLeaveAt;
        if (places == null || Files.fstat(fd, stat) < 0) {
            return false;
        }
        String said = new TrustedWalk(folder, places).objection(name, stat);
        objection = said == null ? "" : said;
        return said == null;
    }

    private boolean isWithin(byte[] real) {
        int n = path.length;
        if (n == 1) {
            return real[0] == '/';
        }
        return real.length >= n
                && Arrays.equals(real, 0, n, path, 0, n)
                && (real.length == n || real[n] == '/');
    }

    private Found failed() {
        if (!objection.isEmpty()) {
            return Found.DISTRUSTED;
        }
        return switch (errno) {
            case Errno.ENOENT, Errno.ELOOP, Errno.ENAMETOOLONG -> Found.NOTHING;
            case Errno.ENOTDIR -> Found.BELOW_FILE;
            case Errno.EACCES -> Found.FORBIDDEN;
            case Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM -> Found.NO_RESOURCES;
            default -> Found.BROKEN;
        };
    }

    /** The absolute path of an open file; null when the kernel does not report it completely. */
    static byte @Nullable [] pathOf(int fd) {
        byte[] buffer = new byte[MAX_PATH];
        int n = Files.readlink(Files.AT_FDCWD, Files.path("/proc/self/fd/" + fd), buffer);
        return n <= 0 || n == buffer.length || buffer[0] != '/' ? null : Arrays.copyOf(buffer, n);
    }
}
