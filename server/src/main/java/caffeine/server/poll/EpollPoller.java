package caffeine.server.poll;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.linux.Epoll;
import caffeine.os.linux.EventFd;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/**
 * {@link Poller} over epoll(7), for raw descriptors.
 *
 * <p>Event data carries the registration's generation and the descriptor: the kernel hands a closed
 * descriptor's number out again at once, so an event of this batch may belong to a registration
 * that an earlier callback ended.
 */
public final class EpollPoller implements Poller {

    private static final int EVENTS_PER_POLL = 256;

    private final Epoll epoll;
    private final int wakeupFd;
    private final EventFd.Bell bell;
    private @Nullable Source[] sources = new Source[64];
    private int generations;
    private int ready;
    private boolean closed;

    private EpollPoller(Epoll epoll, int wakeupFd) {
        this.epoll = epoll;
        this.wakeupFd = wakeupFd;
        this.bell = new EventFd.Bell(wakeupFd);
    }

    /**
     * Makes a poller that watches nothing yet.
     *
     * @throws IllegalStateException when the kernel has no descriptor left, with its reason
     */
    public static EpollPoller open() {
        Epoll epoll = Epoll.create(EVENTS_PER_POLL);
        int wakeupFd = EventFd.create(0, Descriptors.O_NONBLOCK);
        if (wakeupFd < 0) {
            epoll.close();
            throw new IllegalStateException("eventfd: " + Errno.describe(-wakeupFd));
        }
        int added = epoll.add(wakeupFd, Epoll.EPOLLIN, wakeupFd);
        if (added < 0) {
            epoll.close();
            Descriptors.close(wakeupFd);
            throw new IllegalStateException("epoll_ctl: " + Errno.describe(-added));
        }
        return new EpollPoller(epoll, wakeupFd);
    }

    @Override
    public int add(Source source, int interest) {
        if (source.interest >= 0) {
            throw new IllegalStateException("descriptor " + source.descriptor + " twice");
        }
        int fd = source.descriptor;
        int generation = ++generations;
        int result = epoll.add(fd, toEpoll(interest), data(generation, fd));
        if (result < 0) {
            return result;
        }
        if (fd >= sources.length) {
            sources = Arrays.copyOf(sources, Math.max(fd + 1, 2 * sources.length));
        }
        sources[fd] = source;
        source.generation = generation;
        source.interest = interest;
        return 0;
    }

    @Override
    public void modify(Source source, int interest) {
        if (source.interest == interest || source.interest < 0) {
            return;
        }
        int fd = source.descriptor;
        int result = epoll.modify(fd, toEpoll(interest), data(source.generation, fd));
        if (result < 0) {
            throw new IllegalStateException("epoll_ctl: " + Errno.describe(-result));
        }
        source.interest = interest;
    }

    @Override
    public void remove(Source source) {
        if (source.interest >= 0) {
            epoll.remove(source.descriptor);
            forget(source);
        }
    }

    /**
     * epoll(7) ends a registration with the last descriptor of what it is for. A child that another
     * thread is about to start may hold a copy until it has become its program: an event that it
     * brings is dropped like every stale one.
     */
    @Override
    public void forget(Source source) {
        if (source.interest >= 0) {
            sources[source.descriptor] = null;
            source.interest = -1;
        }
    }

    @Override
    public int poll(long timeoutNs) {
        int count = epoll.await(timeoutNs);
        if (count < 0 && count != -Errno.EINTR) {
            throw new IllegalStateException("epoll_wait: " + Errno.describe(-count));
        }
        ready = Math.max(count, 0);
        return ready;
    }

    @Override
    public int dispatch(long nowNs) {
        int told = 0;
        for (int i = 0; i < ready; i++) {
            long data = epoll.data(i);
            int fd = (int) data;
            if (fd == wakeupFd) {
                EventFd.drain(wakeupFd);
                continue;
            }
            Source source = sources[fd];
            if (source != null && source.generation == (int) (data >>> 32)) {
                tell(source, fromEpoll(epoll.events(i)), nowNs);
                told++;
            }
        }
        ready = 0;
        return told;
    }

    private static void tell(Source source, int readiness, long nowNs) {
        try {
            source.ready(readiness, nowNs);
        } catch (RuntimeException e) {
            source.broken(e);
        }
    }

    /** Not while it is closed: the descriptor's number may be another's by then. */
    @Override
    public void wakeup() {
        synchronized (epoll) {
            if (!closed) {
                bell.ring();
            }
        }
    }

    @Override
    public void close() {
        synchronized (epoll) {
            if (!closed) {
                closed = true;
                epoll.close();
                Descriptors.close(wakeupFd);
            }
        }
    }

    private static long data(int generation, int fd) {
        return (long) generation << 32 | fd;
    }

    private static int toEpoll(int interest) {
        return ((interest & Source.READ) != 0 ? Epoll.EPOLLIN : 0)
                | ((interest & Source.WRITE) != 0 ? Epoll.EPOLLOUT : 0);
    }

    /**
     * EPOLLHUP on a pipe means that its writers are gone, but bytes may still lie in it, and a
     * socket's error is told by reading it: so a hang-up is readable too.
     */
    private static int fromEpoll(int events) {
        int readiness = 0;
        if ((events & Epoll.EPOLLIN) != 0) {
            readiness |= Source.READ;
        }
        if ((events & Epoll.EPOLLOUT) != 0) {
            readiness |= Source.WRITE;
        }
        if ((events & (Epoll.EPOLLERR | Epoll.EPOLLHUP)) != 0) {
            readiness |= Source.HANGUP;
        }
        return readiness;
    }
}
