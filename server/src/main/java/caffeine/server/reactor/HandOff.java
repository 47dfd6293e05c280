package caffeine.server.reactor;

import caffeine.server.loop.Clock;

import org.jspecify.annotations.Nullable;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The queue between the loop and the pool. It is bounded for events: the loop waits for room. Lanes
 * with work are bounded by themselves, since each is here once at most: so no thread of the pool
 * waits to add one.
 *
 * <p>Waking a thread costs more than a short request. So a further one is woken only when tasks
 * pile up and a processor may be free, or when the first one has waited for a moment, because
 * handlers block. One thread at a time is on its way.
 */
final class HandOff {

    /** How many tasks for each thread that works are no reason to wake another. */
    private static final int FEW = 8;

    private static final long MOMENT_NS = 1_000_000;

    /** Those beside the processor of the loop. */
    private final int processors = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);

    private final int threads;
    private final int capacity;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();

    /** Threads without work that are not on their way. */
    private final AtomicInteger idle = new AtomicInteger();

    private final AtomicBoolean waking = new AtomicBoolean();
    private final Semaphore wakes = new Semaphore(0);
    private volatile boolean closed;

    /** The loop looks within a moment. */
    private volatile boolean looks;

    /** The first task when the loop looked, and since when. */
    private @Nullable Runnable first;

    private long firstNs;

    HandOff(int threads, int capacity) {
        this.threads = threads;
        this.capacity = capacity;
    }

    // ---- the loop

    /** Adds an event; false: there is no room. */
    boolean offer(Runnable event) {
        boolean fits = waiting.get() < capacity;
        if (fits) {
            put(event);
            wakeIfNeeded();
        }
        return fits;
    }

    /** Waits until half of the queue is free, or until the thread is unparked. */
    void awaitRoom() {
        if (waiting.get() > capacity / 2) {
            LockSupport.park(this);
        }
    }

    /**
     * Wakes a thread when the first task has waited for a moment.
     *
     * @return how long the loop may wait before it looks again; below 0: without end
     */
    long look() {
        Runnable now = tasks.peek();
        if (now == null || !now.equals(first)) {
            first = now;
            firstNs = Clock.SYSTEM.nanoTime();
        } else if (Clock.SYSTEM.nanoTime() - firstNs >= MOMENT_NS) {
            wake();
        }
        looks = now != null && idle.get() > 0;
        return looks ? MOMENT_NS : -1;
    }

    // ---- any thread

    /** Adds the work of a lane; false: the loop must {@link #look}. */
    boolean add(Runnable lane) {
        put(lane);
        return wake();
    }

    /**
     * Adds a client that may have sent more by the time that the tasks before it are done. False:
     * there are none, so that it would be too early, or so many that events would find no room.
     */
    boolean addBehindOthers(Runnable client) {
        int before = waiting.get();
        boolean fits = before > 0 && before < capacity / 4 && (looks || idle.get() == 0);
        if (fits) {
            put(client);
        }
        return fits;
    }

    private void put(Runnable task) {
        waiting.incrementAndGet();
        tasks.add(task);
    }

    private void wakeIfNeeded() {
        int working = threads - idle.get();
        if (working == 0 || (working < processors && waiting.get() > FEW * working)) {
            wake();
        }
    }

    /** False: a thread is idle, but another is on its way, which may not take the last task. */
    private boolean wake() {
        while (idle.get() > 0 && !tasks.isEmpty()) {
            if (!waking.compareAndSet(false, true)) {
                return false;
            }
            if (isOneLessIdle()) {
                wakes.release();
                return true;
            }
            waking.set(false); // they have found work themselves
        }
        return true;
    }

    private boolean isOneLessIdle() {
        return idle.getAndUpdate(count -> Math.max(0, count - 1)) > 0;
    }

    /** Ends the threads, once they have done what is there. */
    void close() {
        closed = true;
        wakes.release(threads);
    }

    // ---- the threads of the pool

    /** Takes the next task, or waits for it; null: it is closed. */
    @SuppressWarnings("ThreadPriorityCheck") // nothing depends on it
    @Nullable Runnable take(Thread loop) {
        Runnable task = tasks.poll();
        if (task == null) {
            Thread.yield(); // the loop may have the next ones ready
            task = tasks.poll();
        }
        while (task == null && !closed) {
            await();
            task = tasks.poll();
            wakeIfNeeded();
        }
        if (task != null && waiting.decrementAndGet() == capacity / 2) {
            LockSupport.unpark(loop);
        }
        return task;
    }

    private void await() {
        idle.incrementAndGet(); // then it looks: what comes later wakes a thread
        if ((tasks.isEmpty() && !closed) || !isOneLessIdle()) {
            wakes.acquireUninterruptibly();
            waking.set(false);
        }
    }
}
