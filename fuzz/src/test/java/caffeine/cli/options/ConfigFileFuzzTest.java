package caffeine.cli.options;

import caffeine.server.engine.StartException;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A configuration file. What is accepted is TOML to another parser too, and says the same there.
 */
class ConfigFileFuzzTest {
    private static final TomlMapper OTHER = new TomlMapper();

    private static Path file = Path.of("none");

    @BeforeAll
    static void createFile() throws IOException {
        file = Files.createTempFile("fuzz-", ".toml").toRealPath();
    }

    @AfterAll
    static void removeFile() throws IOException {
        Files.delete(file);
    }

    @FuzzTest
    void file(byte[] data) throws IOException {
        Files.write(file, data);
        Mistakes mistakes = new Mistakes();
        ConfigFile config = ConfigFile.read(file.toString(), "/home/me", mistakes);
        try {
            mistakes.check();
        } catch (StartException | UsageException e) {
            Mistakes.messages(e).forEach(message -> judgeMessage(message, data));
            return;
        }
        Objects.requireNonNull(config);
        judge(config, other(new String(data, StandardCharsets.UTF_8)));
    }

    private static JsonNode other(String text) {
        try {
            return OTHER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError("accepted, but the other parser says: " + e.getMessage(), e);
        }
    }

    /** File and line, or the file alone; nothing that would confuse a terminal. */
    private static void judgeMessage(String message, byte[] data) {
        int lines = 1;
        for (byte b : data) {
            lines += b == '\n' ? 1 : 0;
        }
        Pattern located = Pattern.compile(Pattern.quote(file.toString()) + ":([0-9]+): (?s:.+)");
        var matcher = located.matcher(message);
        boolean plain = message.startsWith("--config: ") || message.startsWith("and ");
        require(matcher.matches() || plain, "message: " + message);
        require(message.chars().noneMatch(Character::isISOControl), "a control in: " + message);
        if (!plain) {
            int number = Integer.parseInt(matcher.group(1));
            require(number >= 1 && number <= lines, "no such line: " + message);
        }
    }

    private static void judge(ConfigFile config, JsonNode other) {
        Set<String> keys = new HashSet<>();
        other.fieldNames().forEachRemaining(keys::add);
        for (Option option : Option.values()) {
            if (option.isForAFile() && keys.remove(option.key())) {
                judgeValues(option, config.of(option), other.get(option.key()));
            } else {
                require(config.of(option).isEmpty(), "values of an absent key: " + option.key());
            }
        }
        Set<String> paths = new HashSet<>();
        config.routes().forEach(route -> paths.add(route.path()));
        require(paths.equals(names(other, ConfigFile.ROUTES, keys)), "routes: " + paths);
        for (ConfigFile.Route route : config.routes()) {
            int settings = other.get(ConfigFile.ROUTES).get(route.path()).size();
            require(route.settings().size() == settings, "settings of " + route.path());
        }
        Set<String> pages = config.errorPages().keySet();
        require(pages.equals(names(other, ConfigFile.ERROR_PAGES, keys)), "pages: " + pages);
        require(keys.isEmpty(), "keys that were passed over: " + keys);
    }

    private static void judgeValues(Option option, List<ConfigFile.Entry> found, JsonNode other) {
        boolean many = other.isContainerNode();
        require(found.size() == (many ? other.size() : 1), "values of " + option.key());
        if (Kind.of(option) == Kind.PATH || option == Option.INTERPRETER || other.isFloat()) {
            return; // made absolute, or put together, or written otherwise
        }
        for (int i = 0; i < found.size() && !other.isDouble() && !other.isBigDecimal(); i++) {
            String text = (many ? other.get(i) : other).asText();
            require(found.get(i).text().equals(text), option.key() + " is not " + text);
        }
    }

    private static Set<String> names(JsonNode other, String key, Set<String> keys) {
        Set<String> names = new HashSet<>();
        if (keys.remove(key)) {
            other.get(key).fieldNames().forEachRemaining(names::add);
        }
        return names;
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
