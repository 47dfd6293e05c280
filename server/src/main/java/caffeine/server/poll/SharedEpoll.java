package caffeine.server.poll;

import caffeine.os.Errno;
import caffeine.os.linux.Epoll;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * One epoll(7) set for the sources of many lanes. An event ends the watching of its source in one
 * of two ways, and the lane has it watched again after the work:
 *
 * <ul>
 *   <li>{@link #oneShot}: the kernel disarms it (EPOLLONESHOT), so that many threads can wait.
 *   <li>{@link #deleting}: the one thread that waits removes it from the set (EPOLL_CTL_DEL) before
 *       another thread gets it.
 * </ul>
 *
 * <p>Event data carries generation and descriptor, as in {@link EpollPoller}.
 */
public final class SharedEpoll implements LanePoller.Kernel, AutoCloseable {

    /** The source of an event is in this lane. */
    @FunctionalInterface
    public interface Entrance {
        /** Enters the lane with an event, or leaves it there. */
        void enter(LanePoller lane, Source source, int generation, int readiness);
    }

    /** Threads that read a source once more before it is added again. */
    @FunctionalInterface
    public interface Readers {
        /**
         * Has {@link #deliverAgain} called soon with this event data, by a thread that may drive
         * lanes. On any thread.
         *
         * @return false when nothing was done: the source is to be added again
         */
        boolean readAgain(long data);
    }

    private static final int FIRST_SIZE = 1024;

    private final Epoll epoll;
    private final boolean deletes;

    /** Besides the interest. */
    private final int flags;

    private volatile Readers readers = _ -> false;

    private final AtomicInteger generations = new AtomicInteger();

    /** Guards growing and changing. */
    private final Object lock = new Object();

    /** By descriptor. */
    private volatile AtomicReferenceArray<@Nullable Source> sources =
            new AtomicReferenceArray<>(FIRST_SIZE);

    private SharedEpoll(int mostEvents, boolean deletes) {
        this.epoll = Epoll.create(mostEvents);
        this.deletes = deletes;
        this.flags = deletes ? 0 : Epoll.EPOLLONESHOT;
    }

    /**
     * Makes a set that watches nothing yet, for many threads that wait.
     *
     * @param mostEvents of one wait
     * @throws IllegalStateException when the kernel has no descriptor left, with its reason
     */
    public static SharedEpoll oneShot(int mostEvents) {
        return new SharedEpoll(mostEvents, false);
    }

    /** The same for one thread that waits, and removes each source before it hands it over. */
    public static SharedEpoll deleting(int mostEvents) {
        return new SharedEpoll(mostEvents, true);
    }

    /** Sets the check whether a source of bytes may be read once more, after a read found some. */
    public void readAgainBy(Readers newReaders) {
        readers = newReaders;
    }

    // ---- the kernel's side of lanes

    @Override
    public int watch(Source source, int interest) {
        int fd = source.descriptor;
        source.generation = newGeneration();
        put(fd, source);
        int result = epoll.add(fd, EpollPoller.toEpoll(interest) | flags, data(source));
        if (result < 0) {
            put(fd, null);
        }
        return result;
    }

    /** Not 0, which is for descriptors of {@link #watchForAll}. */
    private int newGeneration() {
        int next = generations.incrementAndGet();
        return next != 0 ? next : generations.incrementAndGet();
    }

    private void put(int fd, @Nullable Source source) {
        synchronized (lock) {
            AtomicReferenceArray<@Nullable Source> known = sources;
            if (fd >= known.length()) {
                AtomicReferenceArray<@Nullable Source> larger =
                        new AtomicReferenceArray<>(Math.max(fd + 1, 2 * known.length()));
                for (int i = 0; i < known.length(); i++) {
                    larger.set(i, known.get(i));
                }
                known = larger;
                sources = larger;
            }
            known.set(fd, source);
        }
    }

    /** A source that is not in the set, although its lane has no event yet: that is on its way. */
    @Override
    public int rearm(Source source, int interest) {
        int events = EpollPoller.toEpoll(interest) | flags;
        if (deletes && source.armed == LanePoller.DISARMED) {
            if (interest == Source.READ && mayHaveMore(source) && readers.readAgain(data(source))) {
                return 0; // an event is on its way
            }
            int added = epoll.add(source.descriptor, events, data(source));
            if (added != -Errno.EEXIST) {
                return added;
            } // else it could not be removed
        }
        int result = epoll.modify(source.descriptor, events, data(source));
        return deletes && result == -Errno.ENOENT ? 0 : result;
    }

    private static boolean mayHaveMore(Source source) {
        return source.input() == Source.Input.BYTES && !source.drained;
    }

    /** Before the descriptor is closed: then its number may be another source's at once. */
    @Override
    public void unwatch(Source source, boolean closes) {
        synchronized (source) { // not while the thread that waits removes it
            put(source.descriptor, null);
        }
        if (!closes) {
            epoll.remove(source.descriptor);
        }
    }

    private static long data(Source source) {
        return (long) source.generation << 32 | source.descriptor;
    }

    // ---- threads that wait

    /**
     * Watches a descriptor of the pool itself, level-triggered: each event of it reaches any of the
     * threads, and it stays ready for the others until it is read.
     *
     * @throws IllegalStateException when the kernel cannot watch it, with the reason
     */
    public void watchForAll(int fd) {
        int added = epoll.add(fd, Epoll.EPOLLIN, fd);
        if (added < 0) {
            throw new IllegalStateException("epoll_ctl: " + Errno.describe(-added));
        }
    }

    /** For one thread that waits. */
    public Waiter waiter() {
        return new Waiter(epoll.share());
    }

    /** One thread's waits. On this thread only. */
    public static final class Waiter {
        private final Epoll events;

        private Waiter(Epoll events) {
            this.events = events;
        }

        /**
         * Waits for events.
         *
         * @param timeoutNs below 0 waits without end
         * @param most events
         * @return how many there are; 0 after a signal
         * @throws IllegalStateException when the set has failed, with the reason
         */
        public int await(long timeoutNs, int most) {
            int count = events.await(timeoutNs, most);
            if (count < 0 && count != -Errno.EINTR) {
                throw new IllegalStateException("epoll_wait: " + Errno.describe(-count));
            }
            return Math.max(0, count);
        }

        /** The event data of one event, which may be given to another thread. */
        public long data(int event) {
            return events.data(event);
        }

        /** Its readiness. */
        public int readiness(int event) {
            return EpollPoller.fromEpoll(events.events(event));
        }
    }

    /** The descriptor of {@link #watchForAll} of an event, or -1 when it is a source's. */
    public static int common(long data) {
        return data >>> 32 == 0 ? (int) data : -1;
    }

    /** Delivers an event, unless its registration has ended. */
    public void deliver(long data, int readiness, Entrance entrance) {
        Source source = source(data);
        LanePoller lane = source == null ? null : source.home;
        int generation = (int) (data >>> 32);
        if (source != null && lane != null && (!deletes || remove(source, generation))) {
            entrance.enter(lane, source, generation, readiness);
        }
    }

    /** Delivers a source to {@link Readers}; its lane sees when its registration has ended. */
    public void deliverAgain(long data, Entrance entrance) {
        Source source = source(data);
        LanePoller lane = source == null ? null : source.home;
        if (source != null && lane != null) {
            entrance.enter(lane, source, (int) (data >>> 32), Source.READ);
        }
    }

    private @Nullable Source source(long data) {
        int fd = (int) data;
        AtomicReferenceArray<@Nullable Source> known = sources;
        return fd < known.length() ? known.get(fd) : null;
    }

    /**
     * Removes a source from the set, unless its registration has ended: then its number may be that
     * of another source, which must stay. One that the kernel does not remove is handed over all
     * the same: its lane has one thread, whatever comes twice.
     */
    private boolean remove(Source source, int generation) {
        int fd = source.descriptor;
        synchronized (source) {
            boolean watched = source.equals(sources.get(fd)) && source.generation == generation;
            if (watched) {
                int _ = epoll.remove(fd);
            }
            return watched;
        }
    }

    /** The watched descriptors stay open. */
    @Override
    public void close() {
        epoll.close();
    }
}
