package caffeine.http.h1;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.FieldList;
import caffeine.http.HttpDate;
import caffeine.http.OutputBuffer;
import caffeine.http.ResponseHead;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Locale;

class HeadEncoderTest {
    private static final byte[] NOW = HttpDate.format(784_111_777);
    private static final String DATE = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

    private static final ResponseFraming FIVE = ResponseFraming.of("GET", 1, 200, 5);
    private static final ResponseFraming CHUNKED = ResponseFraming.of("GET", 1, 200, -1);
    private static final ResponseFraming BARE = ResponseFraming.of("GET", 1, 204, -1);
    private static final ResponseFraming CLOSE = ResponseFraming.of("GET", 0, 200, -1);

    private static String encoded(
            ResponseHead head, ResponseFraming framing, boolean close, int minor) {
        OutputBuffer out = new OutputBuffer(1);
        HeadEncoder.encode(out, head, framing, close, minor, NOW);
        return out.toString();
    }

    private static String encoded(int status, String... fields) {
        ResponseHead head = new ResponseHead(status, null, FieldList.of(fields));
        return encoded(head, FIVE, false, 1);
    }

    @Nested
    @DisplayName("RFC 9112 §4: status line")
    class StatusLine {
        @Test
        void hasTheRegisteredReason() {
            assertThat(encoded(404)).startsWith("HTTP/1.1 404 Not Found\r\n");
        }

        @Test
        void hasTheGivenReason() {
            ResponseHead head = new ResponseHead(404, "Gone Fishing", new FieldList());
            assertThat(encoded(head, FIVE, false, 1)).startsWith("HTTP/1.1 404 Gone Fishing\r\n");
        }

        @Test
        void keepsTheSpaceBeforeAnEmptyReason() {
            ResponseHead head = new ResponseHead(404, "", new FieldList());
            assertThat(encoded(head, FIVE, false, 1)).startsWith("HTTP/1.1 404 \r\n");
        }

        @Test
        void namesTheServersVersionToOlderClientsToo() {
            assertThat(encoded(ResponseHead.of(200), CLOSE, true, 0))
                    .startsWith("HTTP/1.1 200 OK\r\n");
        }
    }

    @Nested
    @DisplayName("RFC 9112 §5: field lines")
    class FieldLines {
        @Test
        void goOutInTheirOrder() {
            assertThat(encoded(200, "Set-Cookie", "a=1", "X-A", "", "set-cookie", "b=2, c"))
                    .isEqualTo(
                            "HTTP/1.1 200 OK\r\n"
                                    + "Set-Cookie: a=1\r\nX-A: \r\nset-cookie: b=2, c\r\n"
                                    + DATE
                                    + "Content-Length: 5\r\n\r\n");
        }

        @Test
        void aByteForEachCharacter() {
            assertThat(encoded(200, "X-A", "caf\u00e9")).contains("X-A: caf\u00e9\r\n");
        }
    }

    @Nested
    @DisplayName("RFC 9110 §5.3: fields that a response has once")
    class Singletons {
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "Age",
                    "ETag",
                    "Server",
                    "Expires",
                    "Location",
                    "Retry-After",
                    "Content-Type",
                    "Content-Range",
                    "Last-Modified",
                    "Content-Location",
                    "Content-Disposition",
                    "Strict-Transport-Security",
                    "Access-Control-Allow-Origin"
                })
        void goOutAsSaidLast(String name) {
            String lower = name.toLowerCase(Locale.ROOT);
            assertThat(encoded(200, name, "first", "X-A", "a", lower, "second", name, "last"))
                    .isEqualTo(
                            "HTTP/1.1 200 OK\r\nX-A: a\r\n"
                                    + name
                                    + ": last\r\n"
                                    + DATE
                                    + "Content-Length: 5\r\n\r\n");
        }

        @ParameterizedTest
        @ValueSource(strings = {"Set-Cookie", "Vary", "Link", "WWW-Authenticate", "X-Type"})
        void others(String name) {
            assertThat(encoded(200, name, "first", name, "second"))
                    .contains(name + ": first\r\n" + name + ": second\r\n");
        }
    }

    @Nested
    @DisplayName("RFC 9110 §6.6.1: Date")
    class Date {
        @Test
        void isAdded() {
            assertThat(encoded(200)).contains(DATE);
        }

        @Test
        void ofTheAuthorIsKept() {
            assertThat(encoded(200, "date", "Thu, 01 Jan 1970 00:00:00 GMT"))
                    .contains("date: Thu, 01 Jan 1970 00:00:00 GMT\r\n")
                    .doesNotContain("1994");
        }

        @Test
        void ofTheAuthorIsReplacedWhenItIsNone() {
            assertThat(encoded(200, "Date", "yesterday", "X-A", "a"))
                    .contains(DATE)
                    .doesNotContain("yesterday");
        }

        @Test
        void thereIsOnlyOne() {
            assertThat(
                            encoded(
                                    200,
                                    "Date",
                                    "Thu, 01 Jan 1970 00:00:00 GMT",
                                    "Date",
                                    "Fri, 02 Jan 1970 00:00:00 GMT"))
                    .containsOnlyOnce("Date: ")
                    .contains("Thu, 01");
        }
    }

    @Nested
    @DisplayName("RFC 9112 §6: message framing")
    class Framing {
        @Test
        void isLengthOrChunkedOrNothing() {
            ResponseHead head = ResponseHead.of(200);
            assertThat(encoded(head, FIVE, false, 1))
                    .contains("Content-Length: 5\r\n")
                    .doesNotContain("Transfer-Encoding");
            assertThat(encoded(head, CHUNKED, false, 1))
                    .contains("Transfer-Encoding: chunked\r\n")
                    .doesNotContain("Content-Length");
            assertThat(encoded(ResponseHead.of(204), BARE, false, 1))
                    .isEqualTo("HTTP/1.1 204 No Content\r\n" + DATE + "\r\n");
        }

        @Test
        void isNeverTheAuthors() {
            assertThat(encoded(200, "content-length", "77", "Transfer-Encoding", "gzip, chunked"))
                    .isEqualTo("HTTP/1.1 200 OK\r\n" + DATE + "Content-Length: 5\r\n\r\n");
        }

        @Test
        void aLengthIsStatedWithoutContent() {
            assertThat(
                            encoded(
                                    ResponseHead.of(200),
                                    ResponseFraming.of("HEAD", 1, 200, 9_000_000_000L),
                                    false,
                                    1))
                    .contains("Content-Length: 9000000000\r\n");
        }
    }

    @Nested
    @DisplayName("RFC 9112 §9: persistence")
    class Persistence {
        @Test
        void needsNoWordInOneOne() {
            assertThat(encoded(200)).doesNotContain("Connection");
        }

        @Test
        void isConfirmedInOneZero() {
            assertThat(encoded(ResponseHead.of(200), FIVE, false, 0))
                    .contains("Connection: keep-alive\r\n");
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1})
        void closeIsSaid(int minor) {
            assertThat(encoded(ResponseHead.of(200), FIVE, true, minor))
                    .contains("Connection: close\r\n")
                    .doesNotContain("keep-alive");
        }

        @Test
        void closeIsSaidWhenItEndsTheContent() {
            assertThat(encoded(ResponseHead.of(200), CLOSE, false, 0))
                    .contains("Connection: close\r\n")
                    .doesNotContain("keep-alive");
        }

        @Test
        void isNeverTheAuthorsToDecide() {
            assertThat(
                            encoded(
                                    200,
                                    "Connection",
                                    "close",
                                    "Keep-Alive",
                                    "timeout=5",
                                    "Proxy-Connection",
                                    "close",
                                    "Upgrade",
                                    "h2c",
                                    "TE",
                                    "trailers",
                                    "Trailer",
                                    "X-A"))
                    .isEqualTo("HTTP/1.1 200 OK\r\n" + DATE + "Content-Length: 5\r\n\r\n");
        }
    }

    @Nested
    @DisplayName("RFC 9110 §7.8: Upgrade")
    class Upgrade {
        private final FieldList websocket = FieldList.of("Upgrade", "websocket");

        @Test
        void isNamedByConnectionWhenProtocolsSwitch() {
            assertThat(encoded(new ResponseHead(101, null, websocket), BARE, false, 1))
                    .isEqualTo(
                            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                    + DATE
                                    + "Connection: upgrade\r\n\r\n");
        }

        @Test
        void isNamedByConnectionWhenItIsRequired() {
            assertThat(encoded(new ResponseHead(426, null, websocket), FIVE, true, 1))
                    .contains("Upgrade: websocket\r\n")
                    .contains("Connection: upgrade, close\r\n");
        }
    }

    @Nested
    @DisplayName("RFC 9110 §15.2.1: 100 (Continue)")
    class Continue {
        @Test
        void hasNoFields() {
            OutputBuffer out = new OutputBuffer();
            HeadEncoder.encodeInterim(out);
            assertThat(out).hasToString("HTTP/1.1 100 Continue\r\n\r\n");
        }
    }
}
