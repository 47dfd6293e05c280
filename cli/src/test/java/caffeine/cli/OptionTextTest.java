package caffeine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Manual page and completion say of each option what the table says. */
class OptionTextTest {

    @ParameterizedTest
    @EnumSource
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
    void offersOnlyWhatTheOptionTakes(Option option) throws Exception {
        for (String choice : Completion.choices(option)) {
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
