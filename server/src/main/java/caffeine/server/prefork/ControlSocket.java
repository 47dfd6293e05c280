package caffeine.server.prefork;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Sockets;
import caffeine.server.engine.StartException;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;

/**
 * The Unix-domain socket that workers connect to, in a private directory that no other user can
 * enter.
 */
final class ControlSocket implements AutoCloseable {

    private static final String PREFIX = "caffeine-";
    private static final String SOCKET = "control";
    private static final Duration YOUNG = Duration.ofMinutes(1);
    private static final int BACKLOG = 256;

    private final Path directory;
    private final int fd;

    private ControlSocket(Path directory, int fd) {
        this.directory = directory;
        this.fd = fd;
    }

    /**
     * Creates the directory and listens, non-blocking; removes the directories of dead instances
     * beside it.
     */
    static ControlSocket open(Path parent) throws StartException {
        Path directory = makeDirectory(parent);
        removeDebris(parent, directory);
        int fd = Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK, 0);
        if (fd < 0) {
            throw new StartException("cannot open a control socket: " + Errno.describe(-fd));
        }
        Path path = directory.resolve(SOCKET);
        int result = Sockets.bind(fd, UnixDomainSocketAddress.of(path));
        if (result == 0) {
            result = restrict(path);
        }
        if (result == 0) {
            result = Sockets.listen(fd, BACKLOG);
        }
        if (result < 0) {
            Descriptors.close(fd);
            delete(directory);
            throw new StartException(
                    "cannot make the control socket "
                            + path
                            + ": "
                            + Errno.describe(-result)
                            + "; set XDG_RUNTIME_DIR to another directory of your own");
        }
        return new ControlSocket(directory, fd);
    }

    private static int restrict(Path path) {
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            return 0;
        } catch (IOException e) {
            return -Errno.EACCES;
        }
    }

    private static Path makeDirectory(Path parent) throws StartException {
        var mode =
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        long pid = ProcessHandle.current().pid();
        for (int attempt = 0; attempt < 100; attempt++) {
            Path directory = parent.resolve(PREFIX + pid + "-" + attempt);
            try {
                return Files.createDirectory(directory, mode);
            } catch (FileAlreadyExistsException e) {
                // Left by an instance with the same process number, or made by another user.
            } catch (IOException e) {
                throw new StartException(
                        "cannot make a directory for the control socket in "
                                + parent
                                + ": "
                                + e.getMessage()
                                + "; set XDG_RUNTIME_DIR to a directory of your own");
            }
        }
        throw new StartException(
                "cannot make a directory for the control socket: "
                        + parent.resolve(PREFIX + pid + "-*")
                        + " are all taken");
    }

    /**
     * Removes this user's directories without a listening server. Those of other users are not
     * touched: their owner could replace one by a link between check and removal.
     */
    private static void removeDebris(Path parent, Path own) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent, PREFIX + "*")) {
            UserPrincipal us = Files.getOwner(own);
            for (Path entry : entries) {
                removeIfAbandoned(entry, us);
            }
        } catch (IOException | DirectoryIteratorException e) {
            // Stale directories must not prevent a start.
        }
    }

    private static void removeIfAbandoned(Path entry, UserPrincipal us) {
        try {
            if (us.equals(Files.getOwner(entry, NOFOLLOW_LINKS)) && isAbandoned(entry)) {
                delete(entry);
            }
        } catch (IOException e) {
            // Another instance has removed it meanwhile.
        }
    }

    private static boolean isAbandoned(Path directory) throws IOException {
        if (Files.isSymbolicLink(directory)
                || !Files.isDirectory(directory)
                || !Files.isReadable(directory)) {
            return false;
        }
        Instant changed = Files.getLastModifiedTime(directory).toInstant();
        if (changed.isAfter(Instant.now().minus(YOUNG))) {
            return false; // it may be about to listen
        }
        int probe = Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0);
        if (probe < 0) {
            return false;
        }
        int result = Sockets.connect(probe, UnixDomainSocketAddress.of(directory.resolve(SOCKET)));
        Descriptors.close(probe);
        return result == -Errno.ECONNREFUSED || result == -Errno.ENOENT;
    }

    Path path() {
        return directory.resolve(SOCKET);
    }

    int fd() {
        return fd;
    }

    @Override
    public void close() {
        Descriptors.close(fd);
        delete(directory);
    }

    private static void delete(Path directory) {
        try {
            Files.deleteIfExists(directory.resolve(SOCKET));
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            // A later start removes it.
        }
    }
}
