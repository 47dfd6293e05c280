package caffeine.http.h1;

import static caffeine.http.h1.Feeding.accepted;
import static caffeine.http.h1.Feeding.head;
import static caffeine.http.h1.Feeding.refused;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.RequestHead;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageFramingTest {

    private static String post(String... lines) {
        return head("POST / HTTP/1.1", lines);
    }

    @Nested
    class Rfc9112Section6_1_TransferEncoding {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "chunked",
                    "Chunked",
                    "CHUNKED",
                    " \tchunked\t ",
                    ",chunked",
                    "chunked ,",
                    ", ,chunked,"
                })
        void chunkedIsTheOneCodingThatIsDecoded(String value) {
            assertThat(accepted(post("Transfer-Encoding: " + value)).contentLength())
                    .isEqualTo(RequestHead.CHUNKED);
        }

        @Test
        void theNameMayHaveAnyCase() {
            assertThat(accepted(post("tRANSFER-eNCODING: chunked")).contentLength())
                    .isEqualTo(RequestHead.CHUNKED);
        }

        @Test
        void anotherNameIsAnotherField() {
            assertThat(accepted(post("Transfer_Encoding: chunked")).contentLength())
                    .isEqualTo(RequestHead.NO_LENGTH);
            assertThat(accepted(post("Transfer-Encodings: gzip")).contentLength())
                    .isEqualTo(RequestHead.NO_LENGTH);
        }

        @Test
        void chunkedOccursOnce() {
            assertThat(refused(post("Transfer-Encoding: chunked, chunked")))
                    .isEqualTo("400 RFC 9112 §6.1");
            assertThat(refused(post("Transfer-Encoding: chunked", "Transfer-Encoding: Chunked")))
                    .isEqualTo("400 RFC 9112 §6.1");
            assertThat(refused(post("Transfer-Encoding: chunked, gzip, chunked")))
                    .isEqualTo("400 RFC 9112 §6.1");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "gzip, chunked",
                    "gzip,chunked",
                    "identity, chunked",
                    "x;a=b, chunked",
                    "a ; b = \"c\" , chunked",
                    "deflate, gzip, chunked"
                })
        void anUnknownCodingBeforeChunkedIsNotImplemented(String value) {
            assertThat(refused(post("Transfer-Encoding: " + value))).isEqualTo("501 RFC 9112 §6.1");
        }

        @Test
        void severalLinesAreOneList() {
            assertThat(refused(post("Transfer-Encoding: gzip", "Transfer-Encoding: chunked")))
                    .isEqualTo("501 RFC 9112 §6.1");
            assertThat(
                            accepted(post("Transfer-Encoding:", "Transfer-Encoding: chunked"))
                                    .contentLength())
                    .isEqualTo(RequestHead.CHUNKED);
        }

        @Test
        void excludesContentLength() {
            assertThat(refused(post("Transfer-Encoding: chunked", "Content-Length: 5")))
                    .isEqualTo("400 RFC 9112 §6.1");
            assertThat(refused(post("Content-Length: 5", "Transfer-Encoding: chunked")))
                    .isEqualTo("400 RFC 9112 §6.1");
            assertThat(refused(post("Content-Length: x", "Transfer-Encoding: gzip")))
                    .isEqualTo("400 RFC 9112 §6.1");
        }

        @Test
        void isFaultyInHttp10() {
            assertThat(refused(head("POST / HTTP/1.0", "Transfer-Encoding: chunked")))
                    .isEqualTo("400 RFC 9112 §6.1");
        }
    }

    @Nested
    class Rfc9112Section6_3_LastCoding {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "gzip",
                    "chunked, gzip",
                    "identity",
                    "xchunked",
                    "chunkedx",
                    "chunked, identity",
                    "",
                    ",",
                    "chunked;a=b",
                    "chunked ; a",
                    "gzip, chunked;q=1"
                })
        void isChunkedAndHasNoParameters(String value) {
            assertThat(refused(post("Transfer-Encoding: " + value))).isEqualTo("400 RFC 9112 §6.3");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "\"chunked\"",
                    "chun ked",
                    "(chunked)",
                    "chunked=1",
                    "gzip chunked",
                    ";chunked",
                    "\u00e7hunked",
                    "gzip;a=\", chunked\"",
                    "[], chunked"
                })
        void isATransferCoding(String value) {
            assertThat(refused(post("Transfer-Encoding: " + value)))
                    .isEqualTo("400 RFC 9110 §10.1.4");
        }
    }

    @Nested
    class Rfc9112Section6_3_NoLength {

        @Test
        void isNoContent() {
            var request = accepted(post());
            assertThat(request.contentLength()).isEqualTo(RequestHead.NO_LENGTH);
        }
    }

    @Nested
    class Rfc9110Section8_6_ContentLength {

        @ParameterizedTest
        @ValueSource(strings = {"5", "0005", " 5\t", "00000000000000000000000000000005"})
        void isANumber(String value) {
            assertThat(accepted(post("Content-Length: " + value)).contentLength()).isEqualTo(5);
        }

        @Test
        void mayBeZeroAndOfAnyMethod() {
            assertThat(accepted(post("Content-Length: 0")).contentLength()).isZero();
            assertThat(accepted(head("GET / HTTP/1.0", "Content-Length: 7")).contentLength())
                    .isEqualTo(7);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "", "+5", "-5", "0x5", "5 5", "5,5", "5, 5", "5, 6", "5;", "5.0", "five", "1e3",
                    "\u00b2", "5_0", "\"5\"", "- 5", "-0"
                })
        void isNothingElse(String value) {
            assertThat(refused(post("Content-Length: " + value))).isEqualTo("400 RFC 9110 §8.6");
        }

        @Test
        void occursOnce() {
            assertThat(refused(post("Content-Length: 5", "Content-Length: 5")))
                    .isEqualTo("400 RFC 9112 §6.3");
            assertThat(refused(post("Content-Length: 5", "content-length: 6")))
                    .isEqualTo("400 RFC 9112 §6.3");
        }

        @Test
        void isCountedIn63Bits() {
            assertThat(accepted(post("Content-Length: 9223372036854775807")).contentLength())
                    .isEqualTo(Long.MAX_VALUE);
            assertThat(refused(post("Content-Length: 9223372036854775808")))
                    .isEqualTo("413 RFC 9110 §8.6");
            assertThat(refused(post("Content-Length: 18446744073709551621")))
                    .isEqualTo("413 RFC 9110 §8.6");
            assertThat(refused(post("Content-Length: 99999999999999999999999999999")))
                    .isEqualTo("413 RFC 9110 §8.6");
        }
    }
}
