package caffeine.http.cgi;

import static caffeine.http.cgi.ScriptOutput.assertGarbage;
import static caffeine.http.cgi.ScriptOutput.parsed;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.FieldList;
import caffeine.http.cgi.ScriptResponseParser.Kind;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Locale;

class ScriptHeadTest {

    @Nested
    @DisplayName("RFC 3875 §6.3: field lines")
    class FieldLines {
        @Test
        void keepTheirOrderAndStayApart() {
            ScriptResponseParser parser =
                    parsed("Set-Cookie: a=1\nContent-Type: a/b\nX-A:\nset-cookie: b=2, c\n\n");
            FieldList expected = FieldList.of("Set-Cookie", "a=1", "Content-Type", "a/b");
            expected.add("X-A", "").add("set-cookie", "b=2, c");
            assertThat(parser.fields()).hasToString(expected.toString());
        }

        @Test
        void mayHaveWhitespaceAroundTheValueOrNone() {
            ScriptResponseParser parser = parsed("Content-Type:a/b\nX-A: \t a \t b\t \n\n");
            assertThat(parser.fields()).hasToString("Content-Type: a/b\r\nX-A: a \t b\r\n");
        }

        @Test
        void keepBytesAboveAscii() {
            assertThat(parsed("Content-Type: a/b\nX-A: caf\u00c3\u00a9\n\n").fields().first("X-A"))
                    .isEqualTo("caf\u00c3\u00a9");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "X Bad: a",
                    "X-Bad : a",
                    ": a",
                    " X-Bad: a",
                    "\tX-Bad: a",
                    "X-Bad",
                    "X(Bad): a",
                    "X-B\u00e4d: a",
                    "\"X\": a"
                })
        void withAnIllegalNameAreGarbage(String line) {
            assertGarbage("Content-Type: a/b\n" + line + "\n\n");
            assertGarbage(line + "\nContent-Type: a/b\n\n");
        }

        @Test
        void areNeverContinued() {
            assertGarbage("Content-Type: a/b;\n charset=utf-8\n\n");
        }

        @ParameterizedTest
        @ValueSource(strings = {"a\rX-Evil: b", "a\0b", "a\u0001b", "a\u007fb", "\u001b[1m", "a\r"})
        void withAControlCharacterAreGarbage(String value) {
            assertGarbage("Content-Type: a/b\nX-Bad: " + value + "\r\n\n");
        }

        @ParameterizedTest
        @ValueSource(strings = {"Status: 200", "Location: /a", "Content-Type: a/b"})
        void ofTheThreeCgiFieldsComeOnce(String line) {
            assertGarbage(line + "\n" + line + "c\n\n");
            assertGarbage(line + "\nX-A: a\n" + line.toUpperCase(Locale.ROOT) + "\n\n");
        }

        @Test
        void ofContentTypeThatAreEqualCountAsOne() {
            ScriptResponseParser parser =
                    parsed("Content-Type: a/b\nX-A: a\ncontent-type:  a/b \n\n");
            assertThat(parser.kind()).isEqualTo(Kind.DOCUMENT);
            assertThat(parser.fields()).hasToString("Content-Type: a/b\r\nX-A: a\r\n");
            assertThat(parser.repeated()).isEqualTo("content-type");
        }

        @Test
        void withoutAValueAreAsGoodAsNotSent() {
            ScriptResponseParser parser =
                    parsed("Status:\nLocation: \nContent-Length:\nContent-Type: a/b\n\n");
            assertThat(parser.kind()).isEqualTo(Kind.DOCUMENT);
            assertThat(parser.fields()).hasToString("Content-Type: a/b\r\n");
            assertGarbage("Content-Type:\n\n");
        }
    }

    @Nested
    @DisplayName("RFC 3875 §6.3.3: Status")
    class StatusField {
        @ParameterizedTest
        @CsvSource(
                nullValues = "-",
                value = {
                    "200, 200, -",
                    "404 Gone Fishing, 404, Gone Fishing",
                    "599 , 599, -",
                    "299 caf\u00e9, 299, caf\u00e9"
                })
        void isThreeDigitsAndPerhapsAReason(String value, int status, String reason) {
            ScriptResponseParser parser = parsed("status: " + value + "\n\n");
            assertThat(parser.status()).isEqualTo(status);
            assertThat(parser.reason()).isEqualTo(reason);
            assertThat(parser.fields().contains("Status")).isFalse();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "fine",
                    "30",
                    "1000",
                    "20x",
                    "200OK",
                    "200\tOK",
                    "+200",
                    "0200",
                    "2 00",
                    "HTTP/1.1 200 OK",
                    "600",
                    "999",
                    "000",
                    "099"
                })
        void anythingElseIsGarbage(String value) {
            assertGarbage("Status: " + value + "\nContent-Type: a/b\n\n");
        }

        @ParameterizedTest
        @ValueSource(ints = {100, 101, 103, 199})
        void anInterimStatusIsGarbage(int status) {
            assertGarbage("Status: " + status + "\n\n");
        }
    }

    @Nested
    @DisplayName("RFC 3875 §6.3.4: the fields of HTTP")
    class ProtocolFields {
        @Test
        void contentLengthIsTakenOut() {
            ScriptResponseParser parser = parsed("content-LENGTH: 07\nContent-Type: a/b\n\n");
            assertThat(parser.contentLength()).isEqualTo(7);
            assertThat(parser.fields()).hasToString("Content-Type: a/b\r\n");
        }

        @Test
        void contentLengthMayBeRepeated() {
            assertThat(
                            parsed("Content-Length: 5\nContent-Type: a/b\nContent-Length: 5\n\n")
                                    .contentLength())
                    .isEqualTo(5);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "5\nContent-Length: 7",
                    "5, 5",
                    "-1",
                    "+5",
                    "5x",
                    "0x5",
                    "5 5",
                    "9999999999999999999",
                    "99999999999999999999999999999999999999"
                })
        void aContentLengthThatIsNoneIsGarbage(String value) {
            assertGarbage("Content-Type: a/b\nContent-Length: " + value + "\n\n");
        }

        @ParameterizedTest
        @ValueSource(strings = {"chunked", "identity", "gzip", ""})
        void aTransferCodingOfItsOwnIsGarbage(String value) {
            assertGarbage("Content-Type: a/b\nTransfer-encoding: " + value + "\n\n");
        }

        @Test
        void thoseOfTheConnectionAreDropped() {
            ScriptResponseParser parser =
                    parsed(
                            """
                            Connection: close
                            Keep-Alive: timeout=5
                            Content-Type: a/b
                            Upgrade: h2c
                            Proxy-Connection: close
                            Proxy-Authenticate: Basic
                            TE: trailers
                            Trailer: X

                            """);
            assertThat(parser.fields()).hasToString("Content-Type: a/b\r\n");
        }
    }
}
