package caffeine.server.socket;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;
import caffeine.os.Sockets;
import caffeine.os.Stat;
import caffeine.server.engine.StartException;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/**
 * The file by which clients find a Unix-domain listener (unix(7)). It appears in one step, with its
 * permissions, when the socket listens: it is made under another name and renamed. The file of a
 * dead server is replaced; the file of a running server, and any other file, is kept. The folder is
 * locked meanwhile, so that one of two simultaneous starts sees the other. Thread-safe.
 */
public final class SocketFile {

    /** Binds a socket to an address and listens there. */
    @FunctionalInterface
    public interface Binder {
        /** Returns 0 or −errno. */
        int bind(UnixDomainSocketAddress address);
    }

    private static final int PERMISSIONS = 0777;

    private final Path path;
    private final long inode;
    private final long device;
    private boolean removed;

    private SocketFile(Path path, Stat stat) {
        this.path = path;
        this.inode = stat.ino();
        this.device = stat.dev();
    }

    /**
     * Makes the file.
     *
     * @param path absolute
     * @param mode its permissions, as chmod(2) takes them
     * @throws StartException with the reason and the next step
     */
    public static SocketFile make(Path path, int mode, Binder binder) throws StartException {
        Path folder = path.getParent();
        if (folder == null) {
            throw cannot(path, "it is a folder; name a file below it");
        }
        int lock = lock(folder);
        try {
            clear(path);
            return bind(path, mode, binder);
        } finally {
            unlock(lock);
        }
    }

    /** A descriptor that locks the folder; or −errno without a lock. */
    private static int lock(Path folder) {
        int fd = Files.open(folder.toString(), Files.O_RDONLY | Files.O_DIRECTORY, 0);
        if (fd >= 0) {
            int _ = Files.flock(fd, Files.LOCK_EX);
        }
        return fd;
    }

    private static void unlock(int lock) {
        if (lock >= 0) {
            Descriptors.close(lock);
        }
    }

    /** Checks that the present file is not in use. */
    private static void clear(Path path) throws StartException {
        Stat stat = new Stat();
        int result = look(path, stat);
        if (result == -Errno.ENOENT) {
            return;
        }
        if (result < 0) {
            throw cannot(path, Errno.describe(-result));
        }
        if (!stat.isSocket()) {
            throw cannot(path, "another file is there; remove it, or name another one");
        }
        int answer = probe(path);
        if (answer == 0 || answer == -Errno.EAGAIN) {
            throw cannot(path, "another server listens there; stop it, or name another file");
        }
        if (answer != -Errno.ECONNREFUSED && answer != -Errno.ENOENT) {
            throw cannot(
                    path,
                    "the socket that is there cannot be tried ("
                            + Errno.describe(-answer)
                            + "); remove it, or name another file");
        }
    }

    private static int look(Path path, Stat stat) {
        return Files.statAt(
                Files.AT_FDCWD, Files.path(path.toString()), Files.AT_SYMLINK_NOFOLLOW, stat);
    }

    /** Whether a server listens: 0, or −ECONNREFUSED when none does. */
    private static int probe(Path path) {
        int fd = Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK, 0);
        if (fd < 0) {
            return fd;
        }
        int result = Sockets.connect(fd, UnixDomainSocketAddress.of(path));
        Descriptors.close(fd);
        return result;
    }

    private static SocketFile bind(Path path, int mode, Binder binder) throws StartException {
        Path fresh = path.resolveSibling("." + ProcessHandle.current().pid());
        delete(fresh); // left by a process with the same number, which was killed here
        int result = binder.bind(UnixDomainSocketAddress.of(fresh));
        if (result < 0) {
            throw cannot(path, explain(-result));
        }
        Stat stat = new Stat();
        try {
            java.nio.file.Files.setPosixFilePermissions(fresh, permissions(mode));
            result = look(fresh, stat);
            if (result == 0) {
                result = rename(fresh, path);
            }
        } catch (IOException e) {
            result = -Errno.EACCES;
        }
        if (result < 0) {
            delete(fresh);
            throw cannot(path, explain(-result));
        }
        return new SocketFile(path, stat);
    }

    private static int rename(Path from, Path to) {
        return Files.renameat(
                Files.AT_FDCWD,
                Files.path(from.toString()),
                Files.AT_FDCWD,
                Files.path(to.toString()));
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] all = PosixFilePermission.values(); // owner's right to read first
        for (int i = 0; i < all.length; i++) {
            if ((mode & PERMISSIONS & 0400 >> i) != 0) {
                permissions.add(all[i]);
            }
        }
        return permissions;
    }

    private static String explain(int errno) {
        return switch (errno) {
            case Errno.ENAMETOOLONG -> "its path is too long for a socket; name a shorter one";
            case Errno.ENOENT, Errno.ENOTDIR -> "its folder is not there; make it";
            case Errno.EACCES, Errno.EPERM ->
                    "this user may not write its folder; name a file in one that it may";
            default -> Errno.describe(errno);
        };
    }

    private static StartException cannot(Path path, String reason) {
        return new StartException("cannot listen on unix:" + path + ": " + reason);
    }

    /**
     * Removes the file, unless it has been replaced. From then on no client can connect; clients
     * that already have still wait to be accepted.
     */
    public synchronized void remove() {
        Path folder = path.getParent();
        if (removed || folder == null) {
            return;
        }
        removed = true;
        int lock = lock(folder);
        try {
            Stat stat = new Stat();
            if (look(path, stat) == 0 && stat.ino() == inode && stat.dev() == device) {
                delete(path);
            }
        } finally {
            unlock(lock);
        }
    }

    /** A failure leaves the file, and the next start replaces it. */
    private static void delete(Path path) {
        int _ = Files.unlinkat(Files.AT_FDCWD, Files.path(path.toString()), 0);
    }
}
