package caffeine.os;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.ThreadMemory;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * Calls for descriptors of any kind: read, write, close, flags, pipes.
 *
 * <p>Every call returns {@code >= 0} or {@code -errno}; any may answer {@code -EBADF} (no such
 * descriptor) and, off Linux, {@code -ENOSYS}. Every descriptor made here closes on exec.
 */
public final class Descriptors {
    public static final int SEEK_SET = 0;
    public static final int SEEK_CUR = 1;
    public static final int SEEK_END = 2;

    public static final int O_NONBLOCK = 0x800;
    public static final int FD_CLOEXEC = 1;

    public static final int POLLIN = 0x1;
    public static final int POLLOUT = 0x4;
    public static final int POLLHUP = 0x10;
    public static final int POLLNVAL = 0x20;

    private static final int O_CLOEXEC = 0x80000;

    private static final int F_GETFD = 1;
    private static final int F_SETFD = 2;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int FIONREAD = 0x541b;
    private static final int TIOCOUTQ = 0x5411;

    private static final MemorySegment CLOSE = Native.function("close");
    private static final MemorySegment CLOSE_RANGE = Native.function("close_range");
    private static final MemorySegment READ = Native.function("read");
    private static final MemorySegment WRITE = Native.function("write");
    private static final MemorySegment PREAD = Native.function("pread");
    private static final MemorySegment PWRITE = Native.function("pwrite");
    private static final MemorySegment PIPE2 = Native.function("pipe2");
    private static final MemorySegment DUP3 = Native.function("dup3");
    private static final MemorySegment FCNTL = Native.function("fcntl");
    private static final MemorySegment IOCTL = Native.function("ioctl");
    private static final MemorySegment LSEEK = Native.function("lseek");
    private static final MemorySegment FTRUNCATE = Native.function("ftruncate");
    private static final MemorySegment POLL = Native.function("poll");

    private Descriptors() {}

    /**
     * Closes a descriptor (man 2 close). It is free after any answer but {@code -EBADF}, {@code
     * -EINTR} and {@code -EIO} included: never close again.
     *
     * @return 0, or {@code -errno} of an earlier write that failed late
     */
    public static int close(int fd) {
        return Native.callInt(CLOSE, fd);
    }

    /**
     * Closes the first {@code count} descriptors of an array, with one call where their numbers
     * follow one another (man 2 close_range): the kernel gives out the lowest number that is free,
     * so those of clients that were accepted together mostly do.
     */
    public static void close(int[] fds, int count) {
        boolean consecutive = count > 1;
        for (int i = 1; i < count && consecutive; i++) {
            consecutive = fds[i] == fds[i - 1] + 1;
        }
        if (consecutive && Native.callInt(CLOSE_RANGE, fds[0], fds[count - 1], 0) == 0) {
            return;
        }
        for (int i = 0; i < count; i++) {
            close(fds[i]);
        }
    }

    /**
     * Reads at the descriptor's position (man 2 read).
     *
     * @return how many bytes; 0 at the end of a file, a pipe without a writer, a socket; {@code
     *     -EAGAIN} when nothing is there yet, {@code -EIO}, {@code -EINTR}, {@code -EISDIR}
     */
    public static long read(int fd, MemorySegment buffer, long offset, long length) {
        long address = Memory.address(buffer, offset, length);
        try {
            return Native.call(READ, fd, address, length);
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    /**
     * Writes at the descriptor's position (man 2 write). On a pipe or socket without a reader it
     * raises SIGPIPE too, which the JVM ignores.
     *
     * @return how many bytes, perhaps fewer than asked; {@code -EAGAIN} when a pipe is full, {@code
     *     -EPIPE} without a reader, {@code -ENOSPC} and {@code -EDQUOT} when the disk or the quota
     *     is full, {@code -EFBIG}, {@code -EIO}, {@code -EINTR}
     */
    public static long write(int fd, MemorySegment buffer, long offset, long length) {
        long address = Memory.address(buffer, offset, length);
        try {
            return Native.call(WRITE, fd, address, length);
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    /**
     * Reads at {@code position} of a file and leaves the descriptor's own alone (man 2 pread).
     *
     * @return as {@link #read}; {@code -ESPIPE} for a pipe or socket
     */
    public static long pread(
            int fd, MemorySegment buffer, long offset, long length, long position) {
        long address = Memory.address(buffer, offset, length);
        try {
            return Native.call(PREAD, fd, address, length, position);
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    /**
     * Writes at {@code position} of a file and leaves the descriptor's own alone (man 2 pwrite).
     *
     * @return as {@link #write}; {@code -ESPIPE} for a pipe or socket
     */
    public static long pwrite(
            int fd, MemorySegment buffer, long offset, long length, long position) {
        long address = Memory.address(buffer, offset, length);
        try {
            return Native.call(PWRITE, fd, address, length, position);
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    /**
     * Makes a pipe (man 2 pipe2).
     *
     * @param fds receives the end to read, then the end to write
     * @param flags {@link #O_NONBLOCK} for both ends, or 0
     * @return 0; {@code -EMFILE}, {@code -ENFILE}
     */
    public static int pipe2(int[] fds, int flags) {
        Memory scratch = ThreadMemory.scratch();
        int result = Native.callInt(PIPE2, scratch.address(), flags | O_CLOEXEC);
        if (result >= 0) {
            fds[0] = scratch.getInt(0);
            fds[1] = scratch.getInt(4);
        }
        return result;
    }

    /**
     * Duplicates a descriptor to the lowest free number from {@code lowest} on (man 2 fcntl,
     * F_DUPFD_CLOEXEC). The two share position and O_NONBLOCK.
     *
     * @return the new descriptor; {@code -EMFILE}
     */
    public static int dup(int fd, int lowest) {
        return Native.callInt(FCNTL, fd, F_DUPFD_CLOEXEC, lowest);
    }

    /**
     * Duplicates a descriptor to a number of the caller's choice, closing what was there (man 2
     * dup3). The new one closes on exec unless it is 0, 1 or 2, which are meant to be inherited.
     *
     * @return {@code newFd}; {@code -EINVAL} if both are the same, {@code -EBADF} above the limit
     */
    public static int dup3(int fd, int newFd) {
        return Native.callInt(DUP3, fd, newFd, newFd <= 2 ? 0 : O_CLOEXEC);
    }

    /** The status flags that all duplicates share, {@link #O_NONBLOCK} (man 2 fcntl, F_GETFL). */
    public static int getFlags(int fd) {
        return Native.callInt(FCNTL, fd, F_GETFL);
    }

    /** Sets the status flags (man 2 fcntl, F_SETFL). */
    public static int setFlags(int fd, int flags) {
        return Native.callInt(FCNTL, fd, F_SETFL, flags);
    }

    /**
     * Sets or clears O_NONBLOCK, which all duplicates share, those of other processes too.
     *
     * @return 0, or {@code -errno}
     */
    public static int setNonBlocking(int fd, boolean nonBlocking) {
        int flags = getFlags(fd);
        if (flags < 0) {
            return flags;
        }
        int wanted = nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
        return wanted == flags ? 0 : setFlags(fd, wanted);
    }

    /** Whether the descriptor closes on exec: {@link #FD_CLOEXEC} or 0 (man 2 fcntl, F_GETFD). */
    public static int getDescriptorFlags(int fd) {
        return Native.callInt(FCNTL, fd, F_GETFD);
    }

    /** Makes one descriptor close on exec, or stay open (man 2 fcntl, F_SETFD). */
    public static int setCloseOnExec(int fd, boolean closeOnExec) {
        return Native.callInt(FCNTL, fd, F_SETFD, closeOnExec ? FD_CLOEXEC : 0);
    }

    /**
     * How many bytes a read would find in a pipe or socket (man 2 ioctl, FIONREAD).
     *
     * @return the number; {@code -ENOTTY} when the kind of file cannot tell, {@code -EINVAL} for a
     *     listener
     */
    public static int available(int fd) {
        Memory scratch = ThreadMemory.scratch();
        int result = Native.callInt(IOCTL, fd, FIONREAD, scratch.address());
        return result < 0 ? result : scratch.getInt(0);
    }

    /**
     * How many bytes written to a TCP socket the other end has not acknowledged (man 2 ioctl,
     * TIOCOUTQ; man 7 tcp calls it SIOCOUTQ).
     *
     * @return the number; {@code -ENOTTY} or {@code -EINVAL} when the kind of file cannot tell
     */
    public static int unacknowledged(int fd) {
        Memory scratch = ThreadMemory.scratch();
        int result = Native.callInt(IOCTL, fd, TIOCOUTQ, scratch.address());
        return result < 0 ? result : scratch.getInt(0);
    }

    /**
     * Moves a file's position (man 2 lseek).
     *
     * @param whence {@link #SEEK_SET}, {@link #SEEK_CUR} or {@link #SEEK_END}
     * @return the new position; {@code -ESPIPE} for a pipe or socket, {@code -EINVAL} before 0
     */
    public static long lseek(int fd, long offset, int whence) {
        return Native.call(LSEEK, fd, offset, whence);
    }

    /**
     * Sets a file's length (man 2 ftruncate).
     *
     * @return 0; {@code -EINVAL} if it is no file or not open for writing, {@code -EFBIG}, {@code
     *     -EPERM} for a sealed memfd
     */
    public static int ftruncate(int fd, long length) {
        return Native.callInt(FTRUNCATE, fd, length);
    }

    /**
     * Waits for one descriptor (man 2 poll).
     *
     * <pre>{@code
     * struct pollfd { int fd; short events; short revents; };
     * }</pre>
     *
     * @param events {@link #POLLIN}, {@link #POLLOUT}; error and hang-up are always reported
     * @param timeoutMs 0 returns at once, −1 waits for ever
     * @return what happened, 0 if nothing did in time; {@code -EINTR}
     */
    public static int poll(int fd, int events, int timeoutMs) {
        Memory scratch = ThreadMemory.scratch();
        scratch.putInt(0, fd);
        scratch.putShort(4, events);
        scratch.putShort(6, 0);
        int result = Native.callInt(POLL, scratch.address(), 1, timeoutMs);
        return result <= 0 ? result : scratch.getShort(6) & 0xffff;
    }
}
