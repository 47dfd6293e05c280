package caffeine.server.service;

import caffeine.os.Processes;
import caffeine.server.LogLevel;
import caffeine.server.log.Log;
import caffeine.server.log.Traces;
import caffeine.server.loop.EventLoop;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The own thread of an engine of threads, which mostly sleeps: it stops the engine's parts, looks
 * after what scripts leave running, and has the door where clients come in, unless each part has
 * its own.
 *
 * <pre>
 *   RUNNING ──stop──▶ DRAINING ──parts ended──▶ SWEEPING ──children gone──▶ end
 *                        │ a second stop: cut        │ a second stop: KILL
 * </pre>
 */
public final class Keeper {

    /** A thread with a loop and clients. What is called while it runs may come on any thread. */
    public interface Part extends AdoptedChildren.Claimant {

        /**
         * Serves, on a thread of its own, until it ends.
         *
         * @return null when it was told to end, else the mistake that ended it
         */
        @Nullable Throwable run();

        /** Releases what it has; for one that never ran. */
        void close();

        /** Takes no more clients, and ends when those that it has are answered. */
        void drain();

        /** Ends what runs, at once. */
        void cut();
    }

    /** Where clients come in. On the keeper's thread. */
    public interface Door {

        /** Closes; who stands before it already is let in. */
        void stop();

        /** Closes at once. */
        void close();
    }

    private enum Phase {
        RUNNING,
        DRAINING,
        SWEEPING
    }

    private final EventLoop loop;
    private final Log log;
    private final List<Part> parts;

    /** Parts that others have taken the place of. */
    private final Set<Part> leaving = new HashSet<>();

    private final @Nullable AdoptedChildren adopted;
    private final Leftovers leftovers;
    private Runnable whenPartEnded = () -> {};
    private @Nullable Door door;
    private Phase phase = Phase.RUNNING;

    /** Why the server ends though it was not told to. */
    private volatile @Nullable Throwable failure;

    /**
     * @param loop the keeper's own; closed with it
     * @param ownsProcess whether all children of this process are this server's
     */
    public Keeper(EventLoop loop, Log log, boolean ownsProcess) {
        this.loop = loop;
        this.log = log;
        this.parts = new ArrayList<>();
        this.adopted = ownsProcess ? new AdoptedChildren(loop, this.parts) : null;
        this.leftovers = new Leftovers(loop, Keeper::reap, loop::stop);
    }

    /** The parts to look after. Before {@link #run}. */
    public void keep(List<? extends Part> first) {
        parts.addAll(first);
    }

    /** The one door of all parts, on the keeper's loop. Before {@link #run}. */
    public void keep(Door common) {
        door = common;
    }

    // ---- other parts

    /** Called on the keeper's loop whenever a part has ended. Before {@link #run}. */
    public void whenPartEnded(Runnable action) {
        whenPartEnded = action;
    }

    /** Has something done on the keeper's loop; from any thread. */
    public void execute(Runnable task) {
        loop.execute(task);
    }

    /** Whether it was not told to stop. On its loop. */
    public boolean isRunning() {
        return phase == Phase.RUNNING;
    }

    /** Others, which run already, take the place of these, which will end. On its loop. */
    public void exchange(List<? extends Part> old, List<? extends Part> fresh) {
        leaving.addAll(old);
        parts.addAll(fresh);
    }

    // ---- the run

    /** Runs until all parts have ended, and all that scripts have left running. */
    public void run() {
        try {
            if (adopted != null) {
                adopted.start();
            }
            loop.run();
        } catch (Throwable e) {
            fail(e, "the keeper's loop ended: ");
            parts.forEach(Part::cut);
        } finally {
            close();
        }
    }

    private void fail(Throwable mistake, String what) {
        if (failure == null) {
            failure = mistake;
        }
        log.line(LogLevel.ERROR, "server", what + Traces.describe(mistake));
    }

    /** Why the server ended though it was not told to; null while it runs, and after a stop. */
    @Nullable Throwable failure() {
        return failure;
    }

    public void close() {
        Door own = door;
        if (own != null) {
            own.close();
        }
        loop.close();
    }

    // ---- the end

    /** From any thread; the second call ends what runs at once. */
    public void stop() {
        loop.execute(this::advance);
    }

    /** Runs a task when the keeper's thread and then each part's has come round to it. */
    public void probe(Runnable answered) {
        loop.execute(
                () -> {
                    Runnable task = answered;
                    for (Part part : parts) {
                        Runnable next = task;
                        task =
                                () -> {
                                    if (!part.execute(next)) {
                                        next.run(); // this one has ended
                                    }
                                };
                    }
                    task.run();
                });
    }

    private void advance() {
        switch (phase) {
            case RUNNING -> drain();
            case DRAINING -> parts.forEach(Part::cut);
            case SWEEPING -> leftovers.kill();
        }
    }

    private void drain() {
        phase = Phase.DRAINING;
        log.line(LogLevel.INFO, "server", "stopping; requests in progress may end");
        Door own = door;
        if (own != null) {
            own.stop(); // first: whom it lets in is served before the parts drain
        }
        parts.forEach(Part::drain);
        sweepWhenAlone();
    }

    /**
     * A part's thread is about to end; from any thread.
     *
     * @param mistake what ended it; null when it was told to end
     */
    public void partEnded(Part part, @Nullable Throwable mistake) {
        loop.execute(
                () -> {
                    parts.remove(part);
                    if (adopted != null) {
                        adopted.gone(part);
                    }
                    boolean others = leaving.remove(part);
                    if (mistake != null && !others && phase == Phase.RUNNING) {
                        fail(mistake, "a thread ended, so the server ends: ");
                        drain();
                    }
                    try {
                        whenPartEnded.run();
                    } finally {
                        sweepWhenAlone();
                    }
                });
    }

    private void sweepWhenAlone() {
        if (!parts.isEmpty() || phase != Phase.DRAINING) {
            return;
        }
        phase = Phase.SWEEPING;
        if (adopted == null) {
            loop.stop();
        } else {
            adopted.stop();
            leftovers.end();
        }
    }

    private static void reap() {
        while (Processes.reapAny() > 0) {
            // Nobody asks how they ended.
        }
    }
}
