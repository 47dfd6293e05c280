package caffeine.cli.manual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.cli.options.Arguments;
import caffeine.cli.options.ConfigFile;
import caffeine.cli.options.Mistakes;
import caffeine.cli.options.Option;
import caffeine.cli.options.Routes;
import caffeine.cli.options.ScriptEnvironment;
import caffeine.server.options.RouteSetting;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Manual page and completion say of each option what the table says. */
class OptionTextTest {

    @ParameterizedTest
    @MethodSource("caffeine.cli.options.Option#values")
    void knowsEveryOption(Option option) {
        String page = OptionText.of("man");
        String bash = OptionText.of("bash");
        String zsh = OptionText.of("zsh");
        for (String name : option.names()) {
            assertThat(page).contains("\\fB" + name.replace("-", "\\-") + "\\fR");
            assertThat(bash).containsPattern("[' ]" + name + "[' ]");
            assertThat(zsh).containsPattern("[ (]" + name + "[ )]|[*]" + name + "=");
        }
        if (option.byDefault != null) {
            String value = option.byDefault.replace("~", "\\(ti");
            assertThat(page).contains("Default: " + value + ".\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void thePageHasEverySettingOfARoute(RouteSetting setting) {
        String key = setting.key().replace("-", "\\-");
        String page = OptionText.of("man");
        String entry = page.substring(page.indexOf("\n.TP\n\\fB" + key + "\\fR ") + 1);
        assertThat(entry).startsWith(".TP\n\\fB" + key + "\\fR ");
        assertThat(setting.words)
                .allSatisfy(
                        word ->
                                assertThat(entry.lines().skip(1).findFirst().orElseThrow())
                                        .contains(word));
        assertThat(entry.lines().skip(2).findFirst().orElseThrow()).matches("[A-Z].*\\.");
    }

    /** In the file of the page's own example, too. */
    @Test
    void thePageHasTheTablesOfAFile(@TempDir Path folder) throws Exception {
        String page = OptionText.of("man");
        assertThat(page)
                .contains(".SS [interpreters]\n", ".SS [routes.\"/path\"]\n")
                .contains(".SS [error\\-pages]\n");
        int from = page.indexOf(".nf\n") + 4;
        String example = page.substring(from, page.indexOf(".fi\n", from)).replace("\\-", "-");
        Path file = Files.writeString(folder.resolve("c.toml"), example);
        Mistakes mistakes = new Mistakes();
        ConfigFile read = ConfigFile.read(file.toString(), "/", mistakes);
        mistakes.check();
        assertThat(read).isNotNull();
        assertThat(Routes.of(read, new ScriptEnvironment(Map.of()))).hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("caffeine.cli.options.Option#values")
    void offersOnlyWhatTheOptionTakes(Option option) throws Exception {
        for (String choice : option.choices()) {
            Arguments arguments = Arguments.parse(option.longName(), choice, "--check");
            assertThat(arguments.given(option)).isEqualTo(choice);
            assertThat(OptionText.of("bash")).contains(choice);
            assertThat(OptionText.of("zsh")).contains(choice);
        }
    }

    @Test
    void namesItsForms() {
        assertThatThrownBy(() -> OptionText.of("html")).hasMessage("forms: man, bash, zsh");
    }
}
