package caffeine.http.cgi;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("RFC 9112 §6.3 and §8: content as long as it was declared")
class ScriptContentTest {

    @Test
    void dropsTheSurplus() {
        ScriptContent content = ScriptContent.of(5);
        assertThat(content.accept(3)).isEqualTo(3);
        assertThat(content.accept(3)).isEqualTo(2);
        assertThat(content.accept(3)).isZero();
        assertThat(content.passed()).isEqualTo(5);
        assertThat(content.mayEnd()).isTrue();
    }

    @Test
    void tellsOfAShortfall() {
        ScriptContent content = ScriptContent.of(5);
        assertThat(content.mayEnd()).isFalse();
        content.accept(4);
        assertThat(content.mayEnd()).isFalse();
        content.accept(1);
        assertThat(content.mayEnd()).isTrue();
    }

    @Test
    void declaredEmptyIsWholeFromTheBeginning() {
        assertThat(ScriptContent.of(0).mayEnd()).isTrue();
        assertThat(ScriptContent.of(0).accept(1)).isZero();
    }

    @Test
    void undeclaredMayHaveAnyLength() {
        ScriptContent content = ScriptContent.of(ScriptResponseParser.NO_LENGTH);
        assertThat(content.mayEnd()).isTrue();
        assertThat(content.accept(Integer.MAX_VALUE)).isEqualTo(Integer.MAX_VALUE);
        assertThat(content.accept(Integer.MAX_VALUE)).isEqualTo(Integer.MAX_VALUE);
        assertThat(content.passed()).isEqualTo(2L * Integer.MAX_VALUE);
    }

    @Test
    void noneIsDroppedAndNeverMissed() {
        ScriptContent content = ScriptContent.none();
        assertThat(content.mayEnd()).isTrue();
        assertThat(content.accept(10)).isZero();
        assertThat(content.mayEnd()).isTrue();
    }
}
