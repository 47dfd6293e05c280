package caffeine.server.service;

import caffeine.os.Processes;
import caffeine.server.log.Log;
import caffeine.server.log.Traces;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.LogLevel;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The own thread of an engine of threads, which mostly sleeps: it stops the engine's parts, looks
 * after what scripts leave running, and has the source where clients come in, unless each part has
 * its own.
 *
 * <pre>
 *   RUNNING ──stop──▶ DRAINING ──parts ended──▶ SWEEPING ──children gone──▶ end
 *                        │ a second stop: cut        │ a second stop: KILL
 * </pre>
 */
public final class Supervisor {

    /** A thread with a loop and clients. What is called while it runs may come on any thread. */
    public interface ServingThread extends AdoptedChildren.Claimant {

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

    /** Where clients come in. On the supervisor's thread. */
    public interface ClientSource {

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
    private final List<ServingThread> parts;

    /** Parts that others have taken the place of. */
    private final Set<ServingThread> leaving = new HashSet<>();

    private final @Nullable AdoptedChildren adopted;
    private final OrphanReaper leftovers;
    private Runnable whenThreadEnded = () -> {};
    private @Nullable ClientSource source;
    private Phase phase = Phase.RUNNING;

    /** Why the server ends though it was not told to. */
    private volatile @Nullable Throwable failure;

    /**
     * @param loop the supervisor's own; closed with it
     * @param ownsProcess whether all children of this process are this server's
     */
    public Supervisor(EventLoop loop, Log log, boolean ownsProcess) {
        this.loop = loop;
        this.log = log;
        this.parts = new ArrayList<>();
        this.adopted = ownsProcess ? new AdoptedChildren(loop, this.parts) : null;
        this.leftovers = new OrphanReaper(loop, Supervisor::reap, loop::stop);
    }

    /** The parts to look after. Before {@link #run}. */
    public void keep(List<? extends ServingThread> first) {
        parts.addAll(first);
    }

    /** The one source of all parts, on the supervisor's loop. Before {@link #run}. */
    public void keep(ClientSource common) {
        source = common;
    }

    // ---- other parts

    /** Called on the supervisor's loop whenever a part has ended. Before {@link #run}. */
    public void whenThreadEnded(Runnable action) {
        whenThreadEnded = action;
    }

    /** Has something done on the supervisor's loop; from any thread. */
    public void execute(Runnable task) {
        loop.execute(task);
    }

    /** Whether it was not told to stop. On its loop. */
    public boolean isRunning() {
        return phase == Phase.RUNNING;
    }

    /** Others, which run already, take the place of these, which will end. On its loop. */
    public void exchange(List<? extends ServingThread> old, List<? extends ServingThread> fresh) {
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
            fail(e, "the supervisor's loop ended: ");
            parts.forEach(ServingThread::cut);
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
        ClientSource own = source;
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

    /** Runs a task when the supervisor's thread and then each part's has come round to it. */
    public void probe(Runnable answered) {
        loop.execute(
                () -> {
                    Runnable task = answered;
                    for (ServingThread part : parts) {
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
            case DRAINING -> parts.forEach(ServingThread::cut);
            case SWEEPING -> leftovers.kill();
        }
    }

    private void drain() {
        phase = Phase.DRAINING;
        log.line(LogLevel.INFO, "server", "stopping; requests in progress may end");
        ClientSource own = source;
        if (own != null) {
            own.stop(); // first: whom it lets in is served before the parts drain
        }
        parts.forEach(ServingThread::drain);
        sweepWhenAlone();
    }

    /**
     * A part's thread is about to end; from any thread.
     *
     * @param mistake what ended it; null when it was told to end
     */
    public void threadEnded(ServingThread part, @Nullable Throwable mistake) {
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
                        whenThreadEnded.run();
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
