package caffeine.cli;

import caffeine.cli.instance.Details;
import caffeine.cli.instance.InstanceException;
import caffeine.server.App;
import caffeine.server.LogLevel;
import caffeine.server.engine.Engine;
import caffeine.server.engine.StartException;
import caffeine.server.log.Log;

import java.net.InetSocketAddress;
import java.util.Locale;

/** Runs the engine from the first line to the exit code. */
final class Server {

    /** How the line begins that says where it listens. */
    static final String GREETING = "listening on ";

    private final EngineSettings settings;
    private final Surroundings surroundings;
    private final Presence presence;
    private final Engine engine;
    private final Shutdown shutdown;

    private Server(EngineSettings settings, Surroundings surroundings, Presence presence)
            throws StartException {
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
     * @throws StartException when it cannot start
     * @throws InstanceException when it cannot be the instance of its name
     */
    static int run(EngineSettings settings, Surroundings surroundings, Presence presence)
            throws StartException, InstanceException, InterruptedException {
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, failure) -> surroundings.say(Failures.explain(failure)));
        try (presence) {
            presence.claim();
            int code = new Server(settings, surroundings, presence).serve();
            if (code == Main.FAILED) {
                surroundings.say("the server ended by itself; the log above says why");
            }
            return code;
        }
    }

    private int serve() throws StartException, InstanceException, InterruptedException {
        Signals.tell(
                signal -> {
                    shutdown.signalled(signal);
                    presence.draining();
                },
                engine::reopenLogs);
        presence.appear();
        InetSocketAddress address = engine.start();
        if (!shutdown.started()) {
            engine.awaitEnd();
            return shutdown.exitCode();
        }
        try (Log log = Log.toStandardError(settings.process(), settings.server().logLevel())) {
            return serve(address, log);
        }
    }

    private int serve(InetSocketAddress address, Log log)
            throws InstanceException, InterruptedException {
        boolean heard = false;
        try {
            heard = announce(address, log);
        } finally {
            if (!heard) {
                engine.stop();
                engine.awaitEnd();
            }
        }
        if (!heard) {
            surroundings.say("who started this has gone before it listened, so it ends");
            return Main.OK;
        }
        sayWhatIsIgnored(log);
        engine.awaitEnd();
        if (presence.isNamed()) {
            log.line(LogLevel.INFO, "ended");
        }
        return shutdown.exitCode();
    }

    private boolean announce(InetSocketAddress address, Log log) throws InstanceException {
        String greeting = greeting(engine, address, settings.parts());
        App app = settings.server().app();
        String path =
                app == App.SCRIPTS
                        ? settings.server().scripts().root().toString()
                        : "--app " + app.name().toLowerCase(Locale.ROOT);
        Details details =
                Details.ofRunning(
                        Addresses.url(address),
                        engine.name(),
                        settings.size(),
                        path,
                        settings.server().deadlines().graceNs() / 1_000_000);
        if (presence.isNamed()) {
            log.line(LogLevel.INFO, greeting + ", pid " + details.pid() + ", serving " + path);
        }
        return presence.running(greeting, details);
    }

    static String greeting(Engine engine, InetSocketAddress address, String parts) {
        String url = Addresses.url(address);
        return GREETING + url + " (" + engine.name() + ", " + parts + ")";
    }

    private static void sayWhatIsIgnored(Log log) {
        IgnoredSignals ignored = IgnoredSignals.ofThisProcess();
        for (Signals.Stop stop : Signals.Stop.values()) {
            if (ignored.contains(stop.number)) {
                log.line(
                        LogLevel.INFO,
                        "SIG"
                                + stop
                                + " was ignored when this process was started, and stays ignored;"
                                + " end it with another signal (kill "
                                + ProcessHandle.current().pid()
                                + ")");
            }
        }
    }
}
