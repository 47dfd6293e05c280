package caffeine.cli;

import caffeine.server.engine.StartException;

import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * The signals that the command listens to; the one file that knows the JVM's unofficial way to
 * them.
 */
final class Signals {

    /** A signal that asks a server to end. */
    enum Stop {
        /** The terminal was closed; without one, the configuration is to be read again. */
        HUP(1),
        /** Ctrl-C. */
        INT(2),
        /** What kill, systemd and docker send. */
        TERM(15);

        final int number;

        Stop(int number) {
            this.number = number;
        }
    }

    private Signals() {}

    /** Receives signals, each in its own thread. */
    interface Receiver {
        /** To end; the signal's number is that of a {@link Stop}. */
        void stop(int signal);

        /** SIGHUP. */
        void hangUp();

        /** SIGUSR1. */
        void reopenLogs();
    }

    /**
     * Delivers signals from now on. One that this process was started with as ignored stays
     * ignored.
     *
     * @throws StartException when the JVM was started with -Xrs
     */
    static void tell(Receiver receiver) throws StartException {
        for (Stop stop : Stop.values()) {
            if (stop != Stop.HUP) {
                handle(stop.name(), signal -> receiver.stop(signal.getNumber()));
            }
        }
        handle(Stop.HUP.name(), _ -> receiver.hangUp());
        handle("USR1", _ -> receiver.reopenLogs());
    }

    private static void handle(String name, SignalHandler handler) throws StartException {
        try {
            Signal.handle(new Signal(name), handler);
        } catch (IllegalArgumentException _) {
            throw new StartException(
                    "signals are out of reach; start Java without -Xrs, best with ./caffeine");
        }
    }
}
