package caffeine.cli;

import caffeine.cli.instance.Daemon;
import caffeine.cli.instance.InstanceException;
import caffeine.cli.instance.InstanceFiles;
import caffeine.cli.instance.InstanceList;
import caffeine.cli.instance.LogFile;
import caffeine.cli.instance.Signalling;
import caffeine.cli.instance.Signalling.Reloaded;
import caffeine.cli.options.Arguments;
import caffeine.cli.options.Configuration;
import caffeine.cli.options.EngineSettings;
import caffeine.cli.options.Option;
import caffeine.cli.options.Surroundings;
import caffeine.cli.options.UsageException;
import caffeine.cli.options.WorkerCommand;
import caffeine.cli.serve.Server;
import caffeine.cli.serve.Signals;
import caffeine.server.engine.StartException;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Commands that act on running instances. */
final class InstanceCommands {

    private final Arguments arguments;
    private final Surroundings surroundings;
    private final PrintStream output;

    InstanceCommands(Arguments arguments, Surroundings surroundings, PrintStream output) {
        this.arguments = arguments;
        this.surroundings = surroundings;
        this.output = output;
    }

    /**
     * Starts one in the background; mistakes in its options are reported first.
     *
     * @return the exit code
     */
    int startDaemon() throws UsageException, StartException, InstanceException {
        EngineSettings _ = new Configuration(arguments, surroundings).read();
        List<String> words = new ArrayList<>();
        words.add(Daemon.WORD);
        words.addAll(arguments.wordsWithout(Option.DAEMON));
        List<String> java =
                WorkerCommand.ofCommand(surroundings.javaHome(), surroundings.commandLine());
        Daemon daemon = new Daemon(Server.GREETING, output, surroundings.errors());
        return daemon.start(java, words) ? Server.OK : Server.FAILED;
    }

    int stop() throws InstanceException {
        InstanceFiles files = files();
        int pid = Signalling.stop(files);
        output.println("stopped " + files.name() + " (pid " + pid + ")");
        return Server.OK;
    }

    /** Returns when the reload has succeeded or failed. */
    int reload() throws InstanceException {
        InstanceFiles files = files();
        Reloaded reloaded =
                Signalling.reload(
                        files, pid -> Signals.Ignored.of(pid).contains(Signals.Stop.HUP.number));
        reloaded.messages().forEach(surroundings::print);
        String instance = files.name() + " (pid " + reloaded.pid() + ")";
        if (reloaded.taken()) {
            output.println("reloaded " + instance);
            return Server.OK;
        }
        surroundings.print(
                instance
                        + " keeps the configuration that it had; correct the new one, and reload"
                        + " again");
        return Server.FAILED;
    }

    int list() {
        InstanceList instances = InstanceList.read(surroundings.home());
        long nowMs = System.currentTimeMillis();
        output.print(arguments.has(Option.JSON) ? instances.json(nowMs) : instances.table(nowMs));
        output.flush();
        for (Path file : instances.leftBehind()) {
            surroundings.print(
                    file
                            + " was left behind by an instance that was killed; the next start of"
                            + " that name replaces it");
        }
        return Server.OK;
    }

    int printLog() throws InstanceException, InterruptedException {
        LogFile log = new LogFile(files());
        if (arguments.has(Option.FOLLOW)) {
            log.follow(output);
        } else {
            log.print(output);
        }
        return Server.OK;
    }

    int resetLogs() throws InstanceException {
        output.println("emptied " + new LogFile(files()).reset());
        return Server.OK;
    }

    private InstanceFiles files() {
        return InstanceFiles.of(surroundings.home(), arguments.value(Option.NAME));
    }
}
