package caffeine.server.script;

import caffeine.os.Descriptors;
import caffeine.os.Errno;

import java.lang.foreign.MemorySegment;

/**
 * A nameless file of a {@link ContentStore}, written and read at explicit positions, so that the
 * descriptor's own stays at 0. It is gone when its last descriptor is closed.
 */
final class SpoolFile implements AutoCloseable {

    private static final int NONE = -1;

    private int fd = NONE;

    boolean isOpen() {
        return fd != NONE;
    }

    /**
     * Takes ownership of a descriptor.
     *
     * @param result the descriptor, or −errno when there is none
     * @return 0 or −errno
     */
    int open(int result) {
        fd = result < 0 ? NONE : result;
        return Math.min(0, result);
    }

    /** Its descriptor; this file keeps ownership. */
    int descriptor() {
        return fd;
    }

    /** Writes all of it; returns 0 or −errno. */
    int write(MemorySegment buffer, long offset, long length, long position) {
        long done = 0;
        while (done < length) {
            long n = Descriptors.pwrite(fd, buffer, offset + done, length - done, position + done);
            if (n > 0) {
                done += n;
            } else if (n != -Errno.EINTR) {
                return n == 0 ? -Errno.EIO : (int) n;
            }
        }
        return 0;
    }

    /** Reads with one call, at least a byte; returns how many, or −errno. */
    int read(MemorySegment buffer, long length, long position) {
        while (true) {
            long n = Descriptors.pread(fd, buffer, 0, length, position);
            if (n != -Errno.EINTR) {
                return n == 0 ? -Errno.EIO : (int) n;
            }
        }
    }

    @Override
    public void close() {
        if (fd != NONE) {
            Descriptors.close(fd);
            fd = NONE;
        }
    }
}
