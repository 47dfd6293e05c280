package caffeine.cli.options;

import caffeine.server.engine.StartException;
import caffeine.server.options.RouteSetting;

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
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The options of a configuration file as text, with their lines. Keys are the options' names
 * without the dashes. Loaded only with {@code --config}, because only this class uses the TOML
 * library.
 */
public final class ConfigFile {

    /** The table of programs by ending: what {@code --interpreter} says on the command line. */
    static final String INTERPRETERS = "interpreters";

    /** The table of {@code --type}. */
    static final String TYPES = "types";

    /** The table of tables of settings by path, which the command line does not have. */
    static final String ROUTES = "routes";

    /** The table of pages by status, which the command line does not have either. */
    public static final String ERROR_PAGES = "error-pages";

    private static final String VARIABLES_EXAMPLE = "env = { NAME = \"value\" }";

    /** More than any real file; limits reading from an endless device. */
    private static final int MOST_BYTES = 1 << 20;

    /** A value as an option would have it, and its line. */
    public record Entry(String text, int line) {
        /** Of a flag: as the option means it that switches off what the key names. */
        private Entry negated() {
            return new Entry(Boolean.toString(!Boolean.parseBoolean(text)), line);
        }
    }

    /** Settings for the scripts below a path. */
    public record Route(String path, int line, Map<RouteSetting, List<Entry>> settings) {
        /** Whether another one is this one or lies below it. */
        boolean covers(Route other) {
            return (other.path() + "/").startsWith(path.endsWith("/") ? path : path + "/");
        }

        /** The name of it, or of a key in it, in messages. */
        public String name(@Nullable String key) {
            return ROUTES + "." + Text.quoted(path) + (key == null ? "" : "." + key);
        }
    }

    private final Path file;
    private final String home;
    private final List<String> lines;
    private final Mistakes mistakes;
    private final Map<Option, List<Entry>> entries = new HashMap<>();
    private final List<Route> routes = new ArrayList<>();
    private final Map<String, Entry> errorPages = new LinkedHashMap<>();
    private boolean isWhole;

    private ConfigFile(Path file, String home, String text, Mistakes mistakes) {
        this.file = file;
        this.mistakes = mistakes;
        this.lines = text.lines().toList();
        this.home = home;
    }

    /**
     * Reads a file. Keys, and types of values, that it must not have are mistakes; values are read
     * later, like those of the command line.
     *
     * @param home where a path that begins with {@code ~/} begins
     * @param mistakes where all are put that are found in the file, now and later
     * @return null when it cannot be read or is no TOML, which is a mistake too
     */
    public static @Nullable ConfigFile read(String name, String home, Mistakes mistakes) {
        ConfigFile config;
        TomlParseResult parsed;
        try {
            Path file = Text.path(Option.CONFIG, name);
            String text = text(file);
            config = new ConfigFile(file.toAbsolutePath(), home, text, mistakes);
            parsed = config.parse(text);
        } catch (StartException e) {
            mistakes.add(e);
            return null;
        }
        if (parsed == null) {
            return null;
        }
        config.take(parsed);
        config.isWhole = mistakes.isEmpty();
        return config;
    }

    /** The first of each line: what comes after it there is mostly its consequence. */
    private void addSyntax(List<TomlParseError> errors) {
        Set<Integer> known = new HashSet<>();
        for (TomlParseError error : errors) {
            TomlPosition place = error.position();
            if (known.add(place.line())) {
                mistake(
                        place.line(),
                        error.getMessage()
                                + " (column "
                                + place.column()
                                + "); https://toml.io shows how TOML is written");
            }
        }
    }

    /**
     * The contents of the file; null after mistakes of syntax, which are reported. The library
     * lists most mistakes, throws some, fails on others, and recurses for each list.
     */
    private @Nullable TomlParseResult parse(String text) throws StartException {
        try {
            TomlParseResult parsed = Toml.parse(text);
            addSyntax(parsed.errors());
            return parsed.hasErrors() ? null : parsed;
        } catch (TomlParseError e) {
            addSyntax(List.of(e));
            return null;
        } catch (StackOverflowError _) {
            throw unreadable("has too many lists within lists; no key takes more than one");
        } catch (RuntimeException e) {
            throw unreadable(
                    "is no TOML, but where is not known ("
                            + e
                            + "); https://toml.io shows how TOML is written");
        }
    }

    private StartException unreadable(String reason) {
        return new StartException(
                Option.CONFIG.longName() + ": " + file + " " + Text.oneLine(reason));
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
                    thing
                            + " is not there; correct the path, or write it: its keys are the"
                            + " options' names without the dashes (caffeine --help)");
        } catch (CharacterCodingException _) {
            throw new StartException(thing + " is not in UTF-8; save it as UTF-8, as TOML must be");
        } catch (IOException e) {
            String reason = Files.isDirectory(file) ? "it is a folder" : Text.reason(e);
            throw new StartException(
                    thing + " cannot be read: " + reason + "; name a file that this user may read");
        }
    }

    /** The values of an option in their order; none when the file does not say. */
    public List<Entry> of(Option option) {
        return entries.getOrDefault(option, List.of());
    }

    /** The routes, in the order of their lines. */
    public List<Route> routes() {
        return routes;
    }

    /** The files of pages by what the file calls their statuses. */
    public Map<String, Entry> errorPages() {
        return errorPages;
    }

    /**
     * The routes that set a setting of this one: itself, and those around it. The longest one,
     * which is last, counts; for a table all count.
     */
    public List<Route> routesWith(Route route, RouteSetting setting) {
        return routes.stream()
                .filter(each -> each.settings().containsKey(setting) && each.covers(route))
                .sorted(Comparator.comparingInt(each -> each.path().length()))
                .toList();
    }

    /** The file's name, without its folders. */
    public String name() {
        return String.valueOf(file.getFileName());
    }

    /** The folder that relative paths in the file begin at. */
    private Path folder() {
        Path parent = file.getParent();
        return parent == null ? file : parent;
    }

    /** Adds what is wrong on a line to the mistakes. */
    public void mistake(int line, String text) {
        mistakes.addInFile(line, place(line) + Text.oneLine(text));
    }

    /** See {@link Arguments#isWhole}. */
    public boolean isWhole() {
        return isWhole;
    }

    /** How a message begins about something on a line. */
    public String place(int line) {
        return file + ":" + line + ": ";
    }

    /**
     * Adds a value that an option cannot take to the mistakes.
     *
     * @return false when it comes from elsewhere
     */
    boolean locate(Option option, String value, String explanation) {
        List<Entry> said = of(option);
        if (said.isEmpty()) {
            return false;
        }
        Entry found = said.getFirst();
        for (Entry entry : said) {
            String text = entry.text();
            // Of a variable the message has the name alone.
            if (option == Option.ENV ? text.startsWith(value + "=") : text.contains(value)) {
                found = entry;
                break;
            }
        }
        mistake(found.line(), option.key() + ": " + explanation);
        return true;
    }

    // ---- keys

    private void take(TomlTable top) {
        Map<String, Option> options = new LinkedHashMap<>();
        for (Option option : Option.values()) {
            options.put(option.key(), option);
        }
        for (String key : inOrder(top)) {
            int line = line(top, key);
            Option option = options.get(key);
            if (key.equals(ROUTES)) {
                takeRoutes(top, line);
            } else if (key.equals(ERROR_PAGES)) {
                takeErrorPages(top, line);
            } else if (option == null) {
                unknown(key, line, options);
            } else if (option.isForAFile()) {
                List<Entry> values = values(option, top, key, line);
                if (!values.isEmpty()) {
                    entries.put(option, values);
                }
            } else {
                mistake(
                        line,
                        Text.quoted(key)
                                + " belongs to the command line; write "
                                + option.longName()
                                + " there");
            }
        }
    }

    private void unknown(String key, int line, Map<String, Option> options) {
        List<String> known = new ArrayList<>(List.of(ROUTES, ERROR_PAGES));
        options.forEach(
                (name, option) -> {
                    if (option.isForAFile()) {
                        known.add(name);
                    }
                });
        String near = Nearest.of(key, known);
        for (Option option : options.values()) {
            if (option.isNegative() && option.longName().equals("--" + key)) {
                near = option.key();
            }
        }
        String advice =
                near == null
                        ? "the keys are the options' names without the dashes (caffeine --help)"
                        : "did you mean " + near + "?";
        mistake(line, "there is no key " + Text.quoted(key) + "; " + advice);
    }

    /** The keys of a table by their lines. */
    private static List<String> inOrder(TomlTable table) {
        List<String> keys = new ArrayList<>(table.keySet());
        keys.sort(Comparator.comparingInt(key -> line(table, key)));
        return keys;
    }

    private static int line(TomlTable table, String key) {
        TomlPosition position = table.inputPositionOf(List.of(key));
        return position == null ? 1 : position.line();
    }

    // ---- routes

    private void takeRoutes(TomlTable top, int line) {
        if (!(top.get(List.of(ROUTES)) instanceof TomlTable all)) {
            mistake(
                    line,
                    ROUTES
                            + ": "
                            + Kind.describe(top.get(List.of(ROUTES)))
                            + "; give a table for each path, as in [routes.\"/api\"]");
            return;
        }
        for (String path : inOrder(all)) {
            Route route = new Route(path, line(all, path), new EnumMap<>(RouteSetting.class));
            if (all.get(List.of(path)) instanceof TomlTable table) {
                inOrder(table).forEach(key -> takeSetting(route, table, key));
                routes.add(route);
            } else {
                mistake(
                        route.line(),
                        route.name(null)
                                + ": "
                                + Kind.describe(all.get(List.of(path)))
                                + "; give a table of settings, as in [routes.\"/api\"] and"
                                + " handler-timeout = \"5m\"");
            }
        }
    }

    private static boolean isEmpty(@Nullable Object value) {
        return value instanceof TomlArray array && array.isEmpty();
    }

    private void takeSetting(Route route, TomlTable table, String key) {
        int line = line(table, key);
        for (RouteSetting setting : RouteSetting.values()) {
            if (setting.key().equals(key)) {
                Kind kind = Kind.of(setting.type);
                String name = route.name(key);
                Object value = table.get(List.of(key));
                boolean many = setting.type.isList();
                if (setting.type == RouteSetting.Type.TOKENS && isEmpty(value)) {
                    mistake(line, name + ": the list is empty; name some, or leave the key out");
                    return;
                }
                List<Entry> texts =
                        setting.type == RouteSetting.Type.ASSIGNMENTS
                                ? variables(name, value, line)
                                : texts(kind, name, value, line, many);
                if (!texts.isEmpty() || isEmpty(value)) {
                    route.settings().put(setting, texts);
                }
                return;
            }
        }
        List<String> known = Arrays.stream(RouteSetting.values()).map(RouteSetting::key).toList();
        String near = Nearest.of(key, known);
        String advice =
                near == null
                        ? "give one of " + String.join(", ", known)
                        : "did you mean " + near + "?";
        mistake(line, route.name(null) + ": there is no key " + Text.quoted(key) + "; " + advice);
    }

    // ---- pages

    private void takeErrorPages(TomlTable top, int line) {
        if (!(top.get(List.of(ERROR_PAGES)) instanceof TomlTable table)) {
            mistake(
                    line,
                    ERROR_PAGES
                            + ": "
                            + Kind.describe(top.get(List.of(ERROR_PAGES)))
                            + "; give a table of files by status, as in [error-pages] and 404 ="
                            + " \"404.html\"");
            return;
        }
        for (String status : inOrder(table)) {
            int at = line(table, status);
            String name = ERROR_PAGES + "." + status;
            String text = single(Kind.PATH, name, table.get(List.of(status)), at, false);
            if (text != null) {
                errorPages.put(status, new Entry(text, at));
            }
        }
    }

    // ---- values

    /** None when they are mistakes. */
    private List<Entry> values(Option option, TomlTable table, String key, int line) {
        Object value = table.get(List.of(key));
        if (option == Option.INTERPRETER) {
            return byEnding(key, value, line, "program", "py = \"python3\"");
        }
        if (option == Option.TYPE) {
            return byEnding(key, value, line, "media type", "webp = \"image/webp\"");
        }
        if (option == Option.ENV) {
            return variables(key, value, line);
        }
        List<Entry> texts = texts(Kind.of(option), key, value, line, option.isRepeatable());
        return option.isNegative() ? texts.stream().map(Entry::negated).toList() : texts;
    }

    /** A value as text; each of a list where there may be many. None for a mistake. */
    private List<Entry> texts(
            Kind kind, String name, @Nullable Object value, int line, boolean many) {
        List<Entry> all = new ArrayList<>();
        if (!many || !(value instanceof TomlArray array)) {
            String text = single(kind, name, value, line, many);
            return text == null ? all : List.of(new Entry(text, line));
        }
        for (int i = 0; i < array.size(); i++) {
            int at = lineOfValue(array.inputPositionOf(i));
            String text = single(kind, name, array.get(i), at, true);
            if (text != null) {
                all.add(new Entry(text, at));
            }
        }
        return all;
    }

    /** The position is where the value before ends; the line counts on which this one begins. */
    private int lineOfValue(TomlPosition behindTheLast) {
        int at = behindTheLast.line();
        String rest = lines.get(at - 1);
        rest = rest.substring(Math.min(behindTheLast.column() - 1, rest.length())).strip();
        while (at < lines.size() && (rest.isEmpty() || rest.startsWith("#"))) {
            rest = lines.get(at++).strip();
        }
        return at;
    }

    /** Null for a mistake. */
    private @Nullable String single(
            Kind kind, String name, @Nullable Object value, int line, boolean many) {
        String text = kind.text(value);
        if (text == null) {
            mistake(line, name + ": " + Kind.describe(value) + "; " + kind.advice(many));
            return null;
        }
        boolean output = name.equals(Option.ACCESS_LOG.key()) && text.equals("-");
        return kind == Kind.PATH && !output ? Text.below(folder(), home, text) : text;
    }

    /** Each entry as the option would say it: {@code ending=program}. */
    private List<Entry> byEnding(
            String key, @Nullable Object value, int line, String thing, String example) {
        List<Entry> entries = new ArrayList<>();
        if (!(value instanceof TomlTable table)) {
            mistake(
                    line,
                    key
                            + ": "
                            + Kind.describe(value)
                            + "; give a table of "
                            + thing
                            + "s by ending, as in ["
                            + key
                            + "] and "
                            + example);
            return entries;
        }
        for (String ending : inOrder(table)) {
            int at = line(table, ending);
            if (table.get(List.of(ending)) instanceof String text) {
                entries.add(new Entry(ending + "=" + text, at));
            } else {
                mistake(
                        at,
                        key
                                + "."
                                + ending
                                + ": "
                                + Kind.describe(table.get(List.of(ending)))
                                + "; give a "
                                + thing
                                + " as in "
                                + example);
            }
        }
        return entries;
    }

    /** Each entry as {@code --env} would say it. No message has a value, which may be a secret. */
    private List<Entry> variables(String key, @Nullable Object value, int line) {
        List<Entry> variables = new ArrayList<>();
        if (!(value instanceof TomlTable table)) {
            mistake(line, key + " is not a table; give one, as in " + VARIABLES_EXAMPLE);
            return variables;
        }
        for (String name : inOrder(table)) {
            int at = line(table, name);
            if (table.get(List.of(name)) instanceof String text) {
                variables.add(new Entry(name + "=" + text, at));
            } else {
                mistake(
                        at,
                        key
                                + "."
                                + name
                                + " is not text; give it in quotes, as in "
                                + VARIABLES_EXAMPLE);
            }
        }
        return variables;
    }
}
