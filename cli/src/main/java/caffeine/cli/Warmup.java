package caffeine.cli;

import caffeine.os.Processes;
import caffeine.server.engine.NativeAccess;

/**
 * Links the first native call while the command line is read: this takes the JVM about 40 ms,
 * nearly all of it on one core.
 */
final class Warmup extends Thread {

    private Warmup() {
        super("warm-up");
        setDaemon(true);
    }

    /** Begins. Only the first native call elsewhere waits for it. */
    static void begin() {
        if (NativeAccess.isEnabled()) {
            new Warmup().start();
        }
    }

    @Override
    public void run() {
        try {
            int _ = Processes.getpid();
        } catch (LinkageError | IllegalCallerException _) {
            // The engine will meet the same failure and report it.
        }
    }
}
