package caffeine.cli;

import caffeine.server.engine.Engine;

/**
 * Sends watchdog messages to the service manager as long as all threads of the engine respond.
 * Without them, the service manager restarts the server.
 */
final class Watchdog extends Thread {

    private final Engine engine;
    private final ServiceManager manager;

    private Watchdog(Engine engine, ServiceManager manager) {
        super("watchdog");
        this.engine = engine;
        this.manager = manager;
        setDaemon(true);
    }

    /** Begins, if the manager wants it. */
    static void begin(Engine engine, ServiceManager manager) {
        if (manager.aliveEveryMs() > 0) {
            new Watchdog(engine, manager).start();
        }
    }

    @Override
    public void run() {
        try {
            while (true) {
                engine.probe(manager::alive);
                Thread.sleep(manager.aliveEveryMs());
            }
        } catch (InterruptedException _) {
            // Never interrupted; the process ends with its other threads.
        }
    }
}
