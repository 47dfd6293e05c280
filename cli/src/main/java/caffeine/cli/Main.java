package caffeine.cli;

import caffeine.server.engine.StartException;

import org.jspecify.annotations.Nullable;

import java.io.PrintStream;
import java.lang.module.ModuleDescriptor;

/** The {@code caffeine} command. */
public final class Main {

    /** Exit codes; they are promises, so they stand here and nowhere else. */
    static final int OK = 0;

    static final int FAILED = 1;
    static final int WRONG_USAGE = 2;

    private Main() {}

    /** Serves a folder until a signal ends it. */
    public static void main(String[] words) {
        System.exit(run(System.out, Surroundings.ofThisProcess(), words));
    }

    /** Everything but the exit. Returns the exit code. */
    static int run(PrintStream output, Surroundings surroundings, String... words) {
        try {
            // A question that stands alone, as it nearly always does, needs no parser.
            String answer = words.length == 1 ? answer(words[0]) : null;
            return answer == null ? parse(output, surroundings, words) : print(output, answer);
        } catch (UsageException e) {
            surroundings.say(String.valueOf(e.getMessage()));
            return WRONG_USAGE;
        } catch (StartException e) {
            surroundings.say(String.valueOf(e.getMessage()));
            return FAILED;
        } catch (InterruptedException | RuntimeException | Error e) {
            surroundings.say(Failures.explain(e));
            return FAILED;
        }
    }

    private static int parse(PrintStream output, Surroundings surroundings, String... words)
            throws UsageException, StartException, InterruptedException {
        Warmup.begin();
        Arguments arguments = Arguments.parse(words);
        for (Option question : new Option[] {Option.HELP, Option.ENGINES, Option.VERSION}) {
            String answer = arguments.has(question) ? answer(question.longName()) : null;
            if (answer != null) {
                return print(output, answer);
            }
        }
        return Server.run(new Configuration(arguments, surroundings).read(), output, surroundings);
    }

    private static @Nullable String answer(String question) {
        return switch (question) {
            case "-h", "--help" -> Help.text();
            case "--engines" -> Drawings.all();
            case "--version" -> "caffeine " + version() + "\n";
            default -> null;
        };
    }

    private static int print(PrintStream output, String answer) {
        output.print(answer);
        output.flush();
        return OK;
    }

    private static String version() {
        ModuleDescriptor module = Main.class.getModule().getDescriptor();
        return module == null ? "(no module)" : module.rawVersion().orElse("(not packaged)");
    }
}
