package caffeine.cli.options;

import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Our options in the form of the parser. It treats all values as text, so that {@link Values}
 * reports every invalid value in the same style.
 */
final class Specification {

    private final Map<Option, org.apache.commons.cli.Option> told = new LinkedHashMap<>();
    private final Options all = new Options();

    Specification() {
        for (Option option : Option.values()) {
            org.apache.commons.cli.Option.Builder builder =
                    org.apache.commons.cli.Option.builder(option.letter())
                            .longOpt(option.longName().substring(2))
                            .hasArg(option.takesValue())
                            // One that is missing is found here, so that all of them are.
                            .optionalArg(option.takesValue());
            told.put(option, builder.get());
            all.addOption(told.get(option));
        }
    }

    /** Takes words apart; those that belong to no option are the line's arguments. */
    CommandLine parse(String... words) throws ParseException {
        return DefaultParser.builder()
                .setAllowPartialMatching(false)
                .setStripLeadingAndTrailingQuotes(false)
                .get()
                .parse(all, null, DefaultParser.NonOptionAction.SKIP, words);
    }

    /** The options that were given without the value that they need, as often as they were. */
    List<Option> withoutValue(CommandLine line) {
        List<Option> without = new ArrayList<>();
        for (org.apache.commons.cli.Option given : line.getOptions()) {
            told.forEach(
                    (option, key) -> {
                        if (key.equals(given)
                                && option.takesValue()
                                && given.getValuesList().isEmpty()) {
                            without.add(option);
                        }
                    });
        }
        return without;
    }

    /** An option's values in their order, none for a flag; null when it was not given. */
    @Nullable List<String> given(Option option, CommandLine line) {
        org.apache.commons.cli.Option key = told.get(option);
        if (!line.hasOption(key)) {
            return null;
        }
        String[] values = line.getOptionValues(key);
        return values == null ? List.of() : List.of(values);
    }
}
