package caffeine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;

class StatusTest {

    @Nested
    @DisplayName("RFC 9110 §15")
    class Codes {
        @ParameterizedTest
        @CsvSource({
            "100, Continue",
            "101, Switching Protocols",
            "103, Early Hints",
            "200, OK",
            "204, No Content",
            "206, Partial Content",
            "226, IM Used",
            "304, Not Modified",
            "305, Use Proxy",
            "308, Permanent Redirect",
            "400, Bad Request",
            "404, Not Found",
            "408, Request Timeout",
            "411, Length Required",
            "413, Content Too Large",
            "414, URI Too Long",
            "417, Expectation Failed",
            "426, Upgrade Required",
            "429, Too Many Requests",
            "431, Request Header Fields Too Large",
            "501, Not Implemented",
            "502, Bad Gateway",
            "503, Service Unavailable",
            "504, Gateway Timeout",
            "505, HTTP Version Not Supported",
            "507, Insufficient Storage",
            "508, Loop Detected",
            "511, Network Authentication Required"
        })
        void haveTheirRegisteredReasons(int status, String reason) {
            assertThat(Status.reason(status)).isEqualTo(reason);
        }

        @ParameterizedTest
        @ValueSource(ints = {-1, 0, 99, 104, 199, 306, 418, 599, 600, Integer.MAX_VALUE})
        void unregisteredOnesHaveNone(int status) {
            assertThat(Status.reason(status)).isEmpty();
        }

        @Test
        void goFrom100To599() {
            assertThat(Status.isValid(100)).isTrue();
            assertThat(Status.isValid(599)).isTrue();
            assertThat(Status.isValid(99)).isFalse();
            assertThat(Status.isValid(600)).isFalse();
        }

        @ParameterizedTest
        @ValueSource(ints = {-1, 0, 99, 100, 101, 199, 600, 1000})
        void thatEndNoResponse(int status) {
            assertThatThrownBy(() -> Status.requireFinal(status))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(": " + status + ";");
        }

        @ParameterizedTest
        @ValueSource(ints = {-1, 0, 99, 100, 200, 399, 600, 1000})
        void thatAnswerNoViolation(int status) {
            assertThatThrownBy(() -> new HttpException(status, "ours", "wrong"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(": " + status + ";");
        }

        @Test
        void thatDo() {
            assertThat(Status.requireFinal(200)).isEqualTo(200);
            assertThat(Status.requireFinal(599)).isEqualTo(599);
            assertThat(new HttpException(400, "ours", "wrong").status()).isEqualTo(400);
            assertThat(new HttpException(599, "ours", "wrong").status()).isEqualTo(599);
        }

        @ParameterizedTest
        @ValueSource(ints = {100, 101, 103, 199, 204, 205, 304})
        void withoutContent(int status) {
            assertThat(Status.hasContent(status)).isFalse();
        }

        @ParameterizedTest
        @ValueSource(ints = {200, 201, 206, 301, 302, 404, 500, 599})
        void withContent(int status) {
            assertThat(Status.hasContent(status)).isTrue();
        }
    }

    @Nested
    @DisplayName("RFC 9112 §4")
    class Line {
        @Test
        void namesVersionCodeAndReason() {
            assertThat(text(Status.line(404))).isEqualTo("HTTP/1.1 404 Not Found\r\n");
        }

        @Test
        void keepsTheSpaceWhenThereIsNoReason() {
            assertThat(text(Status.line(299))).isEqualTo("HTTP/1.1 299 \r\n");
        }

        @Test
        void isMadeOnce() {
            assertThat(Status.line(200)).isSameAs(Status.line(200));
        }

        @ParameterizedTest
        @ValueSource(ints = {99, 600, -1})
        void isThereForCodesAlone(int status) {
            assertThatThrownBy(() -> Status.line(status))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }

        private static String text(byte[] line) {
            return new String(line, StandardCharsets.ISO_8859_1);
        }
    }
}
