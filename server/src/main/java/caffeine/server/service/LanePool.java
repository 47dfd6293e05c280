package caffeine.server.service;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.linux.EventFd;
import caffeine.os.linux.TimerFd;
import caffeine.server.log.EventLog;
import caffeine.server.loop.Clock;
import caffeine.server.loop.Lane;
import caffeine.server.poll.LanePoller;
import caffeine.server.poll.SharedEpoll;
import caffeine.server.poll.Source;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The threads of one generation, which drive all of its lanes. The sources of the lanes are in one
 * epoll set. In it are also a timer, a descriptor that wakes a {@link PollingThread} for a lane
 * with work, and one that ends these threads.
 *
 * <p>The timer ticks each second. Then one thread sweeps the lanes, the oldest first, and enters
 * those with a timer that is due: a lane in which another thread is has no deadline to miss, since
 * that thread looks. Timers that are due within a second have the timerfd expire earlier.
 *
 * <p>Thread-safe, except for its start and its end.
 */
public abstract class LanePool implements Lane.Host, AutoCloseable {

    private static final long JOIN_MS = 5000;

    final SharedEpoll epoll;
    final int stopFd;
    final int wakeupFd;

    /** Threads that wait for events, or are about to. */
    private final AtomicInteger waiting = new AtomicInteger();

    private final Sweep sweep;
    private final EventFd.Bell bell;
    private final AtomicBoolean rung = new AtomicBoolean();
    private final ConcurrentLinkedQueue<Lane> scheduled = new ConcurrentLinkedQueue<>();
    private final List<LaneGroup> groups = new CopyOnWriteArrayList<>();

    /** See {@link #acceptsApart}. */
    private volatile @Nullable LaneGroup acceptor;

    private final AtomicInteger turn = new AtomicInteger();
    private final AtomicInteger running = new AtomicInteger();
    private final boolean apart;
    private Consumer<Throwable> failed = _ -> {};
    private @Nullable EventLog events;
    private boolean released;

    /**
     * @param epoll takes ownership
     * @param apart whether each connection has a lane of its own
     * @throws IllegalStateException without descriptors, with the reason
     */
    protected LanePool(SharedEpoll epoll, boolean apart) {
        this.apart = apart;
        this.epoll = epoll;
        List<Integer> opened = new ArrayList<>();
        try {
            this.stopFd = open("eventfd", EventFd.create(0, EventFd.EFD_NONBLOCK), opened);
            this.wakeupFd = open("eventfd", EventFd.create(0, EventFd.EFD_NONBLOCK), opened);
            this.sweep = new Sweep(open("timerfd", TimerFd.create(), opened));
            opened.forEach(epoll::watchForAll);
        } catch (Throwable e) {
            epoll.close();
            opened.forEach(Descriptors::close);
            throw e;
        }
        this.bell = new EventFd.Bell(wakeupFd);
    }

    private static int open(String call, int fd, List<Integer> opened) {
        if (fd < 0) {
            throw new IllegalStateException(call + ": " + Errno.describe(-fd));
        }
        opened.add(fd);
        return fd;
    }

    /** All of them, in the order in which they end. */
    protected abstract List<? extends PoolThread> threads();

    // ---- groups of clients

    /** A group of this pool, not started. */
    LaneGroup group(ServingThread.Setup setup) {
        LaneGroup made = new LaneGroup(setup, this, apart);
        events = setup.logs().events();
        if (acceptsApart() && acceptor == null) {
            acceptor = made;
        } else {
            groups.add(made);
        }
        return made;
    }

    /** A group has ended; it gets no more clients. */
    final void closed(LaneGroup group) {
        groups.remove(group);
        if (group.equals(acceptor)) {
            acceptor = null;
        }
    }

    /**
     * Whether the group that accepts gets no clients when there are others. Then it accepts all
     * that wait in a turn, because each event costs two more system calls.
     */
    protected boolean acceptsApart() {
        return false;
    }

    /** Whether a lane is that of the group that accepts apart. On any thread. */
    protected final boolean isAcceptor(Lane lane) {
        LaneGroup group = acceptor;
        return group != null && group.isDrivenBy(lane);
    }

    /**
     * The group that gets the next client: the one with the fewest; among equals they take turns.
     * Null: the one that has accepted it.
     */
    final @Nullable LaneGroup next() {
        LaneGroup emptiest = null;
        int first = turn.incrementAndGet();
        Object[] all = groups.toArray();
        for (int i = 0; i < all.length; i++) {
            LaneGroup other = (LaneGroup) all[Math.floorMod(first + i, all.length)];
            if (emptiest == null || other.connected() < emptiest.connected()) {
                emptiest = other;
            }
        }
        return emptiest;
    }

    // ---- lanes

    /** Watches the sources of all lanes. */
    final LanePoller.Kernel kernel() {
        return epoll;
    }

    /** A lane of a connection begins. */
    final void opened(Lane lane) {
        sweep.add(lane);
    }

    /** A lane of a connection is no longer needed. */
    final void closed(Lane lane) {
        sweep.remove(lane);
    }

    /** A source is ready, says the epoll set. On the thread that waited. */
    protected void ready(Lane lane, Source source, int generation, int readiness) {
        lane.enter(source, generation, readiness);
    }

    /** A timer of a lane is due. On the thread that waited. */
    protected void due(Lane lane) {
        if (!lane.enterIfIdle()) {
            lane.wakeup(); // the thread there takes another turn
        }
    }

    final void sweep(long nowNs) {
        sweep.due(nowNs).forEach(this::due);
    }

    @Override
    public final void plan(Lane lane, long atNs) {
        sweep.plan(lane, atNs, Clock.SYSTEM.nanoTime());
    }

    /** Has a {@link PollingThread} drive the lane. */
    @Override
    public void schedule(Lane lane) {
        scheduled.add(lane);
        wake();
    }

    /** Has a thread look for work that is in no epoll event. */
    protected final void wake() {
        if (!rung.getAndSet(true)) {
            synchronized (bell) {
                if (!released) {
                    bell.ring();
                }
            }
        }
    }

    /** A thread was woken. */
    final void woken() {
        EventFd.drain(wakeupFd);
        rung.set(false);
    }

    final boolean hasScheduled() {
        return !scheduled.isEmpty();
    }

    /** The next lane with work; another thread is woken for those behind it. */
    final @Nullable Lane takeScheduled() {
        Lane next = scheduled.poll();
        if (next != null && hasScheduled() && isAwaited()) {
            wake();
        }
        return next;
    }

    /** Whether a thread waits for events. */
    protected final boolean isAwaited() {
        return waiting.get() > 0;
    }

    /** How many threads wait for events, with this one. */
    final int waits() {
        return waiting.incrementAndGet();
    }

    final void waited() {
        waiting.decrementAndGet();
    }

    // ---- the start and the end

    /**
     * Starts its threads, unless they run. On the supervisor's thread.
     *
     * @param whenFailed called when threads can wait for nothing more; from then on they only end
     *     what was begun
     */
    final void start(Consumer<Throwable> whenFailed) {
        EventLog known = events;
        if (running.get() > 0 || known == null) {
            return;
        }
        failed = whenFailed;
        sweep.tick(Clock.SYSTEM.nanoTime());
        for (PoolThread thread : threads()) {
            running.incrementAndGet();
            thread.serve(known);
        }
    }

    final void failed(Throwable reason) {
        failed.accept(reason);
    }

    /** A thread has ended; the last one releases everything. */
    final void threadEnded() {
        if (running.decrementAndGet() == 0) {
            release();
        }
    }

    private void release() {
        synchronized (bell) {
            if (!released) {
                released = true; // a number may be another descriptor's from now on
                epoll.close();
                Descriptors.close(stopFd);
                Descriptors.close(wakeupFd);
                sweep.close();
            }
        }
    }

    /**
     * All groups have ended: ends the threads, after the work that lanes have left, and waits for
     * them a moment.
     */
    @Override
    public void close() {
        if (running.get() == 0) {
            release();
            return;
        }
        EventFd.signal(stopFd, 1); // not read by any thread, so that all see it
        for (PoolThread thread : threads()) {
            thread.join(JOIN_MS);
        }
    }
}
