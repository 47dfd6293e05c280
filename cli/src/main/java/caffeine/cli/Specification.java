package caffeine.cli;

import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.jspecify.annotations.Nullable;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Tells the parser of our options. All values are plain text to it, so that a value's mistake is
 * explained by {@link Values} in one voice with the rest.
 */
final class Specification {

    private final Map<Option, org.apache.commons.cli.Option> told = new EnumMap<>(Option.class);
    private final Options all = new Options();

    Specification() {
        for (Option option : Option.values()) {
            org.apache.commons.cli.Option.Builder builder =
                    org.apache.commons.cli.Option.builder(option.letter())
                            .longOpt(option.longName().substring(2))
                            .hasArg(option.takesValue());
            told.put(option, builder.get());
            all.addOption(told.get(option));
        }
    }

    CommandLine parse(String... words) throws ParseException {
        return DefaultParser.builder()
                .setAllowPartialMatching(false)
                .setStripLeadingAndTrailingQuotes(false)
                .get()
                .parse(all, words);
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
