package caffeine.cli;

import static java.util.Collections.disjoint;

import caffeine.cli.instance.Daemon;
import caffeine.cli.instance.InstanceException;
import caffeine.cli.manual.Help;
import caffeine.cli.options.Arguments;
import caffeine.cli.options.Configuration;
import caffeine.cli.options.Mistakes;
import caffeine.cli.options.Option;
import caffeine.cli.options.Surroundings;
import caffeine.cli.options.UsageException;
import caffeine.cli.serve.Background;
import caffeine.cli.serve.Presence;
import caffeine.cli.serve.Server;
import caffeine.os.Processes;
import caffeine.server.engine.NativeAccess;
import caffeine.server.engine.StartException;
import caffeine.server.options.Setting;

import org.jspecify.annotations.Nullable;

import java.io.PrintStream;
import java.lang.module.ModuleDescriptor;
import java.util.Arrays;
import java.util.List;

/** The {@code caffeine} command. */
public final class Main {

    private final PrintStream output;
    private final Surroundings surroundings;

    /** Not null in a process that was started to serve in the background. */
    private final @Nullable Background background;

    private Main(PrintStream output, Surroundings surroundings, @Nullable Background background) {
        this.output = output;
        this.surroundings = surroundings;
        this.background = background;
    }

    /** Serves a folder until a signal ends it. */
    public static void main(String[] words) {
        System.exit(run(System.out, Surroundings.ofThisProcess(), words));
    }

    /** Everything but the exit. Returns the exit code. */
    static int run(PrintStream output, Surroundings surroundings, String... words) {
        Setting.nameOptions();
        if (words.length == 0 || !words[0].equals(Daemon.WORD)) {
            return new Main(output, surroundings, null).run(words);
        }
        Background background = new Background(output, surroundings.errors());
        Surroundings heard = surroundings.withErrors(new PrintStream(background, true));
        String[] own = Arrays.copyOfRange(words, 1, words.length);
        return new Main(output, heard, background).run(own);
    }

    private int run(String... words) {
        try {
            // A single flag, the usual case, needs no parser.
            String answer = words.length == 1 ? answer(words[0]) : null;
            // Help is printed even if there are other mistakes.
            if (answer == null && !disjoint(List.of(Option.HELP.names()), List.of(words))) {
                answer = answer(Option.HELP.longName());
            }
            return answer == null ? parse(words) : print(output, answer);
        } catch (UsageException e) {
            Mistakes.messages(e).forEach(surroundings::print);
            return Server.WRONG_USAGE;
        } catch (StartException | InstanceException e) {
            Mistakes.messages(e).forEach(surroundings::print);
            return Server.FAILED;
        } catch (InterruptedException | RuntimeException | Error e) {
            surroundings.print(Mistakes.explain(e));
            return Server.FAILED;
        }
    }

    private int parse(String... words)
            throws UsageException, StartException, InstanceException, InterruptedException {
        if (!Action.isQuick(words)) {
            if (NativeAccess.isEnabled()) {
                Thread.ofPlatform().daemon().name("warm-up").start(Main::linkNativeCalls);
            }
        }
        Arguments arguments = Arguments.parse(words);
        for (Option question : new Option[] {Option.ENGINES, Option.VERSION}) {
            boolean asked = arguments.isWhole() && arguments.has(question);
            String answer = asked ? answer(question.longName()) : null;
            if (answer != null) {
                boolean json = question == Option.ENGINES && arguments.has(Option.JSON);
                return print(output, json ? Help.enginesAsJson() : answer);
            }
        }
        return act(arguments);
    }

    private int act(Arguments arguments)
            throws UsageException, StartException, InstanceException, InterruptedException {
        Arguments all = arguments.withFile(surroundings.home()); // It may say the name.
        Action action = Action.of(all);
        if (!all.mistakes().isEmpty() && action.readsConfiguration()) {
            new Configuration(all, surroundings)
                    .read(); // So that these mistakes are reported with the others.
        }
        all.mistakes().check();
        InstanceCommands instances = new InstanceCommands(all, surroundings, output);
        return switch (action) {
            case SERVE ->
                    Server.run(
                            () -> new Configuration(arguments, surroundings).read(),
                            surroundings,
                            Presence.of(all, surroundings, background, output));
            case START_DAEMON -> instances.startDaemon();
            case CHECK -> Check.run(all, output, surroundings);
            case TRY -> Try.run(all, output, surroundings);
            case STOP -> instances.stop();
            case RELOAD -> instances.reload();
            case LIST_INSTANCES -> instances.list();
            case PRINT_LOG -> instances.printLog();
            case RESET_LOGS -> instances.resetLogs();
        };
    }

    private @Nullable String answer(String question) {
        return switch (question) {
            case "-h", "--help" -> Help.text(surroundings.exampleConfiguration());
            case "--engines" -> Help.engines();
            case "--version" -> "caffeine " + version() + "\n";
            default -> null;
        };
    }

    private static int print(PrintStream output, String answer) {
        output.print(answer);
        output.flush();
        return Server.OK;
    }

    private static String version() {
        ModuleDescriptor module = Main.class.getModule().getDescriptor();
        return module == null ? "(no module)" : module.rawVersion().orElse("(not packaged)");
    }

    /**
     * Links the first native call while the command line is read: this takes the JVM about 40 ms,
     * nearly all of it on one core. Only the first native call elsewhere waits for it.
     */
    private static void linkNativeCalls() {
        try {
            int _ = Processes.getpid();
        } catch (LinkageError | IllegalCallerException _) {
            // The engine will meet the same failure and report it.
        }
    }
}
