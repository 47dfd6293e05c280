package caffeine.os.linux;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ErrnoException;
import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.ThreadMemory;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * An epoll set and the events of its last wait (man 7 epoll): binding only, no policy.
 *
 * <p>{@link #add}, {@link #modify} and {@link #remove} may be called by any thread at any time. The
 * events belong to one waiting thread; further threads that wait on the same set each have a {@link
 * #share} of it.
 */
public final class Epoll implements AutoCloseable {
    public static final int EPOLLIN = 0x1;
    public static final int EPOLLOUT = 0x4;
    public static final int EPOLLERR = 0x8;
    public static final int EPOLLHUP = 0x10;
    public static final int EPOLLRDHUP = 0x2000;
    public static final int EPOLLONESHOT = 1 << 30;
    public static final int EPOLLET = 1 << 31;

    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLL_CTL_MOD = 3;

    /** By number, the same on every processor: glibc has a function for it only since 2.35. */
    private static final int SYS_EPOLL_PWAIT2 = 441;

    private static final int KERNEL_SIGNAL_SET_BYTES = 8;

    private static final long NS_PER_MS = 1_000_000;
    private static final long NS_PER_S = 1_000_000_000;

    /** So long a wait needs no nanoseconds, which cost the kernel a little. */
    private static final long LONG_NS = 100 * NS_PER_MS;

    private static final MemorySegment EPOLL_CREATE1 = Native.function("epoll_create1");
    private static final MemorySegment EPOLL_CTL = Native.function("epoll_ctl");
    private static final MemorySegment EPOLL_WAIT = Native.function("epoll_wait");
    private static final MemorySegment SYSCALL = Native.function("syscall");

    // The layout of the memory: a timespec, then the events.
    private static final int TIMEOUT = 0;
    private static final int ARRAY = 16;

    /** Whether the kernel (Linux 5.11) knows epoll_pwait2; found out by the first use. */
    private static volatile boolean nanoseconds = true;

    private final int fd;
    private final boolean owner;
    private final int maxEvents;
    private final Memory memory;
    private boolean open = true;

    private Epoll(int fd, boolean owner, int maxEvents) {
        this.fd = fd;
        this.owner = owner;
        this.maxEvents = maxEvents;
        this.memory = Memory.allocate(ARRAY + maxEvents * EpollEvent.BYTES);
    }

    /**
     * Makes an empty set.
     *
     * @param maxEvents how many events one wait returns at most
     * @throws ErrnoException with EMFILE, ENFILE or ENOMEM; ENOSYS off Linux
     */
    public static Epoll create(int maxEvents) {
        if (maxEvents < 1) {
            throw new IllegalArgumentException("maxEvents");
        }
        int fd = Native.callInt(EPOLL_CREATE1, EPOLL_CLOEXEC);
        return new Epoll(ErrnoException.check("epoll_create1", fd), true, maxEvents);
    }

    /**
     * The same set with room for the events of another thread's waits. Closing it leaves the set
     * open.
     */
    public Epoll share() {
        return new Epoll(fd, false, maxEvents);
    }

    /**
     * Watches a descriptor.
     *
     * @param events {@link #EPOLLIN} and the like; EPOLLERR and EPOLLHUP are always reported
     * @param data comes back with each event
     * @return 0; {@code -EEXIST} if it is watched already, {@code -EPERM} for a regular file or a
     *     folder, {@code -EBADF}, {@code -ENOSPC} above /proc/sys/fs/epoll/max_user_watches, {@code
     *     -ENOMEM}, {@code -EINVAL} for EPOLLEXCLUSIVE with flags that it forbids
     */
    public int add(int fd, int events, long data) {
        return control(EPOLL_CTL_ADD, fd, events, data);
    }

    /**
     * Changes what is watched, which also re-arms EPOLLONESHOT.
     *
     * @return 0; {@code -ENOENT} if it is not watched, {@code -EBADF}, {@code -ENOMEM}
     */
    public int modify(int fd, int events, long data) {
        return control(EPOLL_CTL_MOD, fd, events, data);
    }

    /**
     * Stops watching. Closing a descriptor does the same only when no duplicate, in whatever
     * process, is left; and only an open descriptor can be removed.
     *
     * @return 0; {@code -ENOENT} if it is not watched, {@code -EBADF}
     */
    public int remove(int fd) {
        return Native.callInt(EPOLL_CTL, this.fd, EPOLL_CTL_DEL, fd, 0);
    }

    private int control(int operation, int fd, int events, long data) {
        Memory event = ThreadMemory.scratch();
        event.putInt(EpollEvent.EVENTS, events);
        event.putLong(EpollEvent.DATA, data);
        return Native.callInt(EPOLL_CTL, this.fd, operation, fd, event.address());
    }

    /**
     * Waits for events; {@link #events} and {@link #data} then return them.
     *
     * @param timeoutNs how long at most; 0 returns at once, below 0 waits for ever. From 100 ms on,
     *     and by kernels before Linux 5.11 always, whole milliseconds are counted, and one more is
     *     asked for.
     * @return how many events, 0 if none came in time; {@code -EINTR} when a signal was handled
     */
    public int await(long timeoutNs) {
        return await(timeoutNs, maxEvents);
    }

    /** The same, for fewer events: at most {@code most} of {@link #maxEvents}. */
    public int await(long timeoutNs, int most) {
        try {
            if (timeoutNs > 0 && timeoutNs < LONG_NS && timeoutNs % NS_PER_MS != 0 && nanoseconds) {
                int result = awaitNanoseconds(timeoutNs, most);
                if (result != -Errno.ENOSYS) {
                    return result;
                }
                nanoseconds = false;
            }
            return awaitMilliseconds(timeoutNs, most);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     *
     *
     * <pre>{@code
     * struct timespec { time_t tv_sec; long tv_nsec; };
     * }</pre>
     */
    private int awaitNanoseconds(long timeoutNs, int most) {
        memory.putLong(TIMEOUT, timeoutNs / NS_PER_S);
        memory.putLong(TIMEOUT + 8, timeoutNs % NS_PER_S);
        return Native.callInt(
                SYSCALL,
                SYS_EPOLL_PWAIT2,
                fd,
                memory.address(ARRAY),
                Math.min(most, maxEvents),
                memory.address(TIMEOUT),
                0,
                KERNEL_SIGNAL_SET_BYTES);
    }

    private int awaitMilliseconds(long timeoutNs, int most) {
        long ms = -1;
        if (timeoutNs >= 0) {
            ms = timeoutNs / NS_PER_MS + (timeoutNs % NS_PER_MS == 0 ? 0 : 1);
        }
        return Native.callInt(
                EPOLL_WAIT,
                fd,
                memory.address(ARRAY),
                Math.min(most, maxEvents),
                Math.min(ms, Integer.MAX_VALUE));
    }

    /** The flags of event {@code i} of the last wait: {@link #EPOLLIN} and the like. */
    public int events(int i) {
        return memory.getInt(ARRAY + i * EpollEvent.BYTES + EpollEvent.EVENTS);
    }

    /** The data that event {@code i} of the last wait was added with. */
    public long data(int i) {
        return memory.getLong(ARRAY + i * EpollEvent.BYTES + EpollEvent.DATA);
    }

    /** The set's descriptor, itself readable while events are pending. */
    public int fd() {
        return fd;
    }

    /** How many events one wait returns at most. */
    public int maxEvents() {
        return maxEvents;
    }

    /** Closes the set, unless this is a {@link #share} of it. The watched descriptors stay open. */
    @Override
    public void close() {
        if (owner && open) {
            open = false;
            Descriptors.close(fd);
        }
    }
}
