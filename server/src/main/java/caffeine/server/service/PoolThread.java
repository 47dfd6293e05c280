package caffeine.server.service;

import caffeine.server.log.EventLog;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;

import org.jspecify.annotations.Nullable;

/**
 * A thread of a {@link LanePool}: takes turns until one is the last. A failure here is none of a
 * client's, since lanes deal with those: it is reported, and the next turn begins.
 */
public abstract class PoolThread {

    private final LanePool pool;
    private final Thread thread;
    private LoopMonitor.@Nullable Watch watch;
    private @Nullable EventLog log;

    /** When its present work began; read by the monitor, and may be slightly old. */
    private long turnNs = EventLoop.NO_TURN;

    protected PoolThread(LanePool pool, String name) {
        this.pool = pool;
        this.thread = new Thread(this::run, name);
    }

    /** Called on the thread, before its first turn. */
    protected void begin() {}

    /** Does some work, and waits for it where there is none; false: that was the last turn. */
    protected abstract boolean turn();

    /** Work begins that may block other clients when it does not end. */
    protected final long working() {
        turnNs = Clock.SYSTEM.nanoTime();
        return turnNs;
    }

    /** Work has ended. */
    protected final void worked() {
        turnNs = EventLoop.NO_TURN;
    }

    /** The thread itself. */
    public final Thread thread() {
        return thread;
    }

    /** Starts it. The monitor's thread is started here: a pinned thread would pin it too. */
    final void serve(EventLog events) {
        log = events;
        watch = LoopMonitor.watch(() -> turnNs, events, thread);
        thread.start();
    }

    final void join(long ms) {
        try {
            thread.join(ms);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try (LoopMonitor.Watch _ = watch) {
            begin();
            while (safeTurn()) {
                // on
            }
        } finally {
            pool.threadEnded();
        }
    }

    private boolean safeTurn() {
        try {
            return turn();
        } catch (Throwable mistake) {
            report(mistake);
            return true;
        } finally {
            worked();
        }
    }

    private void report(Throwable mistake) {
        EventLog known = log;
        try {
            if (known != null) {
                known.mistake(thread.getName(), mistake);
            }
        } catch (Throwable _) {
            // Without memory to report it, the thread can only continue.
        }
    }
}
