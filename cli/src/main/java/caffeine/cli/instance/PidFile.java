package caffeine.cli.instance;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.os.RecordLocks;
import caffeine.os.RecordLocks.Holder;
import caffeine.os.Stat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * A file that holds the number of this process, as long as this process keeps it.
 *
 * <p>Every user can write to its folder. So no link is followed, and only a file of this user is
 * opened for writing or removed. The file appears with its content in one step, by a link from a
 * temporary name. It is also locked, which distinguishes the file of an instance of another home
 * folder from a stale one.
 */
final class PidFile implements AutoCloseable {

    private static final int TRIES = 50;
    private static final long TRY_AGAIN_MS = 10;
    private static final int LONGEST_CONTENT = 32;

    private final Path file;
    private final int fd;

    private PidFile(Path file, int fd) {
        this.file = file;
        this.fd = fd;
    }

    /**
     * Creates it, replacing a stale one.
     *
     * @throws InstanceException when another file has the name, or no file can be created
     */
    static PidFile create(Path file, int pid) throws InstanceException {
        Path fresh = file.resolveSibling("." + file.getFileName() + "." + pid);
        int fd = openFresh(fresh);
        if (fd < 0) {
            throw unusable(file, -fd);
        }
        boolean done = false;
        try {
            byte[] content = (pid + "\n").getBytes(StandardCharsets.US_ASCII);
            ByteBuffer bytes = ByteBuffer.allocateDirect(content.length).put(0, content);
            long written = Descriptors.write(fd, MemorySegment.ofBuffer(bytes), 0, content.length);
            if (written != content.length) {
                throw unusable(file, written < 0 ? (int) -written : Errno.ENOSPC);
            }
            // A file system without locks: the file exists, but protects nothing.
            int _ = RecordLocks.tryLock(fd, 0);
            link(fresh, file);
            done = true;
            return new PidFile(file, fd);
        } finally {
            unlink(fresh);
            if (!done) {
                Descriptors.close(fd);
            }
        }
    }

    private static int openFresh(Path fresh) {
        int flags = Files.O_CREAT | Files.O_EXCL | Files.O_NOFOLLOW | Files.O_RDWR;
        int fd = Files.open(fresh.toString(), flags, 0644);
        if (fd == -Errno.EEXIST && unlink(fresh) == 0) {
            // A process of our number was killed in this moment of its life.
            fd = Files.open(fresh.toString(), flags, 0644);
        }
        return fd;
    }

    private static void link(Path fresh, Path file) throws InstanceException {
        byte[] from = Files.path(fresh.toString());
        byte[] to = Files.path(file.toString());
        int result = -Errno.EEXIST;
        for (int i = 0; i < TRIES && result == -Errno.EEXIST; i++) {
            result = Files.linkat(Files.AT_FDCWD, from, Files.AT_FDCWD, to, 0);
            if (result == -Errno.EEXIST) {
                removeLeftBehind(file, i + 1 == TRIES);
            }
        }
        if (result < 0) {
            throw unusable(file, -result);
        }
    }

    private static void removeLeftBehind(Path file, boolean lastTry) throws InstanceException {
        byte[] path = Files.path(file.toString());
        Stat named = new Stat();
        if (Files.statAt(Files.AT_FDCWD, path, Files.AT_SYMLINK_NOFOLLOW, named) < 0) {
            return; // It has gone meanwhile.
        }
        if (!named.isRegular()) {
            String what = named.isSymbolicLink() ? "a symbolic link" : "not an ordinary file";
            throw new InstanceException(
                    file + " is " + what + ", so it is not touched; remove it, or" + anotherName());
        }
        if (named.uid() != Processes.geteuid()) {
            throw new InstanceException(
                    file
                            + " belongs to "
                            + owner(file)
                            + ", so it is not touched;"
                            + anotherName());
        }
        int fd = Files.open(path, Files.O_RDWR | Files.O_NOFOLLOW | Files.O_NONBLOCK, 0);
        if (fd == -Errno.ENOENT) {
            return;
        }
        if (fd < 0) {
            throw unusable(file, -fd);
        }
        try {
            removeUnlessKept(file, fd, lastTry);
        } finally {
            Descriptors.close(fd);
        }
    }

    private static void removeUnlessKept(Path file, int fd, boolean lastTry)
            throws InstanceException {
        if (RecordLocks.tryLock(fd, 0) < 0) {
            Holder holder = RecordLocks.holder(fd, 0);
            // Perhaps another new instance is about to remove it.
            if (holder != null && (lastTry || content(fd).equals(holder.pid() + "\n"))) {
                throw new InstanceException(
                        file
                                + " is locked by pid "
                                + holder.pid()
                                + ", an instance of this name with another home folder;"
                                + anotherName());
            }
            pause();
            return;
        }
        if (!content(fd).matches("\\d*\n?")) {
            throw new InstanceException(
                    file
                            + " does not contain a process number, so it is not"
                            + " touched; move it away, or"
                            + anotherName());
        }
        Stat named = new Stat();
        Stat locked = new Stat();
        byte[] path = Files.path(file.toString());
        if (Files.fstat(fd, locked) == 0
                && Files.statAt(Files.AT_FDCWD, path, Files.AT_SYMLINK_NOFOLLOW, named) == 0
                && isSame(named, locked)) {
            unlink(file);
        }
    }

    private static String content(int fd) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(LONGEST_CONTENT);
        long got = Descriptors.pread(fd, MemorySegment.ofBuffer(bytes), 0, LONGEST_CONTENT, 0);
        byte[] content = new byte[(int) Math.max(0, got)];
        bytes.get(0, content);
        return new String(content, StandardCharsets.ISO_8859_1);
    }

    private static void pause() throws InstanceException {
        try {
            Thread.sleep(TRY_AGAIN_MS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InstanceException("interrupted");
        }
    }

    private static boolean isSame(Stat a, Stat b) {
        return a.ino() == b.ino() && a.dev() == b.dev();
    }

    private static String owner(Path file) {
        try {
            return java.nio.file.Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).getName();
        } catch (IOException _) {
            return "another user";
        }
    }

    private static String anotherName() {
        return " choose another --name";
    }

    private static InstanceException unusable(Path file, int errno) {
        return new InstanceException(
                "cannot make "
                        + file
                        + ": "
                        + Errno.describe(errno)
                        + "; make "
                        + file.getParent()
                        + " writable");
    }

    private static int unlink(Path file) {
        return Files.unlinkat(Files.AT_FDCWD, Files.path(file.toString()), 0);
    }

    /** Makes another user the owner, so that this user can remove it, also from a sticky folder. */
    void give(int uid, int gid) {
        int _ =
                Files.fchownat(
                        Files.AT_FDCWD,
                        Files.path(file.toString()),
                        uid,
                        gid,
                        Files.AT_SYMLINK_NOFOLLOW);
    }

    /** Removes the file, if the one that has the name is still ours. */
    @Override
    public void close() {
        Stat named = new Stat();
        Stat ours = new Stat();
        byte[] path = Files.path(file.toString());
        if (Files.fstat(fd, ours) == 0
                && Files.statAt(Files.AT_FDCWD, path, Files.AT_SYMLINK_NOFOLLOW, named) == 0
                && isSame(named, ours)) {
            unlink(file);
        }
        Descriptors.close(fd);
    }
}
