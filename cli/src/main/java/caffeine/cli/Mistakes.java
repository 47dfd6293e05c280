package caffeine.cli;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

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
        String near = nearest(name);
        String advice = near == null ? SEE_HELP : "did you mean " + near + "?";
        return new UsageException("there is no option " + Text.quoted(name) + "; " + advice);
    }

    /** The option that begins so, or else differs in the fewest letters; null when none is near. */
    private static @Nullable String nearest(String name) {
        String nearest = null;
        int fewest = Math.min(3, name.length() / 3 + 1);
        for (Option option : Option.values()) {
            String candidate = option.longName();
            int edits = candidate.startsWith(name) ? 0 : edits(name, candidate);
            if (edits < fewest && name.length() > 2) {
                nearest = candidate;
                fewest = edits;
            }
        }
        return nearest;
    }

    /** Letters to insert, remove or replace to get from one word to the other (Levenshtein). */
    private static int edits(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.length()];
    }
}
