package caffeine.server.loop;

import caffeine.server.poll.LanePoller;
import caffeine.server.poll.Source;

import org.jspecify.annotations.Nullable;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * A loop that any thread of a pool may drive, one thread at a time. So the objects of the loop need
 * no locks, although no thread is bound to it. It costs less than 1 KiB, and no descriptor.
 *
 * <p>A thread that has an event for a lane in which another thread is leaves the event there, and
 * does not wait. Entering a lane that is free is one compare-and-set.
 *
 * <pre>
 *             enter                          all is done
 *   IDLE ─────────────▶ RUNNING ─────────────────────────▶ IDLE
 *     │                  │    ▲
 *     │ wakeup    wakeup │    │ another turn
 *     ▼                  ▼    │
 *   SCHEDULED ──drive──▶ AGAIN       RUNNING ──too many turns──▶ SCHEDULED
 *                                    RUNNING ──the loop stops──▶ ENDED
 * </pre>
 */
public final class Lane extends LanePoller {

    /** The pool that drives lanes. */
    public interface Host {

        /**
         * A lane has work: a thread of the pool is to call {@link Lane#drive} soon. Called once
         * until then. On any thread.
         */
        void schedule(Lane lane);

        /**
         * A thread of the pool is to call {@link Lane#wakeup} at this time, if {@link Lane#dueNs}
         * is due then. Called when the lane's first timer is due earlier than the times that the
         * host knows. In the lane.
         */
        void plan(Lane lane, long atNs);
    }

    /** No timer is scheduled. */
    public static final long NEVER = Long.MAX_VALUE;

    /** Turns in a row, before other lanes have theirs. */
    private static final int MOST_TURNS = 8;

    /** Turns in a row that fail before the loop is given up. */
    private static final int MOST_FAILED_TURNS = 10;

    private static final int IDLE = 0;
    private static final int SCHEDULED = 1;
    private static final int RUNNING = 2;
    private static final int AGAIN = 3;
    private static final int ENDED = 4;

    private static final VarHandle STATE = field("state", int.class);
    private static final VarHandle DUE = field("dueNs", long.class);

    private final Host host;
    private @Nullable EventLoop loop;
    private Consumer<@Nullable Throwable> ended = _ -> {};

    @SuppressWarnings("UnusedVariable") // by STATE
    private volatile int state;

    /** By DUE: when its first timer is due. */
    @SuppressWarnings("UnusedVariable") // by DUE
    private long dueNs = NEVER;

    /** The time that the host knows. */
    private long plannedNs = NEVER;

    private int failedTurns;

    /** The thread in the lane, where assertions are enabled. */
    private @Nullable Thread driver;

    /** A lane without a loop: {@link #drives} comes before anything else. */
    public Lane(Kernel kernel, Host host) {
        super(kernel);
        this.host = host;
    }

    private static VarHandle field(String name, Class<?> type) {
        try {
            return MethodHandles.lookup().findVarHandle(Lane.class, name, type);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * Sets the loop that this is the poller of.
     *
     * @param over called in the lane when the loop has stopped (null), or has failed
     */
    public void drives(EventLoop driven, Consumer<@Nullable Throwable> over) {
        loop = driven;
        ended = over;
    }

    /** Its loop. */
    public EventLoop loop() {
        return Objects.requireNonNull(loop);
    }

    // ---- on any thread

    /** A source is ready: drives the lane with this event, or leaves it to the thread there. */
    public void enter(Source source, int generation, int readiness) {
        if (STATE.compareAndSet(this, IDLE, RUNNING)) {
            bring(source, generation, readiness);
            turns();
        } else {
            post(source, generation, readiness);
            wakeup();
        }
    }

    /** Runs a task in a turn: in this call, or by the thread that is there. */
    public void enter(Runnable task) {
        loop().later(task);
        if (STATE.compareAndSet(this, IDLE, RUNNING)) {
            turns();
        } else {
            wakeup();
        }
    }

    /** Takes a turn because a timer is due; does nothing when a thread is there, which does it. */
    public boolean enterIfIdle() {
        boolean entered = STATE.compareAndSet(this, IDLE, RUNNING);
        if (entered) {
            turns();
        }
        return entered;
    }

    /** Drives a lane that {@link Host#schedule} was called for. */
    public void drive() {
        if (STATE.compareAndSet(this, SCHEDULED, RUNNING)) {
            turns();
        }
    }

    /** When its first timer is due, or {@link #NEVER}; may be early for a postponed one. */
    public long dueNs() {
        return (long) DUE.getOpaque(this);
    }

    /** It has work. */
    @Override
    public void wakeup() {
        while (true) {
            int current = (int) STATE.getVolatile(this);
            if (current == IDLE) {
                if (STATE.compareAndSet(this, IDLE, SCHEDULED)) {
                    host.schedule(this);
                    return;
                }
            } else if (current != RUNNING || STATE.compareAndSet(this, RUNNING, AGAIN)) {
                return; // a thread will look, or it has ended
            }
        }
    }

    // ---- in the lane

    private void turns() {
        EventLoop turned = loop();
        assert came();
        for (int i = 0; i < MOST_TURNS; i++) {
            turn(turned);
            if ((int) STATE.getOpaque(this) == ENDED) {
                return;
            }
            assert left();
            if (!hasMail() && !turned.hasTasks() && STATE.compareAndSet(this, RUNNING, IDLE)) {
                return;
            }
            STATE.setVolatile(this, RUNNING); // before it looks again
            assert came();
        }
        assert left();
        STATE.setVolatile(this, SCHEDULED);
        host.schedule(this);
    }

    private boolean came() {
        boolean empty = driver == null;
        driver = Thread.currentThread();
        return empty;
    }

    private boolean left() {
        driver = null;
        return true;
    }

    @Override
    public boolean isDrivenHere() {
        return Thread.currentThread().equals(driver);
    }

    private void turn(EventLoop turned) {
        try {
            turned.doWork(0);
            if (!rearm()) {
                wakeup();
            }
            failedTurns = 0;
        } catch (Throwable mistake) {
            turned.reportMistake(mistake);
            if (++failedTurns > MOST_FAILED_TURNS) {
                end(turned, mistake);
                return;
            }
        }
        if (turned.isStopped()) {
            end(turned, null);
        } else {
            plan(turned);
        }
    }

    private void plan(EventLoop turned) {
        long next = turned.timers().nextNs();
        if (next != (long) DUE.getOpaque(this)) {
            DUE.setOpaque(this, next);
        }
        if (plannedNs != NEVER && plannedNs - turned.nowNs() <= 0) {
            plannedNs = NEVER; // that time is over
        }
        if (next != NEVER && (plannedNs == NEVER || next - plannedNs < 0)) {
            plannedNs = next;
            host.plan(this, next);
        }
    }

    private void end(EventLoop turned, @Nullable Throwable mistake) {
        try {
            turned.finish();
        } catch (Throwable other) {
            turned.reportMistake(other);
        }
        STATE.setVolatile(this, ENDED);
        DUE.setOpaque(this, NEVER);
        ended.accept(mistake);
    }
}
