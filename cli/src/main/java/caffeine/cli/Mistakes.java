package caffeine.cli;

import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

import java.util.ArrayList;
import java.util.List;

/** Says in our words what picocli could not make sense of: the thing, the reason, the next step. */
final class Mistakes {

    private static final String SEE_HELP = "caffeine --help lists the options";

    private Mistakes() {}

    static UsageException explain(ParameterException mistake) {
        return switch (mistake) {
            case MissingParameterException missing -> missingValue(missing);
            case UnmatchedArgumentException unmatched -> unmatched(unmatched);
            default ->
                    mistake.getArgSpec() instanceof OptionSpec spec
                            ? refused(spec)
                            : new UsageException(
                                    Text.oneLine(String.valueOf(mistake.getMessage()))
                                            + "; "
                                            + SEE_HELP);
        };
    }

    /** Picocli would take {@code --cgi=false} for a no. */
    static void refuseValue(Option flag, String... words) throws UsageException {
        for (String word : words) {
            if (word.startsWith(flag.longName() + "=")) {
                throw takesNoValue(flag.longName());
            }
        }
    }

    private static UsageException refused(OptionSpec spec) {
        return takesNoValue(spec.longestName());
    }

    private static UsageException takesNoValue(String name) {
        return new UsageException(name + " takes no value; give it alone, or leave it out");
    }

    private static UsageException missingValue(MissingParameterException mistake) {
        List<ArgSpec> missing = mistake.getMissing();
        if (missing.isEmpty() || !(missing.getFirst() instanceof OptionSpec spec)) {
            return new UsageException("an option lacks its value; " + SEE_HELP);
        }
        String name = spec.longestName();
        return new UsageException(name + " needs a value; write " + name + " " + spec.paramLabel());
    }

    private static UsageException unmatched(UnmatchedArgumentException mistake) {
        String word = mistake.getUnmatched().getFirst();
        if (!mistake.isUnknownOption()) {
            String advice =
                    word.isEmpty()
                            ? "an option's value must follow its name"
                            : "if it is the folder to serve, write --path " + Text.oneLine(word);
            return new UsageException(Text.quoted(word) + " belongs to no option; " + advice);
        }
        int equals = word.indexOf('=');
        String name = equals < 0 ? word : word.substring(0, equals);
        List<String> names = new ArrayList<>();
        for (Option option : Option.values()) {
            names.add(option.longName());
        }
        String near = Nearest.of(name, names);
        String advice = near == null ? SEE_HELP : "did you mean " + near + "?";
        return new UsageException("there is no option " + Text.quoted(name) + "; " + advice);
    }
}
