package caffeine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.cli.options.Option;
import caffeine.cli.options.Surroundings;
import caffeine.server.engine.EngineDescription;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

class HelpTest {

    private final String help = print("--help");

    @ParameterizedTest
    @MethodSource("caffeine.cli.options.Option#values")
    void namesEachOption(Option option) {
        String[] names = option.names();
        String beginning = names.length == 2 ? "  " + names[0] + ", " : "      ";
        String whole = beginning + option.longName() + valueOf(option);
        assertThat(help.lines().filter(line -> (line + " ").startsWith(whole))).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void headsEachGroup(Option.Group group) {
        assertThat(help).contains("\n\n" + group.heading + "\n");
    }

    @Test
    void fitsAWindow() {
        assertThat(help.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(98));
    }

    @Test
    void isPlainAscii() {
        assertThat(help).matches("[ -~\\n]+");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-h", "--help"})
    void hasAShortNameToo(String name) {
        assertThat(print(name)).isEqualTo(help);
    }

    @Test
    void theVersionIsOneLine() {
        assertThat(print("--version")).matches("caffeine \\S.*\\n");
    }

    @ParameterizedTest
    @FieldSource("caffeine.server.engines.Engines#ALL")
    void explainsEachEngineInTwoSentencesAndADrawing(EngineDescription engine) {
        String engines = print("--engines");
        assertThat(engines).matches("[ -~\\n]+");
        assertThat(engines.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(99));
        int from = engines.indexOf(engine.name());
        assertThat(from).isNotNegative();
        int next = engines.indexOf("\n\n", engines.indexOf("\n\n", from) + 1);
        String one = engines.substring(from, next < 0 ? engines.length() : next);
        assertThat(one).containsPattern("^" + engine.name() + "( \\(default\\))?: ");
        String prose = one.substring(0, one.indexOf("\n\n"));
        assertThat(prose.split("\\.\\s|\\.$")).hasSize(2);
        assertThat(one).contains("-->");
    }

    /** What it names is there: of an installed command, of one in the source, of neither. */
    @Test
    void namesAConfigurationFileThatIsThere(@TempDir Path folder) throws IOException {
        Path java = Files.createDirectories(folder.resolve("lib/caffeine/1-x/java"));
        Path modules = Files.createDirectories(folder.resolve("cli/target/app/modules"));
        Path installed = folder.resolve("share/doc/caffeine/caffeine.toml");
        Path source = folder.resolve("examples/caffeine.toml");
        String beginning = "\nA configuration file with every key and its default: ";
        assertThat(help(java, "--module-path", modules.toString())).isEqualTo(help);
        Files.createDirectories(source.getParent());
        Files.writeString(source, "");
        assertThat(help(java, "--module-path", modules.toString()))
                .endsWith(beginning + source + "\n");
        assertThat(help(java)).isEqualTo(help);
        Files.createDirectories(installed.getParent());
        Files.writeString(installed, "");
        assertThat(help(java)).endsWith(beginning + installed + "\n");
    }

    private static String help(Path java, String... words) {
        return print("--help", java.toString(), List.of(words));
    }

    private static String valueOf(Option option) {
        return option.takesValue() ? "=" + option.label + " " : " ";
    }

    private static String print(String word) {
        return print(word, "/", List.of());
    }

    private static String print(String word, String javaHome, List<String> commandLine) {
        var output = new ByteArrayOutputStream();
        var errors = new ByteArrayOutputStream();
        var surroundings =
                new Surroundings(
                        Map.of(), "/", javaHome, commandLine, new PrintStream(errors, true));
        PrintStream printed = new PrintStream(output, true, StandardCharsets.UTF_8);
        assertThat(Main.run(printed, surroundings, word)).isZero();
        assertThat(errors.size()).isZero();
        return output.toString(StandardCharsets.UTF_8);
    }
}
