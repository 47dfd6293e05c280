package caffeine.http.h1;

import static caffeine.http.h1.Feeding.accepted;
import static caffeine.http.h1.Feeding.bytes;
import static caffeine.http.h1.Feeding.head;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.Limits;
import caffeine.http.RequestHead;
import caffeine.http.RequestHead.Expectation;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpectationsTest {

    private static Expectation expectation(String version, String... lines) {
        return accepted(head("POST / HTTP/" + version, lines)).expectation();
    }

    private static boolean expectsContinue(String... lines) {
        HeadParser parser = new HeadParser(Limits.DEFAULTS);
        byte[] b = bytes(head("POST / HTTP/1.1", lines));
        parser.parse(b, 0, b.length);
        RequestHead head = parser.head();
        return head.expectsContinue();
    }

    @Nested
    class Rfc9110Section10_1_1_Expect {

        @Test
        void isNothingWhenMissingOrEmpty() {
            assertThat(expectation("1.1")).isEqualTo(Expectation.NONE);
            assertThat(expectation("1.1", "Expect:")).isEqualTo(Expectation.NONE);
            assertThat(expectation("1.1", "Expect: ,")).isEqualTo(Expectation.NONE);
        }

        @ParameterizedTest
        @ValueSource(strings = {"100-continue", "100-Continue", "100-CONTINUE", "100-continue,"})
        void knowsOne(String value) {
            assertThat(expectation("1.1", "Expect: " + value)).isEqualTo(Expectation.CONTINUE);
            assertThat(expectation("1.1", "expect: " + value)).isEqualTo(Expectation.CONTINUE);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "200-ok",
                    "100-continue, 200-ok",
                    "200-ok, 100-continue",
                    "100-continued",
                    "100",
                    "100-continue;q=1",
                    "100 -continue",
                    "\"100-continue\""
                })
        void knowsNoOther(String value) {
            assertThat(expectation("1.1", "Expect: " + value)).isEqualTo(Expectation.UNKNOWN);
        }

        @Test
        void severalLinesAreOneList() {
            assertThat(expectation("1.1", "Expect: 100-continue", "Expect: 100-continue"))
                    .isEqualTo(Expectation.CONTINUE);
            assertThat(expectation("1.1", "Expect: 100-continue", "Expect: x"))
                    .isEqualTo(Expectation.UNKNOWN);
        }

        @Test
        void isIgnoredInHttp10() {
            assertThat(expectation("1.0", "Expect: 100-continue")).isEqualTo(Expectation.NONE);
            assertThat(expectation("1.0", "Expect: 200-ok")).isEqualTo(Expectation.NONE);
        }

        @Test
        void needsContentThatIsStillToCome() {
            assertThat(expectsContinue("Expect: 100-continue", "Content-Length: 1")).isTrue();
            assertThat(expectsContinue("Expect: 100-continue", "Transfer-Encoding: chunked"))
                    .isTrue();
            assertThat(expectsContinue("Expect: 100-continue", "Content-Length: 0")).isFalse();
            assertThat(expectsContinue("Expect: 100-continue")).isFalse();
            assertThat(expectsContinue("Content-Length: 1")).isFalse();
        }
    }
}
