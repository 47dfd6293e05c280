package caffeine.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValuesTest {

    @Nested
    class Counts {

        @ParameterizedTest
        @CsvSource({"0, 0", "8080, 8080", "65535, 65535", "007, 7"})
        void areWholeNumbers(String text, int expected) throws Exception {
            assertThat(Values.count(Option.PORT, text, 0, 65_535)).isEqualTo(expected);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "", " 1", "1 ", "+1", "-1", "1.0", "1e3", "0x10", "eighty", "1_000", "٣"
                })
        void takeNothingButDigits(String text) {
            assertThatExceptionOfType(UsageException.class)
                    .isThrownBy(() -> Values.count(Option.PORT, text, 0, 65_535))
                    .withMessage(
                            "--port: \"%s\" is not a number; give a whole number from 0 to 65535",
                            text);
        }

        @ParameterizedTest
        @CsvSource({
            "0, too small",
            "257, too large",
            "4294967297, too large",
            "18446744073709551617, too large",
            "99999999999999999999999999999999, too large"
        })
        void stayWithinTheirBounds(String text, String reason) {
            assertThatExceptionOfType(UsageException.class)
                    .isThrownBy(() -> Values.count(Option.MAX_HANDLERS, text, 1, 256))
                    .withMessage(
                            "--max-handlers: \"%s\" is %s; give a whole number from 1 to 256",
                            text, reason);
        }
    }

    @Nested
    class Sizes {

        @ParameterizedTest
        @CsvSource({
            "0, 0",
            "8192, 8192",
            "8k, 8192",
            "8K, 8192",
            "16m, 16777216",
            "16M, 16777216",
            "1g, 1073741824",
            "8589934591g, 9223372035781033984"
        })
        void areBytesOrMultiplesOf1024(String text, long expected) throws Exception {
            assertThat(Values.bytes(Option.MAX_BODY, text, 0, Long.MAX_VALUE)).isEqualTo(expected);
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "k", "12x", "1.5m", "16mb", "16 m", "-1k", "1kk", "1t"})
        void areNothingElse(String text) {
            assertThatExceptionOfType(UsageException.class)
                    .isThrownBy(() -> Values.bytes(Option.MAX_REQUEST_LINE, text, 64, 4096))
                    .withMessage(
                            "--max-request-line: \"%s\" is not a size;"
                                    + " give bytes from 64 to 4096, or with k, m or g as in 16m",
                            text);
        }

        @ParameterizedTest
        @CsvSource({
            "63, small",
            "5k, large",
            "17179869185g, large",
            "99999999999999999999g, large"
        })
        void stayWithinTheirBoundsEvenWhenNoLongHoldsThem(String text, String reason) {
            assertThatExceptionOfType(UsageException.class)
                    .isThrownBy(() -> Values.bytes(Option.MAX_REQUEST_LINE, text, 64, 4096))
                    .withMessageContaining("\"%s\" is too %s", text, reason);
        }
    }

    @Nested
    class Times {

        @ParameterizedTest
        @CsvSource({
            "5, 5000000000",
            "0.5, 500000000",
            "1.25s, 1250000000",
            "0.001, 1000000",
            "500ms, 500000000",
            "1.5ms, 1500000",
            "2m, 120000000000",
            "0.1m, 6000000000",
            "1h, 3600000000000",
            "8784h, 31622400000000000",
            "1.1234567891234, 1123456789"
        })
        void areSecondsUnlessAUnitSaysOtherwise(String text, long nanoseconds) throws Exception {
            assertThat(Values.nanoseconds(Option.IDLE_TIMEOUT, text, false)).isEqualTo(nanoseconds);
        }

        @ParameterizedTest
        @ValueSource(strings = {"0", "0s", "0.0", "0ms", "0h"})
        void mayBeZeroWhereThatMeansNone(String text) throws Exception {
            assertThat(Values.nanoseconds(Option.GRACE, text, true)).isZero();
            assertThatExceptionOfType(UsageException.class)
                    .isThrownBy(() -> Values.nanoseconds(Option.IDLE_TIMEOUT, text, false))
                    .withMessage(
                            "--idle-timeout: \"%s\" would not wait at all; give seconds as in 5 or"
                                    + " 0.5, or a unit as in 500ms, 5s, 2m, 1h",
                            text);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"", ".", "5.", ".5", "1.2.3", "5 s", "5sec", "-5", "s", "1,5", "1m30s"})
        void areNothingElse(String text) {
            assertThatExceptionOfType(UsageException.class)
                    .isThrownBy(() -> Values.nanoseconds(Option.GRACE, text, true))
                    .withMessage(
                            "--grace: \"%s\" is not a time; give seconds as in 5 or 0.5, or a unit"
                                    + " as in 500ms, 5s, 2m, 1h (0: none)",
                            text);
        }

        @ParameterizedTest
        @ValueSource(strings = {"0.5ms", "0.0009", "0.0000000000001"})
        void neverBecomeZeroByBeingShort(String text) {
            assertThatExceptionOfType(UsageException.class)
                    .isThrownBy(() -> Values.nanoseconds(Option.HANDLER_TIMEOUT, text, true))
                    .withMessageContaining("is below a millisecond");
        }

        @ParameterizedTest
        @ValueSource(strings = {"8785h", "31622401", "99999999999999999999", "99999999999999999m"})
        void endWithinAYear(String text) {
            assertThatExceptionOfType(UsageException.class)
                    .isThrownBy(() -> Values.nanoseconds(Option.HANDLER_TIMEOUT, text, true))
                    .withMessageContaining("is more than a year");
        }
    }

    @Test
    void anErrorStaysOnOneLineWhateverTheValue() {
        String hostile = "8\n80\t\u001b[31m" + "9".repeat(1000);
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> Values.count(Option.PORT, hostile, 0, 65_535))
                .satisfies(
                        e ->
                                assertThat(e.getMessage())
                                        .startsWith("--port: \"8\\n80\\t\\x1b[31m999")
                                        .contains("999...\" is not a number")
                                        .hasSizeLessThan(300));
    }
}
