package caffeine.server.service;

import caffeine.server.core.ServerEvents;
import caffeine.server.log.Traces;
import caffeine.server.loop.EventLoop;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Looks at loops from outside, and warns of one whose turn does not end: a handler blocks it, and
 * with it all other clients of the loop. One thread for all loops of the process, and nothing that
 * a request would pay for.
 *
 * <p>A turn counts as blocked when several looks in a row have found it. So time during which the
 * whole process stood still (a machine that sleeps, a signal) counts as one look, and not against
 * the handler.
 */
public final class LoopMonitor {

    static final LoopMonitor OF_PROCESS = new LoopMonitor();

    /** Looks that find a turn before it counts as blocked: between two and three seconds. */
    static final int LOOKS = 3;

    private static final long LOOK_NS = 1_000_000_000L;
    private static final int FRAMES = 24;
    private static final long NS_A_MILLI = 1_000_000;

    /** Guards everything; also while a line is said, so that no log ends meanwhile. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition noneLeft = lock.newCondition();
    private final List<Watch> watches = new ArrayList<>();
    private boolean running;

    /** Blocked turns that ended before it was their turn to be said. */
    private int unsaid;

    /** A loop that is looked at until this is closed. */
    public final class Watch implements AutoCloseable {

        private final EventLoop loop;
        private final ServerEvents events;
        private final Supplier<@Nullable Thread> driver;
        private long turn = EventLoop.NO_TURN;
        private int looks;
        private boolean said;

        private Watch(EventLoop loop, ServerEvents events, Supplier<@Nullable Thread> driver) {
            this.loop = loop;
            this.events = events;
            this.driver = driver;
        }

        /** Looks; true when the turn is blocked, and nothing has said so. */
        private boolean isBlocked() {
            long current = driver.get() == null ? EventLoop.NO_TURN : loop.turn();
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
            text.append((loop.clock().nanoTime() - turn) / NS_A_MILLI).append(" ms by thread ");
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
     * Has a loop looked at, by the one thread of the process that does so.
     *
     * @param events told of each blocked turn once; of one a second at most
     * @param driver tells which thread takes a turn of the loop, null when none does; from any
     *     thread
     */
    public static Watch watch(
            EventLoop loop, ServerEvents events, Supplier<@Nullable Thread> driver) {
        Watch watch = OF_PROCESS.add(loop, events, driver);
        OF_PROCESS.start();
        return watch;
    }

    Watch add(EventLoop loop, ServerEvents events, Supplier<@Nullable Thread> driver) {
        Watch watch = new Watch(loop, events, driver);
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
            // No thread to be had: to be watched is worth less than to serve.
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
            Thread.currentThread().interrupt(); // whatever did that wants it to end
        } finally {
            running = false;
            lock.unlock();
        }
    }

    /** Does once what a warning takes: when one is due, no class may be left to be loaded. */
    private static void loadAll() {
        StringBuilder text = new StringBuilder();
        appendName(text, Thread.currentThread());
        Traces.appendFrames(text, Thread.currentThread().getStackTrace(), FRAMES);
        Thread sample = Thread.ofVirtual().unstarted(() -> {});
        appendName(text, sample);
        Traces.appendFrames(text, sample.getStackTrace(), FRAMES);
    }

    /** One look at each loop. */
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
