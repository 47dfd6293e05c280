package caffeine.cli;

import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * Says in our words what the parser could not make sense of: the thing, the reason, the next step.
 */
final class Mistakes {

    private static final String SEE_HELP = "caffeine --help lists the options";

    private Mistakes() {}

    static UsageException explain(ParseException mistake) {
        return switch (mistake) {
            case MissingArgumentException missing -> missingValue(missing.getOption());
            case UnrecognizedOptionException unknown -> unknown(unknown.getOption());
            default ->
                    new UsageException(
                            Text.oneLine(String.valueOf(mistake.getMessage())) + "; " + SEE_HELP);
        };
    }

    /** A word that is no option's. */
    static UsageException stray(String word) {
        String advice =
                word.isEmpty()
                        ? "an option's value must follow its name"
                        : "if it is the folder to serve, write --path " + Text.oneLine(word);
        return new UsageException(Text.quoted(word) + " belongs to no option; " + advice);
    }

    private static UsageException missingValue(org.apache.commons.cli.Option told) {
        Option option = named("--" + told.getLongOpt());
        if (option == null) {
            return new UsageException("an option lacks its value; " + SEE_HELP);
        }
        String name = option.longName();
        return new UsageException(name + " needs a value; write " + name + " " + option.label);
    }

    /** The parser calls a flag with a value unknown as well. */
    private static UsageException unknown(String word) {
        int equals = word.indexOf('=');
        String name = equals < 0 ? word : word.substring(0, equals);
        Option known = named(name);
        if (known != null) {
            return new UsageException(
                    known.longName() + " takes no value; give it alone, or leave it out");
        }
        List<String> names = new ArrayList<>();
        for (Option option : Option.values()) {
            names.add(option.longName());
        }
        String near = Nearest.of(name, names);
        String advice = near == null ? SEE_HELP : "did you mean " + near + "?";
        return new UsageException("there is no option " + Text.quoted(name) + "; " + advice);
    }

    private static @Nullable Option named(String name) {
        for (Option option : Option.values()) {
            if (List.of(option.names()).contains(name)) {
                return option;
            }
        }
        return null;
    }
}
