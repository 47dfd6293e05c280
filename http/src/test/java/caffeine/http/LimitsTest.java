package caffeine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class LimitsTest {

    @Test
    void haveDefaults() {
        assertThat(Limits.DEFAULTS).isEqualTo(new Limits(8 << 10, 32 << 10, 100, 16 << 20, 256));
    }

    @Test
    void areChangedOneAtATime() {
        Limits changed =
                Limits.DEFAULTS
                        .withRequestLineBytes(1)
                        .withFieldSectionBytes(2)
                        .withFieldLines(3)
                        .withContentBytes(4)
                        .withChunkExtensionBytes(5);
        assertThat(changed).isEqualTo(new Limits(1, 2, 3, 4, 5));
    }

    @Test
    void areNeitherNegativeNorBeyondWhatCanBeKept() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.DEFAULTS.withContentBytes(-1))
                .withMessageContaining("contentBytes");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.DEFAULTS.withRequestLineBytes(Integer.MAX_VALUE))
                .withMessageContaining("requestLineBytes");
        assertThat(Limits.DEFAULTS.withContentBytes(Long.MAX_VALUE).contentBytes())
                .isEqualTo(Long.MAX_VALUE);
    }
}
