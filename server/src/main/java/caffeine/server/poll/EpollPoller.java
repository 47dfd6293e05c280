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

    /**
     * Separates a wakeup from closing and renewing: the number of a closed descriptor may be
     * reused.
     */
    private final Object lock = new Object();

    private Epoll epoll;
    private int wakeupFd;
    private EventFd.Bell bell;
    private @Nullable Source[] sources = new Source[64];
    private int generations;
    private int ready;
    private boolean closed;

    private EpollPoller(Epoll epoll) {
        this.epoll = epoll;
        this.wakeupFd = addWakeup(epoll);
        this.bell = new EventFd.Bell(wakeupFd);
    }

    /**
     * Makes a poller that watches nothing yet.
     *
     * @throws IllegalStateException when the kernel has no descriptor left, with its reason
     */
    public static EpollPoller open() {
        return new EpollPoller(Epoll.create(EVENTS_PER_POLL));
    }

    private static int addWakeup(Epoll epoll) {
        int wakeupFd = EventFd.create(0, Descriptors.O_NONBLOCK);
        if (wakeupFd < 0) {
            epoll.close();
            throw new IllegalStateException(failed("eventfd", wakeupFd));
        }
        int added = epoll.add(wakeupFd, Epoll.EPOLLIN, wakeupFd);
        if (added < 0) {
            epoll.close();
            Descriptors.close(wakeupFd);
            throw new IllegalStateException(failed("epoll_ctl", added));
        }
        return wakeupFd;
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
            throw new IllegalStateException(failed("epoll_ctl", result));
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
     * epoll(7) ends a registration when the last descriptor of the open file is closed. A child
     * that another thread is starting may hold a copy until its exec: an event from it is dropped
     * like every stale one.
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
        if (closed) {
            throw new IllegalStateException("the poller is closed");
        }
        int count = epoll.await(timeoutNs);
        if (count < 0 && count != -Errno.EINTR) {
            throw new IllegalStateException(failed("epoll_wait", count));
        }
        ready = Math.max(count, 0);
        return ready;
    }

    @Override
    public int dispatch(long nowNs) {
        int told = 0;
        Throwable first = null;
        for (int i = 0; i < ready; i++) {
            long data = epoll.data(i);
            int fd = (int) data;
            if (fd == wakeupFd) {
                EventFd.drain(wakeupFd);
                continue;
            }
            Source source = sources[fd];
            if (source != null && source.generation == (int) (data >>> 32)) {
                Throwable unhandled = source.deliver(readiness(i), nowNs, this);
                first = first == null ? unhandled : first;
                told++;
            }
        }
        ready = 0;
        if (first != null) {
            throw Source.unchecked(first);
        }
        return told;
    }

    private int readiness(int event) {
        return fromEpoll(epoll.events(event));
    }

    /** The old descriptors are closed first: there may be no free ones. */
    @Override
    public void renew() {
        ready = 0;
        synchronized (lock) {
            close();
            epoll = Epoll.create(EVENTS_PER_POLL);
            wakeupFd = addWakeup(epoll);
            bell = new EventFd.Bell(wakeupFd);
            closed = false;
        }
        Throwable first = null;
        for (Source source : sources.clone()) {
            if (source != null && source.interest >= 0) {
                int interest = source.interest;
                forget(source);
                int result = add(source, interest);
                if (result < 0) {
                    Throwable lost = new IllegalStateException(failed("epoll_ctl", result));
                    Throwable unhandled = source.deliverMistake(lost, this);
                    first = first == null ? unhandled : first;
                }
            }
        }
        if (first != null) {
            throw Source.unchecked(first);
        }
    }

    private static String failed(String call, int result) {
        return call + ": " + Errno.describe(-result);
    }

    /** Not while it is closed: the number of the descriptor may be reused. */
    @Override
    public void wakeup() {
        synchronized (lock) {
            if (!closed) {
                bell.ring();
            }
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
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

    static int toEpoll(int interest) {
        return ((interest & Source.READ) != 0 ? Epoll.EPOLLIN : 0)
                | ((interest & Source.WRITE) != 0 ? Epoll.EPOLLOUT : 0);
    }

    /**
     * EPOLLHUP on a pipe means that its writers are gone, but bytes may still lie in it, and a read
     * returns the error of a socket: so a hang-up is readable too.
     */
    static int fromEpoll(int events) {
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
