package caffeine.cli.serve;

import caffeine.server.engine.Engine;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/**
 * What signals do to the engine. The first drains it, the second cuts off requests, and the third
 * ends this process at once.
 *
 * <pre>
 *   STARTING ──signal──▶ ASKED_EARLY ──signal──▶ (halt)
 *      │ started()           │ started(): stop
 *      ▼                     ▼
 *   RUNNING ───signal──▶ DRAINING ───signal──▶ ENDING ──signal──▶ (halt)
 *              stop                   stop
 * </pre>
 *
 * <p>Signals come in threads of their own, several at one time. No lock is held while the engine is
 * called, so a signal always gets through; and none of these threads calls {@code System.exit},
 * which would wait for an exit in progress. Only the main thread does, when the engine has ended.
 */
final class Shutdown {

    private enum Phase {
        STARTING,
        ASKED_EARLY,
        RUNNING,
        DRAINING,
        ENDING
    }

    private final Engine engine;
    private final IntConsumer halt;
    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.STARTING);
    private volatile int lastSignal;

    /**
     * Before the engine is started.
     *
     * @param halt ends this process at once with an exit code
     */
    Shutdown(Engine engine, IntConsumer halt) {
        this.engine = engine;
        this.halt = halt;
    }

    /** A signal has come. */
    void signalled(int number) {
        lastSignal = number;
        switch (phase.getAndUpdate(Shutdown::afterSignal)) {
            case STARTING -> {} // The engine does not run yet: started() stops it.
            case RUNNING, DRAINING -> engine.stop();
            case ASKED_EARLY, ENDING -> halt.accept(codeOf(number));
        }
    }

    private static Phase afterSignal(Phase phase) {
        return switch (phase) {
            case STARTING, ASKED_EARLY -> Phase.ASKED_EARLY;
            case RUNNING -> Phase.DRAINING;
            case DRAINING, ENDING -> Phase.ENDING;
        };
    }

    /** The engine has started. False when it was asked to stop before, and is now stopping. */
    boolean started() {
        if (phase.compareAndSet(Phase.STARTING, Phase.RUNNING)) {
            return true;
        }
        phase.set(Phase.DRAINING);
        engine.stop();
        return false;
    }

    /**
     * The exit code: 0 after a drain, 128 and the signal's number when a second signal cut off
     * requests, and 1 when the engine ended by itself.
     */
    int exitCode() {
        return switch (phase.get()) {
            case DRAINING -> 0;
            case ENDING, ASKED_EARLY -> codeOf(lastSignal);
            case STARTING, RUNNING -> Server.FAILED;
        };
    }

    private static int codeOf(int signal) {
        return 128 + signal;
    }
}
