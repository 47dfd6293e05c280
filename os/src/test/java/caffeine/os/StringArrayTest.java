package caffeine.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class StringArrayTest {
    private final StringArray strings = new StringArray();

    @Test
    void countsStringsAndBytesWithTheirNuls() {
        strings.add("ab");
        strings.addVariable("A", "é");
        assertThat(strings.count()).isEqualTo(2);
        assertThat(strings.bytes()).isEqualTo(3 + 5);
        strings.clear();
        assertThat(strings.count()).isZero();
        assertThat(strings.bytes()).isZero();
    }

    @Test
    void refusesANulAndStaysAsItWas() {
        assertThatThrownBy(() -> strings.add("a\0b")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> strings.addVariable("A\0", "b"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> strings.addVariable("A", new byte[1]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(strings.count()).isZero();
        assertThat(strings.bytes()).isZero();
    }
}
