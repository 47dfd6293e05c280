package caffeine.cli;

import caffeine.server.engine.StartException;

import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a configuration file says, option by option as text, and where it says so. Keys are the
 * options' names without the dashes. Loaded for {@code --config} alone: the TOML library is read
 * from no other class.
 */
final class ConfigFile {

    /** The table of programs by ending: what {@code --interpreter} says on the command line. */
    static final String INTERPRETERS = "interpreters";

    /** More than anyone writes by hand; a device that never ends is not read for long. */
    private static final int MOST_BYTES = 1 << 20;

    /** A value as an option would have it, and its line. */
    record Entry(String text, int line) {}

    private final Path file;
    private final String home;
    private final Map<Option, List<Entry>> entries = new EnumMap<>(Option.class);

    private ConfigFile(Path file, String home) {
        this.file = file;
        this.home = home;
    }

    /**
     * Reads a file.
     *
     * @param home where a path that begins with {@code ~/} begins
     * @throws StartException when it cannot be read, is no TOML, or has a key or a type of value
     *     that it must not have; values are read later, like those of the command line
     */
    static ConfigFile read(String name, String home) throws StartException {
        Path file = PathText.parse(Option.CONFIG, name);
        TomlParseResult parsed = Toml.parse(text(file));
        ConfigFile config = new ConfigFile(file.toAbsolutePath(), home);
        if (parsed.hasErrors()) {
            TomlParseError first = parsed.errors().getFirst();
            throw config.mistake(
                    first.position().line(),
                    String.valueOf(first.getMessage())
                            + " (column "
                            + first.position().column()
                            + "); https://toml.io shows how TOML is written");
        }
        config.take(parsed);
        return config;
    }

    private static String text(Path file) throws StartException {
        String thing = Option.CONFIG.longName() + ": " + file;
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new StartException(
                        thing + " is longer than " + MOST_BYTES + " bytes; name a TOML file");
            }
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (NoSuchFileException _) {
            throw new StartException(
                    thing + " is not there; examples/caffeine.toml is one to begin with");
        } catch (CharacterCodingException _) {
            throw new StartException(thing + " is not in UTF-8; save it as UTF-8, as TOML must be");
        } catch (IOException e) {
            String reason = Files.isDirectory(file) ? "it is a folder" : PathText.reason(e);
            throw new StartException(
                    thing + " cannot be read: " + reason + "; name a file that this user may read");
        }
    }

    /** The values of an option in their order; none when the file does not say. */
    List<Entry> of(Option option) {
        return entries.getOrDefault(option, List.of());
    }

    /** The file's name, without its folders. */
    String name() {
        return String.valueOf(file.getFileName());
    }

    /** The folder that relative paths in the file begin at. */
    private Path folder() {
        Path parent = file.getParent();
        return parent == null ? file : parent;
    }

    /** What is wrong on a line, in the words for the user. */
    StartException mistake(int line, String text) {
        return new StartException(file + ":" + line + ": " + Text.oneLine(text));
    }

    /**
     * Says where in the file a value stands that an option cannot take; null when it comes from
     * elsewhere.
     */
    @Nullable StartException locate(Option option, String value, String explanation) {
        List<Entry> said = of(option);
        if (said.isEmpty()) {
            return null;
        }
        Entry found = said.getFirst();
        for (Entry entry : said) {
            if (entry.text().contains(value)) {
                found = entry;
                break;
            }
        }
        return mistake(found.line(), option.key() + ": " + explanation);
    }

    // ---- keys

    private void take(TomlTable top) throws StartException {
        Map<String, Option> options = new LinkedHashMap<>();
        for (Option option : Option.values()) {
            options.put(option.key(), option);
        }
        for (String key : inOrder(top)) {
            int line = line(top, key);
            Option option = options.get(key);
            if (option == null) {
                throw unknown(key, line, options);
            }
            if (!option.isForAFile()) {
                throw mistake(
                        line,
                        Text.quoted(key)
                                + " belongs to the command line; write "
                                + option.longName()
                                + " there");
            }
            entries.put(option, values(option, top, key, line));
        }
    }

    private StartException unknown(String key, int line, Map<String, Option> options) {
        List<String> known = new ArrayList<>();
        options.forEach(
                (name, option) -> {
                    if (option.isForAFile()) {
                        known.add(name);
                    }
                });
        String near = Nearest.of(key, known);
        String advice =
                near == null
                        ? "the keys are the options' names without the dashes (caffeine --help)"
                        : "did you mean " + near + "?";
        return mistake(line, "there is no key " + Text.quoted(key) + "; " + advice);
    }

    /** The keys of a table by their lines, so that the first mistake is the one that is told. */
    private static List<String> inOrder(TomlTable table) {
        List<String> keys = new ArrayList<>(table.keySet());
        keys.sort(Comparator.comparingInt(key -> line(table, key)));
        return keys;
    }

    private static int line(TomlTable table, String key) {
        TomlPosition position = table.inputPositionOf(List.of(key));
        return position == null ? 1 : position.line();
    }

    // ---- values

    private List<Entry> values(Option option, TomlTable table, String key, int line)
            throws StartException {
        Object value = table.get(List.of(key));
        if (option == Option.INTERPRETER) {
            return programs(key, value, line);
        }
        if (option.isRepeatable() && value instanceof TomlArray array) {
            List<Entry> all = new ArrayList<>();
            for (int i = 0; i < array.size(); i++) {
                int at = array.inputPositionOf(i).line();
                all.add(new Entry(single(option, key, array.get(i), at), at));
            }
            return all;
        }
        return List.of(new Entry(single(option, key, value, line), line));
    }

    /** The value as the option's text. */
    private String single(Option option, String key, @Nullable Object value, int line)
            throws StartException {
        Kind kind = Kind.of(option);
        String text = kind.text(value);
        if (text == null) {
            throw mistake(line, key + ": " + Kind.describe(value) + "; " + kind.advice(option));
        }
        return kind == Kind.PATH ? PathText.below(folder(), home, text) : text;
    }

    /** Each entry as {@code --interpreter} would say it: {@code ending=program}. */
    private List<Entry> programs(String key, @Nullable Object value, int line)
            throws StartException {
        if (!(value instanceof TomlTable table)) {
            throw mistake(
                    line,
                    key
                            + ": "
                            + Kind.describe(value)
                            + "; give a table of programs by ending, as in [interpreters] and py ="
                            + " \"python3\"");
        }
        Map<Integer, Entry> programs = new TreeMap<>();
        for (String ending : inOrder(table)) {
            int at = line(table, ending);
            if (!(table.get(List.of(ending)) instanceof String program)) {
                throw mistake(
                        at,
                        key
                                + "."
                                + ending
                                + ": "
                                + Kind.describe(table.get(List.of(ending)))
                                + "; give a program as in "
                                + ending
                                + " = \"python3\"");
            }
            programs.put(programs.size(), new Entry(ending + "=" + program, at));
        }
        return List.copyOf(programs.values());
    }
}
