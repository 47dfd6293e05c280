package caffeine.cli;

import caffeine.server.LogLevel;
import caffeine.server.engine.Engine;
import caffeine.server.engine.StartException;
import caffeine.server.log.Log;

import java.io.PrintStream;
import java.net.InetSocketAddress;

/** Runs the engine from the first line to the exit code. */
final class Server {

    private Server() {}

    /**
     * Serves until a signal ends it.
     *
     * @return the exit code
     * @throws StartException when it cannot start
     */
    static int run(EngineSettings settings, PrintStream output, Surroundings surroundings)
            throws StartException, InterruptedException {
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, failure) -> surroundings.say(Failures.explain(failure)));
        Engine engine = settings.make();
        Shutdown shutdown = new Shutdown(engine, Runtime.getRuntime()::halt);
        Signals.tell(shutdown::signalled);
        InetSocketAddress address = engine.start();
        if (shutdown.started()) {
            output.println(greeting(engine, address, settings.parts()));
            output.flush();
            sayWhatIsIgnored(Log.toStandardError(settings.server().logLevel()));
        }
        engine.awaitEnd();
        int code = shutdown.exitCode();
        if (code == Main.FAILED) {
            surroundings.say("the server ended by itself; the log above says why");
        }
        return code;
    }

    static String greeting(Engine engine, InetSocketAddress address, String parts) {
        String url = Addresses.url(address);
        return "listening on " + url + " (" + engine.name() + ", " + parts + ")";
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
