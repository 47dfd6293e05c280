package caffeine.cli;

import caffeine.server.engine.StartException;

import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.ParseException;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What the command line said, option by option, as text. Given twice, the last of an option counts,
 * so that a wrapper's choice can be overridden; those that may be repeated add up. With a
 * configuration file behind it, that holds wherever the command line is silent.
 */
final class Arguments {

    private final Map<Option, List<String>> given;
    private final @Nullable ConfigFile file;

    private Arguments(Map<Option, List<String>> given, @Nullable ConfigFile file) {
        this.given = given;
        this.file = file;
    }

    /**
     * Takes the words of a command line apart.
     *
     * @throws UsageException for an option that does not exist, one without its value, a value that
     *     none takes, and a word that belongs to no option
     */
    static Arguments parse(String... words) throws UsageException {
        Specification specification = new Specification();
        CommandLine line;
        try {
            line = specification.parse(words);
        } catch (ParseException e) {
            throw Mistakes.explain(e);
        }
        if (!line.getArgList().isEmpty()) {
            throw Mistakes.stray(line.getArgList().getFirst());
        }
        Map<Option, List<String>> given = new EnumMap<>(Option.class);
        for (Option option : Option.values()) {
            List<String> values = specification.given(option, line);
            if (values != null) {
                given.put(option, values);
            }
        }
        return new Arguments(given, null);
    }

    /**
     * The same with the file behind it that {@code --config} names; without one, this.
     *
     * @param home where a path in it that begins with {@code ~/} begins
     * @throws StartException when the file cannot be read, or says what no file may
     */
    Arguments withFile(String home) throws StartException {
        String name = given(Option.CONFIG);
        return name == null || file != null
                ? this
                : new Arguments(given, ConfigFile.read(name, home));
    }

    /** The configuration file; null when there is none. */
    @Nullable ConfigFile file() {
        return file;
    }

    boolean has(Option option) {
        return given.containsKey(option) || fromFile(option).contains("true");
    }

    /** Whether the command line has it, not the file alone. */
    boolean saysItself(Option option) {
        return given.containsKey(option);
    }

    /** The value given last; null without the option. */
    @Nullable String given(Option option) {
        List<String> values = values(option);
        return values.isEmpty() ? null : values.getLast();
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

    /**
     * Every value given, in order: the command line's in place of the file's; of programs by ending
     * those of both, the command line's last, since each replaces only the one of its ending.
     */
    List<String> values(Option option) {
        List<String> words = given.getOrDefault(option, List.of());
        if (words.isEmpty()) {
            return fromFile(option);
        }
        if (option != Option.INTERPRETER) {
            return words;
        }
        List<String> both = new ArrayList<>(fromFile(option));
        both.addAll(words);
        return both;
    }

    /** Where an option's value comes from, for people: the file's line, or how else. */
    String source(Option option) {
        if (given.containsKey(option)) {
            return "command line";
        }
        List<ConfigFile.Entry> entries = file == null ? List.of() : file.of(option);
        return file == null || entries.isEmpty()
                ? "default"
                : file.name() + ":" + entries.getFirst().line();
    }

    private List<String> fromFile(Option option) {
        return file == null
                ? List.of()
                : file.of(option).stream().map(ConfigFile.Entry::text).toList();
    }

    /**
     * Where the mistake stands, when that is in the file.
     *
     * @throws StartException with file and line, in place of the mistake
     */
    void locate(UsageException mistake) throws StartException {
        Option option = mistake.option();
        if (option != null) {
            locate(option, mistake.value(), mistake.explanation());
        }
    }

    /** Like {@link #locate(UsageException)}, for a value that was found wrong by use. */
    void locate(Option option, String value, String explanation) throws StartException {
        List<String> words = given.getOrDefault(option, List.of());
        StartException located =
                file == null || words.contains(value)
                        ? null
                        : file.locate(option, value, explanation);
        if (located != null) {
            throw located;
        }
    }

    /**
     * The words that say the same but for one flag, whatever the working directory of who reads
     * them.
     */
    List<String> wordsWithout(Option flag) {
        List<String> words = new ArrayList<>();
        for (Map.Entry<Option, List<String>> each : given.entrySet()) {
            Option option = each.getKey();
            if (!option.takesValue() && option != flag) {
                words.add(option.longName());
            }
            for (String value : option.takesValue() ? each.getValue() : List.<String>of()) {
                String text = option.isPath() ? Path.of(value).toAbsolutePath() + "" : value;
                words.add(option.longName() + "=" + text);
            }
        }
        return words;
    }
}
