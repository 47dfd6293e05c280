package caffeine.server.core;

import static caffeine.server.core.Talk.error;
import static caffeine.server.core.Talk.get;
import static caffeine.server.core.Talk.ok;
import static caffeine.server.core.Talk.okAndClose;
import static caffeine.server.core.Talk.post;
import static caffeine.server.core.Talk.request;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.core.Talk.Cut;
import caffeine.server.options.ServerLimits;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exchanges in their order; the same however the client's bytes arrive. */
@ParameterizedClass
@EnumSource
class ConnectionTest {

    @Parameter Cut cut = Cut.WHOLE;

    private Talk echoing() {
        return new Talk(cut, Talk::echo);
    }

    @Nested
    class Rfc9112Section9_3_Persistence {
        @Test
        void oneExchangeFollowsAnother() {
            Talk talk = echoing();
            assertThat(talk.send(get("/a")).answer()).isEqualTo(ok("GET /a "));
            assertThat(talk.send(post("/b", "hello")).answer()).isEqualTo(ok("POST /b hello"));
            assertThat(talk.send(get("/c")).answer()).isEqualTo(ok("GET /c "));
            assertThat(talk.isOpen()).isTrue();
            assertThat(talk.connection.isIdle()).isTrue();
            assertThat(talk.events.exchanges)
                    .containsExactly("GET /a 1 200 7", "POST /b 1 200 13", "GET /c 1 200 7");
        }

        @Test
        void closeFromTheClientIsSaidAndDone() {
            Talk talk = echoing();
            talk.send(get("/a", "Connection: close") + get("/never"));
            assertThat(talk.answer()).isEqualTo(okAndClose("GET /a "));
            assertThat(talk.transport.closed).isTrue();
            assertThat(talk.asked).hasSize(1);
        }

        @Test
        void http10ClosesUnlessItAsksNotTo() {
            Talk talk = echoing();
            talk.send("GET /a HTTP/1.0\r\n\r\n");
            assertThat(talk.answer()).isEqualTo(okAndClose("GET /a "));
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void http10IsToldThatItMayGoOn() {
            Talk talk = echoing();
            for (int i = 0; i < 2; i++) {
                talk.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
                assertThat(talk.answer())
                        .isEqualTo(
                                "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n"
                                        + "Connection: keep-alive\r\n\r\nGET /a ");
                assertThat(talk.isOpen()).isTrue();
            }
        }

        @Test
        void theLastOfTheAllowedRequestsSaysSo() {
            ServerLimits all = ServerLimits.DEFAULT;
            ServerLimits three =
                    new ServerLimits(
                            all.http(), all.connections(), 0, 3, all.handlers(), all.queue(), 0);
            Talk talk = new Talk(cut, three, Talk::echo);
            talk.send(get("/1") + get("/2") + get("/3") + get("/4"));
            assertThat(talk.answer())
                    .isEqualTo(ok("GET /1 ") + ok("GET /2 ") + okAndClose("GET /3 "));
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void aLineEndBetweenRequestsIsNoRequest() {
            Talk talk = echoing();
            talk.send(post("/a", "1") + "\r\n" + get("/b") + "\r\n");
            assertThat(talk.answer()).isEqualTo(ok("POST /a 1") + ok("GET /b "));
            assertThat(talk.connection.isIdle()).isTrue();
        }
    }

    @Nested
    class Rfc9112Section9_3_2_Pipelining {
        @Test
        void answersInTheOrderOfTheRequests() {
            Talk talk = echoing();
            StringBuilder requests = new StringBuilder();
            StringBuilder answers = new StringBuilder();
            for (int i = 0; i < 10; i++) {
                requests.append(i % 3 == 0 ? post("/" + i, "c" + i) : get("/" + i));
                answers.append(ok(i % 3 == 0 ? "POST /" + i + " c" + i : "GET /" + i + " "));
            }
            assertThat(talk.send(requests.toString()).answer()).isEqualTo(answers.toString());
            assertThat(talk.isOpen()).isTrue();
        }

        @Test
        void waitsForTheAnswerThatIsUnderWay() {
            Talk talk = new Talk(cut);
            talk.send(get("/a") + post("/b", "bb") + get("/c"));
            assertThat(talk.asked).hasSize(1);
            assertThat(talk.transport.paused).isTrue();
            assertThat(talk.connection.isIdle()).isFalse();

            Talk.echo(talk.last());
            talk.pump();
            assertThat(talk.answer()).isEqualTo(ok("GET /a "));
            assertThat(talk.asked).hasSize(2);

            Talk.echo(talk.last());
            talk.pump();
            Talk.echo(talk.last());
            talk.pump();
            assertThat(talk.answer()).isEqualTo(ok("POST /b bb") + ok("GET /c "));
            assertThat(talk.transport.paused).isFalse();
            assertThat(talk.connection.isIdle()).isTrue();
        }

        @Test
        void readsOnOnceAllIsAnswered() {
            Talk talk = new Talk(cut);
            talk.send(get("/a") + "GET /b HTTP/1.1\r\nHos");
            Talk.echo(talk.last());
            talk.pump();
            assertThat(talk.transport.paused).isFalse();
            talk.send("t: x.test\r\n\r\n");
            Talk.echo(talk.last());
            assertThat(talk.answer()).isEqualTo(ok("GET /a ") + ok("GET /b "));
        }

        @Test
        void aViolationIsAnsweredAfterWhatCameBeforeIt() {
            Talk talk = new Talk(cut);
            talk.send(get("/a") + "GET\r\n\r\n");
            assertThat(talk.answer()).isEmpty();
            Talk.echo(talk.last());
            talk.pump();
            assertThat(talk.answer()).isEqualTo(ok("GET /a ") + error(400, "Bad Request", true));
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void whatFollowsAViolationIsNotRead() {
            Talk talk = echoing();
            talk.send(get("/a") + "GET / HTTP/1.1\r\nHost : x\r\n\r\n" + get("/b"));
            assertThat(talk.answer()).isEqualTo(ok("GET /a ") + error(400, "Bad Request", true));
            assertThat(talk.asked).hasSize(1);
        }
    }

    @Nested
    class Rfc9110Section15_ErrorsClose {
        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                ignoreLeadingAndTrailingWhitespace = false,
                value = {
                    "400|Bad Request|GET / HTTP/1.1\\r\\n\\r\\n",
                    "400|Bad Request|GET / HTTP/1.1\\r\\nHost: a\\r\\nHost: a\\r\\n\\r\\n",
                    "400|Bad Request|GET  / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
                    "400|Bad Request|GET / HTTP/1.1\\nHost: a\\n\\n",
                    "400|Bad Request|POST / HTTP/1.1\\r"
                            + "\\n"
                            + "Host: a\\r"
                            + "\\n"
                            + "Content-Length: x\\r"
                            + "\\n"
                            + "\\r"
                            + "\\n",
                    "413|Content Too Large|POST / HTTP/1.1\\r"
                            + "\\n"
                            + "Host: a\\r"
                            + "\\n"
                            + "Content-Length: 16777217\\r"
                            + "\\n"
                            + "\\r"
                            + "\\n",
                    "501|Not Implemented|POST / HTTP/1.1\\r"
                            + "\\n"
                            + "Host: a\\r"
                            + "\\n"
                            + "Transfer-Encoding: gzip, chunked\\r"
                            + "\\n"
                            + "\\r"
                            + "\\n",
                    "505|HTTP Version Not Supported|GET / HTTP/2.0\\r\\nHost: a\\r\\n\\r\\n",
                })
        void oneFor(int status, String reason, String sample) {
            Talk talk = echoing();
            talk.send(sample.replace("\\r", "\r").replace("\\n", "\n") + get("/next"));
            assertThat(talk.answer()).isEqualTo(error(status, reason, true));
            assertThat(talk.transport.closed).isTrue();
            assertThat(talk.events.refusals).hasSize(1);
            assertThat(talk.events.refusals.getFirst()).startsWith(status + " RFC 9");
        }

        @Test
        void withoutContentForHead() {
            Talk talk = echoing();
            talk.send("HEAD / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
            assertThat(talk.answer())
                    .startsWith("HTTP/1.1 400 Bad Request\r\n")
                    .contains("Content-Length: 16\r\n")
                    .endsWith("\r\n\r\n");
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void aLineTooLongIs414AndAFieldSectionTooLargeIs431() {
            Talk talk = echoing();
            talk.send("GET /" + "a".repeat(9000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(talk.answer()).isEqualTo(error(414, "URI Too Long", true));

            talk = echoing();
            talk.send(get("/", "X: " + "a".repeat(33_000)));
            assertThat(talk.answer())
                    .isEqualTo(error(431, "Request Header Fields Too Large", true));
            assertThat(talk.asked).isEmpty();
        }

        @Test
        void inChunkedContentTheHandlerHearsOfIt() {
            Talk talk = echoing();
            talk.send(request("POST /a HTTP/1.1", "Transfer-Encoding: chunked"));
            talk.send("3\r\nabc\r\nx\r\n");
            assertThat(talk.answer()).isEqualTo(error(400, "Bad Request", true));
            assertThat(talk.last().abandoned).isEqualTo(1);
            assertThat(talk.last().ended).isFalse();
            assertThat(talk.transport.closed).isTrue();
            assertThat(talk.events.exchanges).containsExactly("POST /a 1 400 16");
        }

        @Test
        void chunkedContentTooLargeIs413() {
            ServerLimits all = ServerLimits.DEFAULT;
            caffeine.http.Limits http = all.http();
            caffeine.http.Limits small =
                    new caffeine.http.Limits(
                            http.requestLineBytes(),
                            http.fieldSectionBytes(),
                            http.fieldLines(),
                            4,
                            http.chunkExtensionBytes());
            ServerLimits four =
                    new ServerLimits(
                            small, all.connections(), 0, 0, all.handlers(), all.queue(), 0);
            Talk talk = new Talk(cut, four, Talk::echo);
            talk.send(request("POST /a HTTP/1.1", "Transfer-Encoding: chunked"));
            talk.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
            assertThat(talk.answer()).isEqualTo(error(413, "Content Too Large", true));
        }
    }

    @Nested
    class Rfc9110Section9_Methods {
        @ParameterizedTest
        @ValueSource(strings = {"DELETE", "PATCH", "PROPFIND", "brew", "M-SEARCH"})
        void anyTokenReachesTheHandler(String method) {
            Talk talk = echoing();
            talk.send(request(method + " /a HTTP/1.1"));
            assertThat(talk.answer()).isEqualTo(ok(method + " /a "));
        }

        @Test
        void headHasTheLengthButNotTheContent() {
            Talk talk = echoing();
            talk.send(request("HEAD /a HTTP/1.1") + get("/b"));
            assertThat(talk.answer())
                    .isEqualTo("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + ok("GET /b "));
            assertThat(talk.events.exchanges).contains("HEAD /a 1 200 0");
        }

        @Test
        void getMayHaveContent() {
            Talk talk = echoing();
            talk.send(get("/a", "Content-Length: 2") + "hi" + get("/b"));
            assertThat(talk.answer()).isEqualTo(ok("GET /a hi") + ok("GET /b "));
        }

        @Test
        void traceAndConnectAreNotOffered() {
            Talk talk = echoing();
            talk.send(request("TRACE /a HTTP/1.1"));
            assertThat(talk.answer()).startsWith("HTTP/1.1 501 Not Implemented\r\n");
            talk = echoing();
            talk.send("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n");
            assertThat(talk.answer()).startsWith("HTTP/1.1 501 Not Implemented\r\n");
            assertThat(talk.asked).isEmpty();
        }

        @Test
        void optionsOfTheServerIsTheServersOwn() {
            Talk talk = echoing();
            talk.send(request("OPTIONS * HTTP/1.1") + get("/b"));
            assertThat(talk.answer()).isEqualTo("HTTP/1.1 204 No Content\r\n\r\n" + ok("GET /b "));
            assertThat(talk.asked).hasSize(1);
            talk.send(request("OPTIONS /a HTTP/1.1"));
            assertThat(talk.answer()).isEqualTo(ok("OPTIONS /a "));
        }
    }

    @Nested
    class Rfc9112Section7_1_ChunkedContent {
        @Test
        void reachesTheHandlerDecoded() {
            Talk talk = echoing();
            talk.send(request("POST /a HTTP/1.1", "Transfer-Encoding: chunked"));
            talk.send("3\r\nabc\r\n10;x=y\r\n0123456789abcdef\r\n0\r\nT: t\r\n\r\n" + get("/b"));
            assertThat(talk.answer()).isEqualTo(ok("POST /a abc0123456789abcdef") + ok("GET /b "));
        }

        @Test
        void mayBeEmpty() {
            Talk talk = echoing();
            talk.send(request("POST /a HTTP/1.1", "Transfer-Encoding: chunked") + "0\r\n\r\n");
            assertThat(talk.answer()).isEqualTo(ok("POST /a "));
        }
    }

    @Nested
    class Rfc9112Section9_6_TheClientsEnd {
        @Test
        void withoutARequestClosesSilently() {
            Talk talk = echoing();
            talk.end();
            assertThat(talk.answer()).isEmpty();
            assertThat(talk.transport.closed).isTrue();
            assertThat(talk.events.exchanges).isEmpty();
        }

        @Test
        void afterCompleteRequestsComesAfterAllTheirAnswers() {
            Talk talk = new Talk(cut);
            talk.send(get("/a") + get("/b")).end();
            Talk.echo(talk.last());
            talk.pump();
            assertThat(talk.transport.closed).isFalse();
            Talk.echo(talk.last());
            talk.pump();
            assertThat(talk.answer()).isEqualTo(ok("GET /a ") + ok("GET /b "));
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void withinAHeadRunsNothing() {
            Talk talk = new Talk(cut);
            talk.send(get("/a") + "GET /b HTTP/1.1\r\nHost: x").end();
            Talk.echo(talk.last());
            talk.pump();
            assertThat(talk.answer()).isEqualTo(ok("GET /a "));
            assertThat(talk.asked).hasSize(1);
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void withinContentRunsNothing() {
            Talk talk = echoing();
            talk.send(get("/a", "Content-Length: 10") + "12345").end();
            assertThat(talk.answer()).isEmpty();
            assertThat(talk.last().ended).isFalse();
            assertThat(talk.last().abandoned).isEqualTo(1);
            assertThat(talk.isOver()).isTrue();
            assertThat(talk.events.exchanges).containsExactly("GET /a 1 -1 0");
        }
    }
}
