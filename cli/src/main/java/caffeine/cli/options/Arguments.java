package caffeine.cli.options;

import caffeine.server.engine.StartException;

import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.ParseException;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The options of the command line as text. If an option is given twice, the last one counts, so
 * that a wrapper's choice can be overridden; repeatable options add up. Options that the command
 * line does not have come from the configuration file.
 */
public final class Arguments {

    private final Map<Option, List<String>> given;

    /** Whether reading the file was tried; it is null if that failed. */
    private final boolean fileIsRead;

    private final @Nullable ConfigFile file;
    private final Mistakes mistakes;
    private final boolean isWhole;

    private Arguments(
            Map<Option, List<String>> given,
            boolean fileIsRead,
            @Nullable ConfigFile file,
            Mistakes mistakes) {
        this.given = given;
        this.fileIsRead = fileIsRead;
        this.file = file;
        this.mistakes = mistakes;
        this.isWhole = mistakes.isEmpty();
    }

    /**
     * Parses a command line. An unknown option, a missing value, a value for an option that takes
     * none, and a stray word are {@link #mistakes}.
     */
    public static Arguments parse(String... words) {
        Specification specification = new Specification();
        Mistakes mistakes = new Mistakes();
        Map<Option, List<String>> given = new LinkedHashMap<>();
        try {
            CommandLine line = specification.parse(words);
            addStrays(line.getArgList(), List.of(words), mistakes);
            specification.withoutValue(line).stream()
                    .map(Mistakes::missingValue)
                    .forEach(mistakes::add);
            for (Option option : Option.values()) {
                List<String> values = specification.given(option, line);
                if (values != null) {
                    given.put(option, values);
                }
            }
        } catch (ParseException e) {
            String reason = Text.oneLine(String.valueOf(e.getMessage()));
            mistakes.add(
                    new UsageException(reason + "; caffeine --help shows how options are written"));
        }
        return new Arguments(given, false, null, mistakes);
    }

    /** A word after an unknown option is probably its value, and is part of the same mistake. */
    private static void addStrays(List<String> strays, List<String> words, Mistakes mistakes) {
        int from = 0;
        String unknown = null;
        for (String stray : strays) {
            int at = from + Math.max(0, words.subList(from, words.size()).indexOf(stray));
            boolean isOption = !words.subList(0, at).contains("--");
            if (isOption && stray.startsWith("-") && stray.length() > 1) {
                mistakes.add(Mistakes.unknown(stray));
                unknown = stray.indexOf('=') < 0 ? stray : null;
            } else if (unknown == null || at == 0 || !words.get(at - 1).equals(unknown)) {
                mistakes.add(Mistakes.stray(stray));
                unknown = null;
            }
            from = Math.min(at + 1, words.size());
        }
    }

    /**
     * The same with the file behind it that {@code --config} names; without one, this. What is
     * wrong with the file is among the mistakes.
     *
     * @param home where a path in it that begins with {@code ~/} begins
     */
    public Arguments withFile(String home) {
        String name = given(Option.CONFIG);
        if (name == null || fileIsRead) {
            return this;
        }
        Mistakes all = mistakes.copy();
        ConfigFile read = ConfigFile.read(name, home, all);
        return new Arguments(given, true, read, all);
    }

    // ---- mistakes

    /** All that are known so far. */
    public Mistakes mistakes() {
        return mistakes;
    }

    /**
     * Whether each word and key was understood. If not, a missing option is no further mistake: it
     * may be the mistyped one.
     */
    public boolean isWhole() {
        return isWhole;
    }

    /** Reads a part of a configuration. */
    interface Reading<T extends @Nullable Object> {
        T read() throws UsageException, StartException;
    }

    /** The result of a reader, or a substitute if it reports a mistake, which is added. */
    public <T extends @Nullable Object> T read(T instead, Reading<T> reading) {
        try {
            return reading.read();
        } catch (UsageException e) {
            add(e);
        } catch (StartException e) {
            mistakes.add(e);
        }
        return instead;
    }

    /** Adds a mistake, in the file or in the words as its value is. */
    public void add(UsageException mistake) {
        Option option = mistake.option();
        if (option == null || !locate(option, mistake.value(), mistake.explanation())) {
            mistakes.add(mistake);
        }
    }

    /**
     * Adds a value that was found wrong by use to the mistakes, with file and line.
     *
     * @return false when it does not come from the file
     */
    boolean locate(Option option, String value, String explanation) {
        List<String> words = given.getOrDefault(option, List.of());
        // The command line replaces values of the file, except tables, which add up.
        boolean mayBeOfFile = words.isEmpty();
        if (option.isTable()) {
            mayBeOfFile =
                    words.stream()
                            .noneMatch(each -> each.equals(value) || each.startsWith(value + "="));
        }
        return file != null && mayBeOfFile && file.locate(option, value, explanation);
    }

    // ---- values

    /** The configuration file; null when there is none. */
    public @Nullable ConfigFile file() {
        return file;
    }

    public boolean has(Option option) {
        return given.containsKey(option) || fromFile(option).contains("true");
    }

    /** Whether the command line has it, not the file alone. */
    boolean isOnCommandLine(Option option) {
        return given.containsKey(option);
    }

    /** The value given last; null without the option. */
    public @Nullable String given(Option option) {
        List<String> values = values(option);
        return values.isEmpty() ? null : values.getLast();
    }

    /** The value given last, else the option's default. */
    public String value(Option option) {
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
     * Every value given, in order: the command line's in place of the file's; of tables those of
     * both, the command line's last, since each replaces only the one of its name.
     */
    public List<String> values(Option option) {
        List<String> words = given.getOrDefault(option, List.of());
        if (words.isEmpty()) {
            return fromFile(option);
        }
        if (!option.isTable()) {
            return words;
        }
        List<String> both = new ArrayList<>(fromFile(option));
        both.addAll(words);
        return both;
    }

    /** Where an option's value comes from, for people: the file's line, or how else. */
    public String source(Option option) {
        if (given.containsKey(option)) {
            return "command line";
        }
        return file == null || file.of(option).isEmpty()
                ? "default"
                : file.name() + ":" + file.of(option).getFirst().line();
    }

    /** The same for the value of a table that begins so. */
    public String source(Option option, String beginning) {
        for (String word : given.getOrDefault(option, List.of())) {
            if (word.startsWith(beginning)) {
                return source(option);
            }
        }
        for (ConfigFile.Entry entry :
                file == null ? List.<ConfigFile.Entry>of() : file.of(option)) {
            if (file != null && entry.text().startsWith(beginning)) {
                return file.name() + ":" + entry.line();
            }
        }
        return "default";
    }

    private List<String> fromFile(Option option) {
        return file == null
                ? List.of()
                : file.of(option).stream().map(ConfigFile.Entry::text).toList();
    }

    /** The same command line without one flag, independent of the working directory. */
    public List<String> wordsWithout(Option flag) {
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
