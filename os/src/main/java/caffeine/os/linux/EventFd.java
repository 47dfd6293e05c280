package caffeine.os.linux;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;

import java.lang.foreign.MemorySegment;

/** A counter that a poller can watch, readable while it is not 0 (man 2 eventfd). */
public final class EventFd {
    /** Nothing blocks: an empty counter answers {@code -EAGAIN}. */
    public static final int EFD_NONBLOCK = 0x800;

    private static final int EFD_CLOEXEC = 0x80000;

    private static final MemorySegment EVENTFD = Native.function("eventfd");

    private EventFd() {}

    /**
     * Makes a counter that closes on exec.
     *
     * @param flags {@link #EFD_NONBLOCK} or 0
     * @return a descriptor; {@code -EMFILE}, {@code -ENFILE}, {@code -ENOMEM}
     */
    public static int create(int initial, int flags) {
        return Native.callInt(EVENTFD, initial, flags | EFD_CLOEXEC);
    }

    /**
     * Adds to the counter.
     *
     * @return 8; {@code -EAGAIN} if it would exceed 2^64 − 2, which leaves it readable as it was
     */
    public static long signal(int fd, long n) {
        return Counter.write(fd, n);
    }

    /**
     * Takes the counter's value and sets it to 0.
     *
     * @return the value; {@code -EAGAIN} if it is 0
     */
    public static long drain(int fd) {
        return Counter.read(fd);
    }

    /**
     * Adds 1 to a counter, again and again, without memory of the calling thread: so any number of
     * virtual threads can signal. Not thread-safe.
     */
    public static final class Bell {
        private final int fd;
        private final Memory one = Memory.allocate(Long.BYTES);
        private final Memory errno = Memory.allocate(Long.BYTES);

        /** A signaller for this eventfd; the caller keeps ownership of it. */
        public Bell(int fd) {
            this.fd = fd;
            one.putLong(0, 1);
        }

        /** As {@link EventFd#signal}. */
        public long ring() {
            return Counter.write(fd, one, errno);
        }
    }
}
