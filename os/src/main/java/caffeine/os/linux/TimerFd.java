package caffeine.os.linux;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.ThreadMemory;

import java.lang.foreign.MemorySegment;

/** A timer that a poller can watch, readable once it has expired (man 2 timerfd_create). */
public final class TimerFd {
    private static final int CLOCK_MONOTONIC = 1;
    private static final int TFD_NONBLOCK = 0x800;
    private static final int TFD_CLOEXEC = 0x80000;

    private static final long NS_PER_S = 1_000_000_000;

    private static final MemorySegment TIMERFD_CREATE = Native.function("timerfd_create");
    private static final MemorySegment TIMERFD_SETTIME = Native.function("timerfd_settime");

    private TimerFd() {}

    /**
     * Makes a timer of the monotonic clock that is not running, does not block and closes on exec.
     *
     * @return a descriptor; {@code -EMFILE}, {@code -ENFILE}, {@code -ENOMEM}
     */
    public static int create() {
        return Native.callInt(TIMERFD_CREATE, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    }

    /**
     * Restarts the timer, or stops it.
     *
     * <pre>{@code
     * struct itimerspec { struct timespec it_interval; struct timespec it_value; };
     * }</pre>
     *
     * @param firstNs until it first expires; 0 stops it
     * @param intervalNs between later ones; 0 for none
     * @return 0; {@code -EINVAL} for a negative time
     */
    public static int set(int fd, long firstNs, long intervalNs) {
        Memory scratch = ThreadMemory.scratch();
        scratch.putLong(0, intervalNs / NS_PER_S);
        scratch.putLong(8, intervalNs % NS_PER_S);
        scratch.putLong(16, firstNs / NS_PER_S);
        scratch.putLong(24, firstNs % NS_PER_S);
        return Native.callInt(TIMERFD_SETTIME, fd, 0, scratch.address(), 0);
    }

    /**
     * How often it has expired since the last drain or set.
     *
     * @return at least 1; {@code -EAGAIN} if it has not
     */
    public static long drain(int fd) {
        return Counter.read(fd);
    }
}
