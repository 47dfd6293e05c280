package caffeine.http.h1;

import static caffeine.http.h1.Feeding.accepted;
import static caffeine.http.h1.Feeding.bytes;
import static caffeine.http.h1.Feeding.head;
import static caffeine.http.h1.Feeding.parse;
import static caffeine.http.h1.Feeding.refused;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.Limits;
import caffeine.http.h1.Feeding.Refused;
import caffeine.http.h1.Feeding.Unfinished;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestLineTest {

    @Nested
    class Rfc9112Section2_2_MessageParsing {

        @Test
        void skipsEmptyLinesBeforeTheRequestLine() {
            assertThat(accepted("\r\n" + head("GET / HTTP/1.1")).method()).isEqualTo("GET");
            assertThat(accepted("\r\n".repeat(4) + head("GET / HTTP/1.1")).method())
                    .isEqualTo("GET");
        }

        @Test
        void skipsAFewEmptyLinesOnly() {
            assertThat(refused("\r\n".repeat(5))).isEqualTo("400 RFC 9112 §2.2");
        }

        @Test
        void emptyLinesAreNotTheStartOfAHead() {
            assertThat(parse(Limits.DEFAULTS, "\r\n\r")).isEqualTo(new Unfinished(false));
            assertThat(parse(Limits.DEFAULTS, "\r\nG")).isEqualTo(new Unfinished(true));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "\nGET / HTTP/1.1\r\nHost: x.test\r\n\r\n",
                    "\rGET / HTTP/1.1\r\nHost: x.test\r\n\r\n",
                    "\r\r\nGET / HTTP/1.1\r\nHost: x.test\r\n\r\n",
                    "GET\n/ HTTP/1.1\r\nHost: x.test\r\n\r\n",
                    "GET /\nHTTP/1.1\r\nHost: x.test\r\n\r\n",
                    "GET / HTTP/1.1\nHost: x.test\r\n\r\n",
                    "GET / HTTP/1.1\rHost: x.test\r\n\r\n",
                    "GET / HTTP/1.1\r\rHost: x.test\r\n\r\n",
                })
        void rejectsBareLineFeedAndBareCarriageReturn(String sample) {
            assertThat(refused(sample)).isEqualTo("400 RFC 9112 §2.2");
        }

        @Test
        void aCarriageReturnIsNoWhitespace() {
            assertThat(refused("GET /\rHTTP/1.1\r\nHost: x.test\r\n\r\n"))
                    .isEqualTo("400 RFC 9112 §3");
        }
    }

    @Nested
    class Rfc9112Section2_3_Version {

        @Test
        void servesEveryMajorVersion1AsHttp11ButHttp10AsItself() {
            assertThat(accepted(head("GET / HTTP/1.0")).minorVersion()).isZero();
            assertThat(accepted(head("GET / HTTP/1.1")).minorVersion()).isOne();
            assertThat(accepted(head("GET / HTTP/1.2")).minorVersion()).isOne();
            assertThat(accepted(head("GET / HTTP/1.9")).minorVersion()).isOne();
        }

        @ParameterizedTest
        @ValueSource(strings = {"HTTP/0.9", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9"})
        void answersAnotherMajorVersionWith505(String version) {
            assertThat(refused(head("GET / " + version))).isEqualTo("505 RFC 9110 §15.6.6");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http/1.1",
                    "Http/1.1",
                    "HTTP/1",
                    "HTTP/1.",
                    "HTTP/.1",
                    "HTTP/11",
                    "HTTP/1,1",
                    "HTTP/1.10",
                    "HTTP/01.1",
                    "HTTP/one",
                    "HTTP1.1",
                    "HTTP /1.1",
                    "HTTP/ 1.1",
                    "HTTP/1.1 ",
                    " HTTP/1.1",
                    "HTTP/1.1\t",
                    "HTTP/-1.1",
                    "HTTP/2",
                    "ICY/1.1",
                    "",
                    "again HTTP/1.1",
                    "HTTP/1.1\0",
                    "HTTP/1.\u00b9"
                })
        void rejectsWhatIsNoVersion(String version) {
            assertThat(refused(head("GET / " + version))).isEqualTo("400 RFC 9112 §2.3");
        }

        @Test
        void rejectsTheFirstLineOfHttp2() {
            assertThat(refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
                    .isEqualTo("505 RFC 9110 §15.6.6");
        }
    }

    @Nested
    class Rfc9112Section3_RequestLine {

        @Test
        void hasMethodTargetAndVersion() {
            var request = accepted(head("GET /where?q=now HTTP/1.1"));
            assertThat(request.method()).isEqualTo("GET");
            assertThat(request.target().text()).isEqualTo("/where?q=now");
            assertThat(request.minorVersion()).isOne();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    " GET / HTTP/1.1",
                    "\tGET / HTTP/1.1",
                    "GET\t/ HTTP/1.1",
                    "GET  / HTTP/1.1",
                    "GET /",
                    "GET",
                    "GET ",
                    "G ",
                })
        void rejectsAnotherNumberOfWordsOrOtherWhitespace(String line) {
            assertThat(refused(head(line))).isEqualTo("400 RFC 9112 §3");
        }

        @Test
        void rejectsWhitespaceOtherThanASpaceBehindTheTarget() {
            assertThat(refused(head("GET /\tHTTP/1.1"))).isEqualTo("400 RFC 9112 §3.2");
            assertThat(refused(head("GET /\u000b HTTP/1.1"))).isEqualTo("400 RFC 9112 §3.2");
        }

        @Test
        void aMethodLongerThanTheLineIsNotImplemented() {
            assertThat(refused("A".repeat(8193))).isEqualTo("501 RFC 9112 §3");
        }

        @Test
        void aTargetThatMakesTheLineTooLongIsTooLong() {
            assertThat(refused("GET /" + "a".repeat(8188))).isEqualTo("414 RFC 9112 §3");
            assertThat(refused("GET " + "/".repeat(8180) + " HTTP/1.1\r\n"))
                    .isEqualTo("414 RFC 9112 §3");
        }
    }

    @Nested
    class Rfc9110Section9_1_Method {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "GET",
                    "PUT",
                    "HEAD",
                    "POST",
                    "PATCH",
                    "TRACE",
                    "DELETE",
                    "get",
                    "Get",
                    "BREW",
                    "G",
                    "PRI",
                    "M-SEARCH",
                    "VERSION-CONTROL",
                    "!#$%&'*+-.^_`|~09azAZ",
                    "GOT",
                    "PAT",
                    "PUSH",
                    "PROBE",
                    "DELATE"
                })
        void isAnyTokenInItsOwnCase(String method) {
            assertThat(accepted(head(method + " / HTTP/1.1")).method()).isEqualTo(method);
        }

        @Test
        void isKnownForOptionsAndConnectToo() {
            assertThat(accepted(head("OPTIONS * HTTP/1.1")).method()).isEqualTo("OPTIONS");
            assertThat(accepted(head("CONNECT x.test:80 HTTP/1.1")).method()).isEqualTo("CONNECT");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"GE(T", "GE\0T", "GE\u007fT", "G\u00c9T", "GET:", "{GET}", "\"GET\""})
        void rejectsWhatIsNoToken(String method) {
            assertThat(refused(head(method + " / HTTP/1.1"))).isEqualTo("400 RFC 9110 §9.1");
        }

        @Test
        void rejectsTlsAtItsFirstByte() {
            HeadParser parser = new HeadParser(Limits.DEFAULTS);
            assertThat(parse(parser, bytes("\u0016"), new int[0]))
                    .isEqualTo(new Refused(400, "RFC 9110 §9.1"));
        }
    }

    @Nested
    class Limit {
        private static final String REST = "\r\nHost: x.test\r\n\r\n";

        @Test
        void countsTheLineEndIn() {
            Limits limits =
                    Limits.DEFAULTS.withRequestLineBytes("GET /12345 HTTP/1.1\r\n".length());
            assertThat(accepted(limits, "GET /12345 HTTP/1.1" + REST).method()).isEqualTo("GET");
            assertThat(refused(limits, "GET /123456 HTTP/1.1" + REST)).isEqualTo("414 RFC 9112 §3");
        }

        @Test
        void doesNotCountEmptyLinesBefore() {
            Limits limits = Limits.DEFAULTS.withRequestLineBytes("GET / HTTP/1.1\r\n".length());
            assertThat(accepted(limits, "\r\n\r\nGET / HTTP/1.1" + REST).method()).isEqualTo("GET");
        }

        @Test
        void isSeenOnAnUnfinishedLine() {
            Limits limits = Limits.DEFAULTS.withRequestLineBytes(32);
            assertThat(parse(limits, "GET /" + "a".repeat(27))).isEqualTo(new Unfinished(true));
            assertThat(refused(limits, "GET /" + "a".repeat(28))).isEqualTo("414 RFC 9112 §3");
        }

        @Test
        void comesBeforeWhatLiesBehindIt() {
            Limits limits = Limits.DEFAULTS.withRequestLineBytes(32);
            assertThat(refused(limits, "GET /" + "a".repeat(27) + "\0"))
                    .isEqualTo("414 RFC 9112 §3");
            assertThat(refused(limits, "GET /" + "a".repeat(26) + "\0"))
                    .isEqualTo("400 RFC 9112 §3.2");
        }

        @Test
        void mayCutTheVersionAnywhere() {
            String line = "GET /aaaa HTTP/1.1\r\n";
            for (int bytes = "GET /aaaa ".length(); bytes < line.length(); bytes++) {
                assertThat(refused(Limits.DEFAULTS.withRequestLineBytes(bytes), line))
                        .isEqualTo("414 RFC 9112 §3");
            }
        }
    }
}
