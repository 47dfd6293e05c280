package caffeine.cli.serve;

import caffeine.cli.instance.Details;
import caffeine.cli.instance.InstanceException;
import caffeine.cli.options.Addresses;
import caffeine.cli.options.EngineSettings;
import caffeine.cli.options.Mistakes;
import caffeine.cli.options.Privileges;
import caffeine.cli.options.Surroundings;
import caffeine.cli.options.UsageException;
import caffeine.os.Processes;
import caffeine.server.engine.Engine;
import caffeine.server.engine.NativeAccess;
import caffeine.server.engine.Preload;
import caffeine.server.engine.StartException;
import caffeine.server.log.Log;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.options.LogLevel;
import caffeine.server.options.LogOptions;
import caffeine.server.options.NetworkOptions;

import org.jspecify.annotations.Nullable;

import java.io.FileInputStream;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.List;

/** Runs the engine from the first line to the exit code. */
public final class Server {

    /** Exit codes; they are promises, so they stand here and nowhere else. */
    public static final int OK = 0;

    public static final int FAILED = 1;
    public static final int WRONG_USAGE = 2;

    /** The beginning of the line with the addresses. */
    public static final String GREETING = "listening on ";

    private static final String STAYS =
            "the address, the port, the engine and the user stay as they were until a restart";

    private static final String SEE_LOG =
            "it cannot serve with the new configuration; its log has the reason";

    /** The source of settings, at the start and at each reload. */
    public interface Source {
        /**
         * Reads them as they are now.
         *
         * @throws UsageException for a mistake in the command's words
         * @throws StartException for one in the file, or when what they name cannot be used
         */
        EngineSettings read() throws UsageException, StartException;
    }

    private final Source source;
    private final EngineSettings settings;
    private final Surroundings surroundings;
    private final Presence presence;
    private final Engine engine;
    private final Shutdown shutdown;
    private final boolean hadTerminal = hasTerminal();

    /** Where it listens; not null once {@link #logs} is not. */
    private @Nullable NetworkOptions network;

    /** The number of reloads begun. */
    private long reloads;

    /** Not null once it listens. */
    private volatile @Nullable Logs logs;

    private Server(
            Source source, EngineSettings settings, Surroundings surroundings, Presence presence)
            throws StartException {
        this.source = source;
        this.settings = settings;
        this.surroundings = surroundings;
        this.presence = presence;
        this.engine = settings.make();
        this.shutdown = new Shutdown(engine, Runtime.getRuntime()::halt);
    }

    /**
     * Serves until a signal ends it.
     *
     * @return the exit code
     * @throws UsageException for a mistake in the command's words
     * @throws StartException when it cannot start
     * @throws InstanceException when another process is the instance of this name
     */
    public static int run(Source source, Surroundings surroundings, Presence presence)
            throws UsageException, StartException, InstanceException, InterruptedException {
        EngineSettings read = source.read();
        EngineSettings settings = read.withLog(presence.logging(read.server().log()));
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, failure) -> surroundings.print(Mistakes.explain(failure)));
        try (presence) {
            presence.claim();
            int code = new Server(source, settings, surroundings, presence).serve();
            if (code == FAILED) {
                surroundings.print("the server ended by itself; the log above has the reason");
            }
            return code;
        }
    }

    private int serve() throws StartException, InstanceException, InterruptedException {
        Preload.classesBeside(Server.class);
        Signals.install(new SignalHandler());
        presence.appear();
        try (Logs opened = openLogs()) {
            NetworkOptions bound = listening(engine.start(this::bound));
            if (!shutdown.started()) {
                engine.awaitEnd();
                return shutdown.exitCode();
            }
            network = bound;
            logs = opened;
            return serve(bound, opened.log());
        }
    }

    /** The log of this class; the engine has its own, to the same files. */
    private Logs openLogs() throws StartException {
        LogOptions options = settings.server().log().withoutAccess();
        try (LogFiles files = LogFiles.open(options)) {
            return Logs.open(settings.engine().process(), options, files);
        }
    }

    /** Where it listens, with the port that the kernel picked. */
    private NetworkOptions listening(List<SocketAddress> bound) {
        return settings.server().network().withAddresses(bound);
    }

    /** If this process is root: prepares, then gives up root. */
    private void bound(List<SocketAddress> addresses) throws StartException {
        Privileges privileges = settings.privileges();
        if (privileges == null) {
            return;
        }
        try {
            presence.handOver(details(listening(addresses)), privileges.uid(), privileges.gid());
        } catch (InstanceException e) {
            throw new StartException(String.valueOf(e.getMessage()));
        }
        privileges.take(addresses, settings.neededFiles());
    }

    private int serve(NetworkOptions listening, Log log)
            throws InstanceException, InterruptedException {
        boolean heard = false;
        try {
            heard = announce(listening, log);
        } finally {
            if (!heard) {
                engine.stop();
                engine.awaitEnd();
            }
        }
        if (!heard) {
            surroundings.print(
                    "the starting command ended before the server listened, so the server ends");
            return OK;
        }
        logUser(log);
        presence.watch(engine);
        logIgnoredSignals(log);
        engine.awaitEnd();
        if (presence.isNamed()) {
            log.line(LogLevel.INFO, "ended");
        }
        return shutdown.exitCode();
    }

    private boolean announce(NetworkOptions listening, Log log) throws InstanceException {
        String greeting = greeting(settings.describeEngine(), listening);
        Details details = details(listening);
        if (presence.isNamed()) {
            log.line(
                    LogLevel.INFO,
                    greeting + ", pid " + details.pid() + ", serving " + settings.path());
        }
        return presence.running(greeting, details);
    }

    private Details details(NetworkOptions listening) {
        return Details.ofRunning(
                Addresses.urls(listening),
                engine.name(),
                settings.size(),
                settings.path(),
                settings.graceMs());
    }

    /** Scripts get root's rights only if the operator wants that, so this is a warning. */
    private void logUser(Log log) {
        Privileges privileges = settings.privileges();
        if (privileges != null) {
            log.line(LogLevel.INFO, privileges.describe() + "; " + presence.whereTheLogIs());
        } else if (NativeAccess.isEnabled() && Processes.geteuid() == 0) {
            log.line(
                    LogLevel.WARN,
                    "runs as root, and so do all scripts; give a user to switch to after"
                            + " binding: --user nobody");
        }
    }

    public static String greeting(String engine, NetworkOptions listening) {
        return GREETING + Addresses.all(listening) + " (" + engine + ")";
    }

    private static void logIgnoredSignals(Log log) {
        Signals.Ignored ignored = Signals.Ignored.ofThisProcess();
        for (Signals.Stop stop : Signals.Stop.values()) {
            if (ignored.contains(stop.number)) {
                log.line(
                        LogLevel.INFO,
                        "SIG"
                                + stop
                                + " was ignored when this process was started, and stays ignored;"
                                + (stop == Signals.Stop.HUP
                                        ? " restart the server to change its configuration"
                                        : " stop the server with another signal (kill "
                                                + ProcessHandle.current().pid()
                                                + ")"));
            }
        }
    }

    // ---- signals, each in a thread of its own

    private final class SignalHandler implements Signals.Receiver {

        @Override
        public void stop(int signal) {
            shutdown.signalled(signal);
            presence.draining();
        }

        /** A closing terminal sends SIGHUP to its processes, which should then end. */
        @Override
        public void hangUp() {
            if (hadTerminal && !hasTerminal()) {
                stop(Signals.Stop.HUP.number);
            } else {
                reload();
            }
        }

        @Override
        public void reopenLogs() {
            engine.reopenLogs();
            Logs known = logs;
            if (known != null) {
                try (LogFiles files = LogFiles.open(settings.server().log().withoutAccess())) {
                    boolean _ = known.reopen(files); // it reports its own failure
                } catch (StartException _) {
                    // The engine reports it.
                }
            }
        }
    }

    /** Reads the configuration again and applies it if it is valid; one reload at a time. */
    private synchronized void reload() {
        Logs known = logs;
        if (known == null) {
            return; // It does not listen yet, so its configuration is new.
        }
        Log log = known.log();
        long number = ++reloads;
        presence.reloading(number);
        try {
            EngineSettings read = source.read();
            EngineSettings fresh = read.withLog(presence.logging(read.server().log()));
            List<String> notes = fresh.listensAs(settings) ? List.of() : List.of(STAYS);
            notes.forEach(note -> log.line(LogLevel.WARN, "reload", note));
            int parts = fresh.engine().equals(settings.engine()) ? fresh.size() : settings.size();
            if (engine.reload(
                    fresh.server(), parts, taken -> changed(taken, parts, fresh, number, notes))) {
                return;
            }
            String reason = "the engine " + engine.name() + " cannot; restart the server instead";
            log.line(LogLevel.WARN, "reload", reason);
            presence.reloaded(number, false, List.of(reason));
        } catch (UsageException | StartException e) {
            List<String> mistakes = Mistakes.messages(e);
            for (String mistake : mistakes.subList(0, mistakes.size() - 1)) {
                log.line(LogLevel.ERROR, "reload", mistake);
            }
            String last = mistakes.getLast() + "; the configuration stays as it was";
            log.line(LogLevel.ERROR, "reload", last);
            presence.reloaded(number, false, mistakes);
        } catch (RuntimeException e) {
            String reason = Mistakes.explain(e);
            log.line(LogLevel.ERROR, "reload", reason);
            presence.reloaded(number, false, List.of(reason));
        }
    }

    private void changed(
            boolean taken, int parts, EngineSettings fresh, long number, List<String> notes) {
        NetworkOptions known = network;
        if (taken && known != null) {
            EngineSettings counted = fresh.engine().equals(settings.engine()) ? fresh : settings;
            String greeting = greeting(counted.describeEngine(), known);
            presence.changed(greeting, parts, fresh.path(), fresh.graceMs());
        }
        presence.reloaded(number, taken, taken ? notes : List.of(SEE_LOG));
    }

    /**
     * Whether this process belongs to a terminal (man 4 tty); a process in the background has none,
     * nor has one whose was closed.
     */
    private static boolean hasTerminal() {
        try (FileInputStream _ = new FileInputStream("/dev/tty")) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}
