package caffeine.cli;

import caffeine.server.engine.StartException;

import sun.misc.Signal;
import sun.misc.SignalHandler;

import java.util.function.IntConsumer;

/** The signals that end the command; the one file that knows the JVM's unofficial way to them. */
final class Signals {

    /** A signal that asks a server to end. */
    enum Stop {
        /** The terminal was closed. */
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

    /**
     * Has each of the signals that end told from now on, by its number, each time in a thread of
     * its own. One that this process was started with as ignored stays ignored.
     *
     * @param reopenLogs what SIGUSR1 does
     * @throws StartException when the JVM was told to keep its hands off signals
     */
    static void tell(IntConsumer receiver, Runnable reopenLogs) throws StartException {
        for (Stop stop : Stop.values()) {
            handle(stop.name(), signal -> receiver.accept(signal.getNumber()));
        }
        handle("USR1", _ -> reopenLogs.run());
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
