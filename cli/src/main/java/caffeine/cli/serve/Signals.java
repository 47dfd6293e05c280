package caffeine.cli.serve;

import caffeine.server.engine.StartException;

import sun.misc.Signal;
import sun.misc.SignalHandler;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The signals that the command listens to; the one file that knows the JVM's unofficial way to
 * them.
 */
public final class Signals {

    /** A signal that stops a server. */
    public enum Stop {
        /** The terminal was closed; without one, the configuration is to be read again. */
        HUP(1),
        /** Ctrl-C. */
        INT(2),
        /** The signal of kill, systemd and docker. */
        TERM(15);

        public final int number;

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
    static void install(Receiver receiver) throws StartException {
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

    /**
     * The signals that were ignored when this process started, as with {@code nohup} and the {@code
     * &} of a shell script. Ignoring is inherited, and the JVM does not take such a signal back.
     */
    public static final class Ignored {

        private final long mask;

        private Ignored(long mask) {
            this.mask = mask;
        }

        static Ignored ofThisProcess() {
            return of(ProcessHandle.current().pid());
        }

        public static Ignored of(long pid) {
            Path status = Path.of("/proc", Long.toString(pid), "status");
            try {
                return parse(Files.readString(status, StandardCharsets.ISO_8859_1));
            } catch (IOException _) {
                return new Ignored(0); // Without /proc nothing is known.
            }
        }

        /** Reads the line {@code SigIgn:} of a process's status (man 5 proc_pid_status). */
        static Ignored parse(String status) {
            String label = "\nSigIgn:\t";
            int at = status.indexOf(label);
            int from = at + label.length();
            int end = status.indexOf('\n', from);
            if (at < 0 || end < 0) {
                return new Ignored(0);
            }
            return new Ignored(Long.parseUnsignedLong(status, from, end, 16));
        }

        public boolean contains(int signal) {
            return ((mask >>> (signal - 1)) & 1) != 0;
        }
    }
}
