package caffeine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.cli.options.Option;
import caffeine.cli.options.Surroundings;
import caffeine.server.options.Setting;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;

/** What the library's messages call a setting when the command is their reader's. */
class SettingTest {

    @ParameterizedTest
    @EnumSource
    void isAnOptionOfTheCommand(Setting setting) {
        PrintStream output = new PrintStream(new ByteArrayOutputStream());
        assertThat(Main.run(output, Surroundings.ofThisProcess(), "--version")).isZero();
        assertThat(Option.values().stream().map(Option::longName)).contains(setting.toString());
    }
}
