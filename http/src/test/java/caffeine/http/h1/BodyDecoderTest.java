package caffeine.http.h1;

import static caffeine.http.h1.BodyFeeding.chunked;
import static caffeine.http.h1.BodyFeeding.decode;
import static caffeine.http.h1.BodyFeeding.refused;
import static caffeine.http.h1.BodyFeeding.request;
import static caffeine.http.h1.Feeding.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.Limits;
import caffeine.http.h1.BodyFeeding.Accepted;
import caffeine.http.h1.BodyFeeding.Refused;
import caffeine.http.h1.BodyFeeding.Unfinished;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;

class BodyDecoderTest {

    @Nested
    class Rfc9112Section6_3_Length {

        @Test
        void noneIsCompleteAtOnce() {
            BodyDecoder decoder = new BodyDecoder();
            decoder.start(request().contentLength(), Limits.DEFAULTS);
            assertThat(decoder.isComplete()).isTrue();
            assertThat(decoder.decode(bytes("GET"), 0, 3, (b, from, to) -> {})).isZero();
            decoder.start(request("Content-Length: 0").contentLength(), Limits.DEFAULTS);
            assertThat(decoder.isComplete()).isTrue();
        }

        @Test
        void takesAsMuchAsIsDeclared() {
            assertThat(decode(request("Content-Length: 5"), Limits.DEFAULTS, "helloGET"))
                    .isEqualTo(new Accepted(5, "hello", 5));
        }

        @Test
        void waitsForTheRest() {
            assertThat(decode(request("Content-Length: 5"), Limits.DEFAULTS, "hell"))
                    .isEqualTo(new Unfinished("hell"));
        }

        @Test
        void refusesAtOnceWhatIsTooLarge() {
            Limits limits = Limits.DEFAULTS.withContentBytes(4);
            assertThat(decode(request("Content-Length: 5"), limits, ""))
                    .isEqualTo(new Refused(413, "RFC 9110 §15.5.14"));
            assertThat(decode(request("Content-Length: 4"), limits, "hell"))
                    .isEqualTo(new Accepted(4, "hell", 4));
        }
    }

    @Nested
    class Rfc9112Section7_1_Chunked {

        @Test
        void joinsTheChunks() {
            assertThat(chunked("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")).isEqualTo("hello");
            assertThat(chunked("0\r\n\r\n")).isEmpty();
        }

        @Test
        void stopsBehindTheBody() {
            String body = "5\r\nhello\r\n0\r\n\r\n";
            assertThat(
                            decode(
                                    request("Transfer-Encoding: chunked"),
                                    Limits.DEFAULTS,
                                    body + "GET / HTTP/1.1\r\n"))
                    .isEqualTo(new Accepted(body.length(), "hello", 5));
        }

        @Test
        void waitsForTheRest() {
            String body = "5\r\nhello\r\n0\r\n\r\n";
            for (int length = 0; length < body.length(); length++) {
                assertThat(
                                decode(
                                        request("Transfer-Encoding: chunked"),
                                        Limits.DEFAULTS,
                                        body.substring(0, length)))
                        .isInstanceOf(Unfinished.class);
            }
        }

        @Test
        void takesSizesInHexadecimal() {
            assertThat(chunked("A\r\n0123456789\r\n0\r\n\r\n")).isEqualTo("0123456789");
            assertThat(chunked("b\r\n0123456789a\r\n0\r\n\r\n")).isEqualTo("0123456789a");
            assertThat(chunked("fF\r\n" + "x".repeat(255) + "\r\n0\r\n\r\n")).hasSize(255);
            assertThat(chunked("0005\r\nhello\r\n000\r\n\r\n")).isEqualTo("hello");
            assertThat(chunked("0".repeat(31) + "5\r\nhello\r\n" + "0".repeat(32) + "\r\n\r\n"))
                    .isEqualTo("hello");
        }

        @Test
        void doesNotLookIntoTheContent() {
            assertThat(chunked("7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n")).isEqualTo("\r\n0\r\n\r\n");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "0x5\r\nhello", "+5\r\nhello", "-5\r\nhello", " 5\r\nhello", "\t5\r\nhello",
                    "g\r\nhello", "\r\nhello", "5h\r\nhello", "5,5\r\nhello", ";a=b\r\nhello",
                    "5\0\r\nhello", "\u0665\r\nhello", "000000000000000000000000000000005\r\nhello"
                })
        void rejectsOtherSizes(String start) {
            assertThat(refused(start + "\r\n0\r\n\r\n")).isEqualTo("400 RFC 9112 §7.1");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"FFFFFFFFFFFFFFFF", "10000000000000005", "7FFFFFFFFFFFFFFF", "1000001"})
        void refusesAtOnceWhatIsTooLarge(String size) {
            assertThat(refused(size)).isEqualTo("413 RFC 9110 §15.5.14");
        }

        @Test
        void countsSizesIn63Bits() {
            Limits limits = Limits.DEFAULTS.withContentBytes(Long.MAX_VALUE);
            assertThat(refused(limits, "8000000000000000")).isEqualTo("413 RFC 9110 §15.5.14");
            assertThat(refused(limits, "FFFFFFFFFFFFFFFF")).isEqualTo("413 RFC 9110 §15.5.14");
            assertThat(refused(limits, "1\r\na\r\n7FFFFFFFFFFFFFFF"))
                    .isEqualTo("413 RFC 9110 §15.5.14");
            assertThat(
                            decode(
                                    request("Transfer-Encoding: chunked"),
                                    limits,
                                    "7FFFFFFFFFFFFFFF\r\na"))
                    .isEqualTo(new Unfinished("a"));
        }

        @Test
        void refusesTheChunkThatMakesItTooLarge() {
            Limits limits = Limits.DEFAULTS.withContentBytes(5);
            assertThat(chunked(limits, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")).isEqualTo("hello");
            assertThat(refused(limits, "3\r\nhel\r\n3")).isEqualTo("413 RFC 9110 §15.5.14");
        }

        @ParameterizedTest
        @ValueSource(strings = {"5\r\nhello0\r\n\r\n", "5\r\nhello \r\n", "4\r\nhello\r\n"})
        void endsAChunkWithItsLine(String body) {
            assertThat(refused(body)).isEqualTo("400 RFC 9112 §7.1");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "5\nhello\r\n",
                    "5\rhello\r\n",
                    "5\r\r\n",
                    "5\r\nhello\n",
                    "5\r\nhello\rx",
                    "5\r\nhello\r\r\n",
                    "0\n\r\n",
                    "0\r\n\n",
                    "0\r\n\r\r",
                    "5\r\nhello\r\n\n",
                    "5;a=\"b\"\rx"
                })
        void rejectsBareLineFeedAndBareCarriageReturn(String body) {
            assertThat(refused(body)).isEqualTo("400 RFC 9112 §2.2");
        }

        @Test
        void manyTinyChunksAreOneContent() {
            assertThat(chunked("1\r\na\r\n".repeat(2000) + "0\r\n\r\n"))
                    .isEqualTo("a".repeat(2000));
        }
    }

    @Nested
    class Rfc9112Section7_1_1_ChunkExtensions {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    ";a",
                    ";a=b",
                    ";a=\"b\"",
                    ";a;b;c=d",
                    ";a=\"\"",
                    ";name=\"a;\\\"b\"",
                    " ;a",
                    "\t; a",
                    ";a =b",
                    ";a= b",
                    " ; a = b",
                    "; a = \"b c\" ; d",
                    ";a=b ;c",
                    ";a ;b",
                    ";a=\"\\\\\"",
                    ";a=\"\u00e9\t\"",
                    ";!#$%&'*+-.^_`|~=1"
                })
        void areIgnored(String extension) {
            assertThat(chunked("5" + extension + "\r\nhello\r\n0" + extension + "\r\n\r\n"))
                    .isEqualTo("hello");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    " ",
                    "\t",
                    ";",
                    "; ",
                    ";;a",
                    ";a;",
                    ";a=",
                    ";a= ",
                    ";a=b ",
                    ";a ",
                    ";a=\"b\" ",
                    ";a b",
                    ";a=b c",
                    ";=b",
                    ";a==b",
                    ";a=\"b",
                    ";a=\"b\\",
                    ";a=\"b\"c",
                    ";a=\"\u007f\"",
                    ";a=\"\0\"",
                    ";a=\"\\\0\"",
                    ";a(b)",
                    ";a=b,c",
                    " 5",
                    ";a=\"b\n\"",
                    ";\u00e9"
                })
        void rejectsWhatIsNone(String extension) {
            assertThat(refused("5" + extension + "\r\nhello\r\n0\r\n\r\n"))
                    .isEqualTo("400 RFC 9112 §7.1.1");
        }

        @Test
        void mayBeNoBareLineEnds() {
            assertThat(refused("5;a\nhello")).isEqualTo("400 RFC 9112 §7.1.1");
            assertThat(refused("5;a\rhello")).isEqualTo("400 RFC 9112 §2.2");
        }

        @Test
        void areLimitedForEachChunk() {
            String longest = ";a=" + "b".repeat(253);
            assertThat(chunked("5" + longest + "\r\nhello\r\n0" + longest + "\r\n\r\n"))
                    .isEqualTo("hello");
            assertThat(refused("5" + longest + "b\r\n")).isEqualTo("400 RFC 9112 §7.1.1");
            assertThat(refused("5" + longest + "b")).isEqualTo("400 RFC 9112 §7.1.1");
            assertThat(refused("5" + ";a".repeat(129))).isEqualTo("400 RFC 9112 §7.1.1");
            assertThat(refused("5" + " ".repeat(257))).isEqualTo("400 RFC 9112 §7.1.1");
        }

        @Test
        void areLimitedInAllByTheContent() {
            String chunk = "1;a=" + "b".repeat(253) + "\r\na\r\n";
            // Of 256 bytes 16 do not count and one is made up for: 68 * 239 is within 64 * 256.
            assertThat(chunked(chunk.repeat(68) + "0\r\n\r\n")).hasSize(68);
            assertThat(refused(chunk.repeat(69))).isEqualTo("400 RFC 9112 §7.1.1");
            String signed = "400;signature=" + "b".repeat(64) + "\r\n" + "c".repeat(1024) + "\r\n";
            assertThat(chunked(signed.repeat(300) + "0\r\n\r\n")).hasSize(300 * 1024);
            assertThat(chunked("1;a=b\r\na\r\n".repeat(20_000) + "0\r\n\r\n")).hasSize(20_000);
        }
    }

    @Nested
    class Rfc9112Section7_1_2_TrailerSection {

        @Test
        void isDropped() {
            assertThat(chunked("5\r\nhello\r\n0\r\nX-Late: a\r\nContent-Length: 3\r\n\r\n"))
                    .isEqualTo("hello");
        }

        @Test
        void consistsOfFieldLines() {
            assertThat(refused("0\r\nlate\r\n\r\n")).isEqualTo("400 RFC 9112 §5");
            assertThat(refused("0\r\nX-A : a\r\n\r\n")).isEqualTo("400 RFC 9112 §5.1");
            assertThat(refused("0\r\nX-A: a\r\n b\r\n\r\n")).isEqualTo("400 RFC 9112 §5.2");
            assertThat(refused("0\r\nX-A: a\nX-B: b\r\n\r\n")).isEqualTo("400 RFC 9112 §2.2");
            assertThat(refused("0\r\nX-A: \0\r\n\r\n")).isEqualTo("400 RFC 9110 §5.5");
            assertThat(refused("0\r\n5\r\nhello\r\n0\r\n\r\n")).isEqualTo("400 RFC 9112 §5");
        }

        @Test
        void hasTheLimitsOfAFieldSection() {
            Limits limits = Limits.DEFAULTS.withFieldSectionBytes(12).withFieldLines(2);
            assertThat(chunked(limits, "0\r\nA: a\r\nB: b\r\n\r\n")).isEmpty();
            assertThat(refused(limits, "0\r\nA: a\r\nB: bc\r\n\r\n")).isEqualTo("431 RFC 6585 §5");
            assertThat(refused(limits, "0\r\nA:\r\nB:\r\nC")).isEqualTo("431 RFC 6585 §5");
            assertThat(refused("0\r\n" + "X-Late: 0123456789\r\n".repeat(101)))
                    .isEqualTo("431 RFC 6585 §5");
        }
    }

    @Nested
    class Use {

        @Test
        void copiesNothing() {
            byte[] b = bytes("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
            List<String> slices = new ArrayList<>();
            BodyDecoder decoder = new BodyDecoder();
            decoder.start(request("Transfer-Encoding: chunked").contentLength(), Limits.DEFAULTS);
            decoder.decode(
                    b,
                    0,
                    b.length,
                    (array, from, to) -> {
                        assertThat(array).isSameAs(b);
                        slices.add(from + "-" + to);
                    });
            assertThat(slices).containsExactly("3-6", "11-13");
        }

        @Test
        void startsAnewAfterAnything() {
            BodyDecoder decoder = new BodyDecoder();
            var head = request("Transfer-Encoding: chunked");
            byte[] whole = bytes("5;a\r\nhello\r\n0\r\nA: a\r\n\r\n");
            for (String start : new String[] {"5", "5;a=\"", "5\r\nhel", "0\r\nA: a", "0\r\n\r"}) {
                decode(decoder, head, Limits.DEFAULTS, bytes(start), new int[0]);
                assertThat(decode(decoder, head, Limits.DEFAULTS, whole, new int[0]))
                        .isEqualTo(new Accepted(whole.length, "hello", 5));
            }
        }
    }
}
