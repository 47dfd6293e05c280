package caffeine.cli;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What the command line said, option by option, as text. Given twice, the last of an option counts,
 * so that a wrapper's choice can be overridden; those that may be repeated add up.
 */
final class Arguments {

    private final Map<Option, List<String>> given;

    private Arguments(Map<Option, List<String>> given) {
        this.given = given;
    }

    /**
     * Takes the words of a command line apart.
     *
     * @throws UsageException for an option that does not exist, one without its value, a value that
     *     none takes, and a word that belongs to no option
     */
    static Arguments parse(String... words) throws UsageException {
        CommandLine.ParseResult result;
        try {
            result =
                    new CommandLine(Specification.create())
                            .setExpandAtFiles(false)
                            .setInterpolateVariables(false)
                            .setOverwrittenOptionsAllowed(true)
                            .parseArgs(words);
        } catch (CommandLine.ParameterException e) {
            throw Mistakes.explain(e);
        }
        Map<Option, List<String>> given = new EnumMap<>(Option.class);
        for (Option option : Option.values()) {
            OptionSpec found = result.matchedOption(option.longName());
            if (found != null) {
                List<String> values = found.originalStringValues();
                if (!option.takesValue()) {
                    Mistakes.refuseValue(option, words);
                }
                given.put(option, List.copyOf(values));
            }
        }
        return new Arguments(given);
    }

    boolean has(Option option) {
        return given.containsKey(option);
    }

    /** The value given last; null without the option. */
    @Nullable String given(Option option) {
        List<String> values = given.get(option);
        return values == null ? null : values.getLast();
    }

    /** The value given last, else the option's default. */
    String value(Option option) {
        String value = given(option);
        if (value == null) {
            value = option.byDefault;
        }
        if (value == null) {
            throw new IllegalArgumentException(option.longName() + " has no default");
        }
        return value;
    }

    /** Every value given, in order. */
    List<String> values(Option option) {
        return given.getOrDefault(option, List.of());
    }
}
