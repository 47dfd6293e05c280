package caffeine.server.service;

import caffeine.server.core.ServerEvents;
import caffeine.server.log.Traces;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Checks loops from another thread, and warns about a turn that does not end: its handler blocks
 * all other clients of the loop. One thread for all loops of the process, without cost for
 * requests.
 *
 * <p>A turn counts as blocked when several consecutive checks have found it. So a pause of the
 * whole process (a sleeping machine, a signal) counts as one check only.
 */
public final class LoopMonitor {

    static final LoopMonitor OF_PROCESS = new LoopMonitor();

    /** Checks that find a turn before it counts as blocked: between two and three seconds. */
    static final int LOOKS = 3;

    private static final long LOOK_NS = 1_000_000_000L;
    private static final int FRAMES = 24;
    private static final long NS_A_MILLI = 1_000_000;

    /** Guards everything; also while a line is written, so that no log closes meanwhile. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition noneLeft = lock.newCondition();
    private final List<Watch> watches = new ArrayList<>();
    private boolean running;

    /** Blocked turns that ended before they were reported. */
    private int unsaid;

    /** A loop that is checked until this is closed. */
    public final class Watch implements AutoCloseable {

        private final LongSupplier turns;
        private final Clock clock;
        private final ServerEvents events;
        private final Supplier<@Nullable Thread> driver;
        private long turn = EventLoop.NO_TURN;
        private int looks;
        private boolean said;

        private Watch(
                LongSupplier turns,
                Clock clock,
                ServerEvents events,
                Supplier<@Nullable Thread> driver) {
            this.turns = turns;
            this.clock = clock;
            this.events = events;
            this.driver = driver;
        }

        /** Checks; true when the turn is blocked, and not reported yet. */
        private boolean isBlocked() {
            long current = driver.get() == null ? EventLoop.NO_TURN : turns.getAsLong();
            if (current != turn || current == EventLoop.NO_TURN) {
                if (looks >= LOOKS && !said) {
                    unsaid++;
                }
                turn = current;
                looks = 0;
                said = false;
            }
            looks += current == EventLoop.NO_TURN ? 0 : 1;
            return looks >= LOOKS && !said;
        }

        private void say() {
            Thread thread = driver.get();
            if (thread == null) {
                return; // just now it has ended
            }
            said = true;
            StringBuilder text = new StringBuilder(1024).append("blocked for ");
            text.append((clock.nanoTime() - turn) / NS_A_MILLI).append(" ms by thread ");
            appendName(text, thread);
            text.append("; its other clients wait; it is at ");
            Traces.appendFrames(text, thread.getStackTrace(), FRAMES);
            if (unsaid > 0) {
                text.append(" (and ").append(unsaid).append(" more that were not logged)");
                unsaid = 0;
            }
            events.warning("loop", text.toString());
        }

        @Override
        public void close() {
            lock.lock();
            try {
                watches.remove(this);
                if (watches.isEmpty()) {
                    noneLeft.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    LoopMonitor() {}

    /**
     * Registers a loop with the one monitor thread of the process.
     *
     * @param events receives each blocked turn once; at most one a second
     * @param driver returns the thread that takes a turn of the loop, or null; from any thread
     */
    public static Watch watch(
            EventLoop loop, ServerEvents events, Supplier<@Nullable Thread> driver) {
        Watch watch = OF_PROCESS.add(loop, events, driver);
        OF_PROCESS.start();
        return watch;
    }

    /**
     * The same for a thread that drives many loops.
     *
     * @param turns the time of its turn, or {@link EventLoop#NO_TURN}; from any thread
     */
    public static Watch watch(LongSupplier turns, ServerEvents events, Thread thread) {
        Watch watch = OF_PROCESS.add(turns, Clock.SYSTEM, events, () -> thread);
        OF_PROCESS.start();
        return watch;
    }

    Watch add(EventLoop loop, ServerEvents events, Supplier<@Nullable Thread> driver) {
        return add(loop::turn, loop.clock(), events, driver);
    }

    private Watch add(
            LongSupplier turns,
            Clock clock,
            ServerEvents events,
            Supplier<@Nullable Thread> driver) {
        Watch watch = new Watch(turns, clock, events, driver);
        lock.lock();
        try {
            watches.add(watch);
        } finally {
            lock.unlock();
        }
        return watch;
    }

    private void start() {
        lock.lock();
        try {
            if (!running) {
                Thread thread = new Thread(this::run, "loop-monitor");
                thread.setDaemon(true);
                thread.start();
                running = true;
            }
        } catch (OutOfMemoryError _) {
            // No thread can be started: serving is more important than the monitor.
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        loadAll();
        lock.lock();
        try {
            while (!watches.isEmpty()) {
                long leftNs = LOOK_NS;
                while (leftNs > 0 && !watches.isEmpty()) {
                    leftNs = noneLeft.awaitNanos(leftNs);
                }
                look();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // the interrupt ends it
        } finally {
            running = false;
            lock.unlock();
        }
    }

    /** Rehearses a warning once, so that a real one loads no class. */
    private static void loadAll() {
        StringBuilder text = new StringBuilder();
        appendName(text, Thread.currentThread());
        Traces.appendFrames(text, Thread.currentThread().getStackTrace(), FRAMES);
        Thread sample = Thread.ofVirtual().unstarted(() -> {});
        appendName(text, sample);
        Traces.appendFrames(text, sample.getStackTrace(), FRAMES);
    }

    /** One check of each loop. */
    void look() {
        lock.lock();
        try {
            boolean said = false;
            for (Watch watch : watches) {
                if (watch.isBlocked() && !said) {
                    watch.say();
                    said = true;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private static void appendName(StringBuilder text, Thread thread) {
        String name = thread.getName();
        if (name.isEmpty()) {
            text.append(thread.isVirtual() ? "virtual-" : "thread-").append(thread.threadId());
        } else {
            text.append(name);
        }
    }
}
