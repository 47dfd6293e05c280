package caffeine.cli.instance;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;
import caffeine.os.RecordLocks;
import caffeine.os.RecordLocks.Holder;
import caffeine.os.Stat;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The lock that an instance holds for the life of its process. It names its holder, and no child
 * inherits it.
 *
 * <p>The file is never removed: otherwise two processes could lock two files of the same name.
 */
final class InstanceLock implements AutoCloseable {

    /** The byte that stands for running. */
    static final long RUNNING = 0;

    /** The byte for waiting until the running instance has ended. */
    static final long STOPPING = 1;

    /** {@link #isHeld} holds it for a moment. */
    private static final int LOOKS = 400;

    private static final long LOOK_AGAIN_MS = 5;

    private final int fd;

    private InstanceLock(int fd) {
        this.fd = fd;
    }

    /**
     * Takes the lock.
     *
     * @return the lock; null when another process has it, which the caller can look up
     * @throws InstanceException when the file cannot be had or locked
     */
    static @Nullable InstanceLock take(Path file) throws InstanceException {
        while (true) {
            InstanceLock lock = open(file, Files.O_CREAT);
            if (lock == null) {
                throw unusable(file, Errno.ENOENT);
            }
            int result = lock.tryLock(file);
            if (result == 0 && !lock.isAt(file)) {
                lock.close(); // The file was removed since: another process could lock a new one.
            } else if (result == 0) {
                return lock;
            } else {
                lock.close();
                return null;
            }
        }
    }

    /** Opens the file to look up the holder; null when there is none. */
    static @Nullable InstanceLock open(Path file) throws InstanceException {
        return open(file, 0);
    }

    private static @Nullable InstanceLock open(Path file, int create) throws InstanceException {
        int flags = create | Files.O_RDWR | Files.O_NOFOLLOW;
        int fd = Files.open(file.toString(), flags, 0600);
        if (fd == -Errno.ENOENT) {
            return null;
        }
        if (fd < 0) {
            throw unusable(file, -fd);
        }
        return new InstanceLock(fd);
    }

    private int tryLock(Path file) throws InstanceException {
        int result = -Errno.EAGAIN;
        for (int look = 0; look < LOOKS; look++) {
            result = RecordLocks.tryLock(fd, RUNNING);
            if (result != -Errno.EAGAIN && result != -Errno.EACCES) {
                break;
            }
            Holder holder = holder();
            if (holder != null && holder.exclusive()) {
                return result;
            }
            pause();
        }
        if (result < 0) {
            close();
            throw unusable(file, -result);
        }
        return result;
    }

    private static void pause() throws InstanceException {
        try {
            Thread.sleep(LOOK_AGAIN_MS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InstanceException("interrupted");
        }
    }

    private static InstanceException unusable(Path file, int errno) {
        return new InstanceException(
                file
                        + " cannot be locked: "
                        + Errno.describe(errno)
                        + "; the file must be yours, and its disk must have room and locks");
    }

    /** Whether the locked file is the one that has the name. */
    private boolean isAt(Path file) {
        Stat named = new Stat();
        Stat locked = new Stat();
        byte[] path = Files.path(file.toString());
        return Files.statAt(Files.AT_FDCWD, path, Files.AT_SYMLINK_NOFOLLOW, named) == 0
                && Files.fstat(fd, locked) == 0
                && named.ino() == locked.ino()
                && named.dev() == locked.dev();
    }

    /** The holder other than this process; null when there is none. */
    @Nullable Holder holder() {
        return RecordLocks.holder(fd, RUNNING);
    }

    /** Takes the other byte: false when another process already waits for the end. */
    boolean beginStopping() {
        return RecordLocks.tryLock(fd, STOPPING) == 0;
    }

    @Override
    public void close() {
        Descriptors.close(fd);
    }

    /**
     * Whether the lock is held, without a native call. Not for the holder itself, which would lose
     * the lock.
     */
    static boolean isHeld(Path file) {
        try (FileChannel channel =
                        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                var lock = channel.tryLock(RUNNING, 1, true)) {
            return lock == null;
        } catch (IOException _) {
            return false; // No file, or a file system without locks: there is no holder.
        }
    }
}
