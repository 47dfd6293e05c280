package caffeine.server.service;

import caffeine.os.Processes;
import caffeine.server.LogLevel;
import caffeine.server.log.Log;
import caffeine.server.log.Traces;
import caffeine.server.loop.EventLoop;

import org.jspecify.annotations.Nullable;

import java.util.List;

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

    /** A thread with a loop and clients. All calls may come on any thread. */
    public interface Part extends AdoptedChildren.Claimant {

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
    private final List<? extends Part> parts;
    private final @Nullable AdoptedChildren adopted;
    private final Leftovers leftovers;
    private @Nullable Door door;
    private Phase phase = Phase.RUNNING;
    private int running;

    /**
     * @param loop the keeper's own; closed with it
     * @param ownsProcess whether all children of this process are this server's
     */
    public Keeper(EventLoop loop, Log log, List<? extends Part> parts, boolean ownsProcess) {
        this.loop = loop;
        this.log = log;
        this.parts = List.copyOf(parts);
        this.running = parts.size();
        this.adopted = ownsProcess ? new AdoptedChildren(loop, parts) : null;
        this.leftovers = new Leftovers(loop, Keeper::reap, loop::stop);
    }

    /** The one door of all parts, on the keeper's loop. Before {@link #run}. */
    public void keep(Door common) {
        door = common;
    }

    /** Runs until all parts have ended, and all that scripts have left running. */
    public void run() {
        try {
            if (adopted != null) {
                adopted.start();
            }
            loop.run();
        } catch (RuntimeException e) {
            log.line(LogLevel.ERROR, "server", Traces.describe(e));
            parts.forEach(Part::cut);
        } finally {
            close();
        }
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

    /** A part's thread is about to end; from any thread. */
    public void partEnded(boolean asItShould) {
        loop.execute(
                () -> {
                    running--;
                    if (!asItShould && phase == Phase.RUNNING) {
                        drain();
                    }
                    sweepWhenAlone();
                });
    }

    private void sweepWhenAlone() {
        if (running > 0 || phase != Phase.DRAINING) {
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
