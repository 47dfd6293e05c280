package caffeine.server.log;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;
import caffeine.os.Stat;
import caffeine.server.engine.NativeAccess;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The targets of log lines, by number: descriptors of the kernel, or, without native calls,
 * channels of the JDK. 1 is standard output, 2 standard error. Results are ≥ 0 or −errno.
 * Thread-safe.
 */
interface LogDescriptors {

    LogDescriptors OF_PROCESS = NativeAccess.isEnabled() ? new Kernels() : new Channels();

    /** Opens a file to append to, and makes it with this mode if it is not there. */
    int open(Path file, int mode);

    /** The same file, by another number. */
    int duplicate(int fd);

    boolean isRegular(int fd);

    /** Writes these bytes, or fewer. */
    long write(int fd, ByteBuffer bytes, int from, int length);

    /** Waits for a moment, while a descriptor takes nothing. */
    void awaitWritable(int fd, int millis);

    /** Has standard error go there, too: the JVM's last words. */
    void becomeStandardError(int fd);

    void close(int fd);

    /** The kernel's. */
    final class Kernels implements LogDescriptors {

        @Override
        public int open(Path file, int mode) {
            // To append is what keeps the lines of several processes apart (man 2 open).
            int flags = Files.O_WRONLY | Files.O_APPEND | Files.O_CREAT;
            // A named pipe without a reader would block (man 7 fifo); this says ENXIO instead.
            int fd = Files.open(file.toString(), flags | Files.O_NONBLOCK, mode);
            if (fd >= 0) {
                Descriptors.setNonBlocking(fd, false);
            }
            return fd;
        }

        @Override
        public int duplicate(int fd) {
            return Descriptors.dup(fd, 3);
        }

        @Override
        public boolean isRegular(int fd) {
            Stat stat = new Stat();
            return Files.fstat(fd, stat) >= 0 && stat.isRegular();
        }

        @Override
        public long write(int fd, ByteBuffer bytes, int from, int length) {
            return Descriptors.write(fd, MemorySegment.ofBuffer(bytes), from, length);
        }

        @Override
        public void awaitWritable(int fd, int millis) {
            Descriptors.poll(fd, Descriptors.POLLOUT, millis);
        }

        @Override
        public void becomeStandardError(int fd) {
            Descriptors.dup3(fd, Log.STANDARD_ERROR);
        }

        @Override
        public void close(int fd) {
            Descriptors.close(fd);
        }
    }

    /** The JDK's. Without a way to copy a descriptor, copies share a channel. */
    final class Channels implements LogDescriptors {

        /** A file, and how many numbers it has. */
        private record Shared(WritableByteChannel channel, AtomicInteger users) {}

        /** Far from the kernel's, so that none is taken for one of those. */
        private static final int FIRST = 1 << 20;

        private final Map<Integer, Shared> open = new ConcurrentHashMap<>();
        private final AtomicInteger next = new AtomicInteger(FIRST);

        Channels() {
            open.put(1, standard(FileDescriptor.out));
            open.put(Log.STANDARD_ERROR, standard(FileDescriptor.err));
        }

        private static Shared standard(FileDescriptor descriptor) {
            return new Shared(new FileOutputStream(descriptor).getChannel(), new AtomicInteger(1));
        }

        private int add(Shared file) {
            int number = next.getAndIncrement();
            open.put(number, file);
            return number;
        }

        @Override
        public int open(Path file, int mode) {
            try {
                FileChannel channel =
                        FileChannel.open(
                                file,
                                Set.of(StandardOpenOption.APPEND, StandardOpenOption.CREATE),
                                attributes(file, mode));
                return add(new Shared(channel, new AtomicInteger(1)));
            } catch (AccessDeniedException _) {
                return -Errno.EACCES;
            } catch (NoSuchFileException _) {
                return -Errno.ENOENT;
            } catch (IOException _) {
                return -Errno.EIO;
            }
        }

        private static FileAttribute<?>[] attributes(Path file, int mode) {
            if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                return new FileAttribute<?>[0];
            }
            Set<PosixFilePermission> permissions =
                    PosixFilePermissions.fromString((mode & 040) != 0 ? "rw-r-----" : "rw-------");
            return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)};
        }

        @Override
        public int duplicate(int fd) {
            Shared file = open.get(fd);
            if (file == null) {
                return -Errno.EBADF;
            }
            file.users().incrementAndGet();
            return add(file);
        }

        @Override
        public boolean isRegular(int fd) {
            return fd >= FIRST;
        }

        @Override
        public long write(int fd, ByteBuffer bytes, int from, int length) {
            Shared file = open.get(fd);
            if (file == null) {
                return -Errno.EBADF;
            }
            try {
                return file.channel().write(bytes.slice(from, length));
            } catch (IOException _) {
                return -Errno.EIO;
            }
        }

        /** None takes nothing: the JDK's writes wait. */
        @Override
        public void awaitWritable(int fd, int millis) {}

        /** The JDK cannot. */
        @Override
        public void becomeStandardError(int fd) {}

        @Override
        public void close(int fd) {
            Shared file = open.remove(fd);
            if (file != null && file.users().decrementAndGet() == 0) {
                try {
                    file.channel().close();
                } catch (IOException _) {
                    // It is closed all the same, and each line was written by itself.
                }
            }
        }
    }
}
