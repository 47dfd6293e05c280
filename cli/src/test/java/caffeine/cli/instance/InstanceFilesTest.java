package caffeine.cli.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;

class InstanceFilesTest {

    @ParameterizedTest
    @ValueSource(strings = {"a", "Z", "0", "web", "my-site_2.example", "a..", "a-", "con"})
    void names(String name) {
        assertThat(InstanceFiles.isName(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", ".", "..", "../x", ".hidden", "-n", "_x", "a/b", "a b", "a\n", "a\0b", "a*",
                "a%n", "é", "ａ", "a\u0660", "~", "$(x)"
            })
    void noNames(String name) {
        assertThat(InstanceFiles.isName(name)).isFalse();
        assertThatThrownBy(() -> InstanceFiles.of("/home", name))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void namesAreNotLong() {
        assertThat(InstanceFiles.isName("a".repeat(64))).isTrue();
        assertThat(InstanceFiles.isName("a".repeat(65))).isFalse();
        assertThat(InstanceFiles.isName("a".repeat(300))).isFalse();
    }

    @Test
    void liesWhereItIsLookedFor() {
        InstanceFiles files = InstanceFiles.of("/home/ada", "web");
        Path folder = Path.of("/home/ada/.local/share/caffeine");
        assertThat(files.pidFile()).isEqualTo(Path.of("/tmp/caffeine_web.pid"));
        assertThat(files.lock()).isEqualTo(folder.resolve("web.lock"));
        assertThat(files.log()).isEqualTo(folder.resolve("web.log"));
        assertThat(files.details()).isEqualTo(folder.resolve("web.json"));
    }
}
