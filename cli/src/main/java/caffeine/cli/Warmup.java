package caffeine.cli;

import caffeine.os.Processes;

/**
 * Opens the way to the kernel while the command line is read: the JVM takes some 40 ms to make its
 * first native call, nearly all of it on one core.
 */
final class Warmup extends Thread {

    private Warmup() {
        super("warm-up");
        setDaemon(true);
    }

    /** Begins, and is waited for by nobody but whoever calls the kernel first. */
    static void begin() {
        new Warmup().start();
    }

    @Override
    public void run() {
        try {
            int _ = Processes.getpid();
        } catch (LinkageError | IllegalCallerException _) {
            // The engine will meet it again, and say so.
        }
    }
}
