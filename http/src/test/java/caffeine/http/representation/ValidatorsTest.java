package caffeine.http.representation;

import static caffeine.http.representation.Validators.Outcome.FAILED;
import static caffeine.http.representation.Validators.Outcome.NOT_MODIFIED;
import static caffeine.http.representation.Validators.Outcome.PROCEED;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.FieldList;
import caffeine.http.representation.Validators.Outcome;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("RFC 9110 §13")
class ValidatorsTest {

    private static final long NOW = 1_800_000_000;
    private static final String DATE = "Sun, 06 Nov 1994 08:49:37 GMT";
    private static final String EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT";
    private static final Validators FILE = new Validators("\"a1\"", 784_111_777);

    private static Outcome evaluate(String... namesAndValues) {
        return FILE.evaluate(FieldList.of(namesAndValues), NOW);
    }

    @Nested
    @DisplayName("§13.1.1 If-Match")
    class IfMatch {
        @ParameterizedTest
        @ValueSource(
                strings = {"*", "\"a1\"", "\"b\", \"a1\"", "W/\"x\",\"a1\" , ", "\"b,c\",\"a1\""})
        void holds(String value) {
            assertThat(evaluate("If-Match", value)).isEqualTo(PROCEED);
        }

        @ParameterizedTest
        @ValueSource(strings = {"\"b\"", "W/\"a1\"", "a1", "\"a1", "", "\"a1\" x", "\"a1\",*"})
        void fails(String value) {
            assertThat(evaluate("If-Match", value)).isEqualTo(FAILED);
        }

        @Test
        void isOneListInSeveralLines() {
            assertThat(evaluate("If-Match", "\"b\"", "If-Match", "\"a1\"")).isEqualTo(PROCEED);
        }

        @Test
        void countsBeforeTheDate() {
            assertThat(evaluate("If-Match", "\"a1\"", "If-Unmodified-Since", EARLIER))
                    .isEqualTo(PROCEED);
            assertThat(evaluate("If-Match", "\"b\"", "If-None-Match", "\"a1\"")).isEqualTo(FAILED);
        }
    }

    @Nested
    @DisplayName("§13.1.2 If-None-Match")
    class IfNoneMatch {
        @ParameterizedTest
        @ValueSource(strings = {"*", "\"a1\"", "W/\"a1\"", "\"b\", W/\"a1\"", ",,\"a1\""})
        void isTheSame(String value) {
            assertThat(evaluate("If-None-Match", value)).isEqualTo(NOT_MODIFIED);
        }

        @ParameterizedTest
        @ValueSource(strings = {"\"b\"", "a1", "\"xa1x\"", "\"x\"a1\"x\"", "w/\"a1\"", "\"A1\""})
        void isAnother(String value) {
            assertThat(evaluate("If-None-Match", value)).isEqualTo(PROCEED);
        }

        @Test
        void countsBeforeTheDate() {
            assertThat(evaluate("If-None-Match", "\"b\"", "If-Modified-Since", DATE))
                    .isEqualTo(PROCEED);
        }
    }

    @Nested
    @DisplayName("§13.1.3 If-Modified-Since, §13.1.4 If-Unmodified-Since")
    class Dates {
        @Test
        void since() {
            assertThat(evaluate("If-Modified-Since", DATE)).isEqualTo(NOT_MODIFIED);
            assertThat(evaluate("If-Modified-Since", EARLIER)).isEqualTo(PROCEED);
            assertThat(evaluate("If-Unmodified-Since", DATE)).isEqualTo(PROCEED);
            assertThat(evaluate("If-Unmodified-Since", EARLIER)).isEqualTo(FAILED);
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "yesterday", "Sun, 32 Nov 1994 08:49:37 GMT", "0"})
        void areIgnoredWhenTheyAreNone(String value) {
            assertThat(evaluate("If-Modified-Since", value)).isEqualTo(PROCEED);
            assertThat(evaluate("If-Unmodified-Since", value)).isEqualTo(PROCEED);
        }

        @Test
        void areIgnoredWhenThereAreTwo() {
            assertThat(evaluate("If-Modified-Since", DATE, "If-Modified-Since", DATE))
                    .isEqualTo(PROCEED);
        }
    }

    @Nested
    @DisplayName("§13.1.5 If-Range")
    class IfRange {
        private boolean allows(long nowSecond, String... namesAndValues) {
            return FILE.allowRanges(FieldList.of(namesAndValues), nowSecond);
        }

        @Test
        void holds() {
            assertThat(allows(NOW)).isTrue();
            assertThat(allows(NOW, "If-Range", "\"a1\"")).isTrue();
            assertThat(allows(NOW, "If-Range", DATE)).isTrue();
        }

        @ParameterizedTest
        @ValueSource(strings = {"\"b\"", "W/\"a1\"", "*", EARLIER, "\"a1\", \"b\"", ""})
        void fails(String value) {
            assertThat(allows(NOW, "If-Range", value)).isFalse();
        }

        @Test
        void aDateOfThisSecondIsWeak() {
            assertThat(allows(784_111_778, "If-Range", DATE)).isFalse();
            assertThat(allows(784_111_779, "If-Range", DATE)).isTrue();
        }

        @Test
        void twoAreNone() {
            assertThat(allows(NOW, "If-Range", "\"a1\"", "If-Range", "\"a1\"")).isFalse();
        }
    }
}
