package caffeine.server.core;

import static caffeine.server.core.Talk.error;
import static caffeine.server.core.Talk.get;
import static caffeine.server.core.Talk.ok;
import static caffeine.server.core.Talk.okAndClose;
import static caffeine.server.core.Talk.request;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.HttpException;
import caffeine.http.ResponseHead;
import caffeine.server.core.Talk.Cut;
import caffeine.server.options.ServerLimits;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.function.Consumer;

class ExpectationTest {

    private static final String CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

    private static String expecting(String path, String... lines) {
        String head = request("POST " + path + " HTTP/1.1", lines);
        return head.substring(0, head.length() - 2) + "Expect: 100-continue\r\n\r\n";
    }

    private static String expecting(int contentBytes) {
        return expecting("/a", "Content-Length: " + contentBytes);
    }

    private static Talk beginning(Cut cut, Consumer<Asked> atBegin) {
        return new Talk(cut, ServerLimits.DEFAULT, atBegin, Talk::echo);
    }

    @Nested
    class Rfc9110Section10_1_1_Continue {
        @ParameterizedTest
        @EnumSource
        void isSentWhenTheContentIsToCome(Cut cut) {
            Talk talk = new Talk(cut, Talk::echo);
            assertThat(talk.send(expecting(5)).answer()).isEqualTo(CONTINUE);
            assertThat(talk.send("hello").answer()).isEqualTo(ok("POST /a hello"));
            assertThat(talk.isOpen()).isTrue();
        }

        @ParameterizedTest
        @EnumSource
        void isSentForChunkedContent(Cut cut) {
            Talk talk = new Talk(cut, Talk::echo);
            talk.send(expecting("/a", "Transfer-Encoding: chunked"));
            assertThat(talk.answer()).isEqualTo(CONTINUE);
            talk.send("5\r\nhello\r\n0\r\n\r\n");
            assertThat(talk.answer()).isEqualTo(ok("POST /a hello"));
        }

        @Test
        void isNotSentWhenContentIsThereAlready() {
            Talk talk = new Talk(Cut.WHOLE, Talk::echo);
            talk.send(expecting(5) + "hello");
            assertThat(talk.answer()).isEqualTo(ok("POST /a hello"));
        }

        @Test
        void isNotSentWhenSomeOfTheContentIsThereAlready() {
            Talk talk = new Talk(Cut.WHOLE, Talk::echo);
            talk.send(expecting(5) + "he");
            assertThat(talk.answer()).isEmpty();
            talk.send("llo");
            assertThat(talk.answer()).isEqualTo(ok("POST /a hello"));
        }

        @ParameterizedTest
        @EnumSource
        void isSentOnceEvenIfTheContentComesInPieces(Cut cut) {
            Talk talk = new Talk(cut, Talk::echo);
            talk.send(expecting(5)).send("h").send("e").send("llo");
            assertThat(talk.answer()).isEqualTo(CONTINUE + ok("POST /a hello"));
        }

        @ParameterizedTest
        @EnumSource
        void isNotSentWithoutContent(Cut cut) {
            Talk talk = new Talk(cut, Talk::echo);
            assertThat(talk.send(expecting(0)).answer()).isEqualTo(ok("POST /a "));
            assertThat(talk.send(expecting("/b")).answer()).isEqualTo(ok("POST /b "));
        }

        @ParameterizedTest
        @EnumSource
        void isNotSentToHttp10(Cut cut) {
            Talk talk = new Talk(cut, Talk::echo);
            talk.send("POST /a HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
            assertThat(talk.answer()).isEmpty();
            talk.send("hi");
            assertThat(talk.answer()).isEqualTo(okAndClose("POST /a hi"));
        }

        @ParameterizedTest
        @EnumSource
        void comesAfterTheAnswersToWhatWasAskedBefore(Cut cut) {
            Talk talk = new Talk(cut);
            talk.send(get("/a") + expecting("/b", "Content-Length: 2"));
            assertThat(talk.answer()).isEmpty();
            Talk.echo(talk.last());
            talk.pump();
            assertThat(talk.answer()).isEqualTo(ok("GET /a ") + CONTINUE);
            talk.send("hi");
            Talk.echo(talk.last());
            assertThat(talk.answer()).isEqualTo(ok("POST /b hi"));
        }
    }

    @Nested
    class Rfc9110Section10_1_1_FinalStatusInstead {
        @ParameterizedTest
        @EnumSource
        void whenTheHandlerRefuses(Cut cut) {
            Talk talk =
                    beginning(
                            cut,
                            _ -> {
                                throw new HttpException(404, "RFC 9110 §15.5.5", "nothing here");
                            });
            talk.send(expecting(5));
            assertThat(talk.answer()).isEqualTo(error(404, "Not Found", true));
            // Whether the client sends the content now or not, nobody can tell.
            assertThat(talk.transport.closed).isTrue();
        }

        @ParameterizedTest
        @EnumSource
        void whenTheHandlerAnswersAtOnce(Cut cut) {
            Talk talk = beginning(cut, asked -> Talk.respond(asked, "no thanks"));
            talk.send(expecting(5));
            assertThat(talk.answer()).isEqualTo(okAndClose("no thanks"));
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void leavesTheConnectionOpenWhenTheContentIsThere() {
            Talk talk = beginning(Cut.WHOLE, asked -> Talk.respond(asked, "no thanks"));
            talk.send(expecting(5) + "hello" + get("/b"));
            assertThat(talk.answer()).isEqualTo(ok("no thanks") + ok("no thanks"));
        }

        @ParameterizedTest
        @EnumSource
        void whenTheContentWouldBeTooLarge(Cut cut) {
            Talk talk = new Talk(cut, Talk::echo);
            talk.send(expecting(1 << 25));
            assertThat(talk.answer()).isEqualTo(error(413, "Content Too Large", true));
            assertThat(talk.transport.closed).isTrue();
        }

        /** An interim response within the final one would become part of its content. */
        @ParameterizedTest
        @EnumSource
        void whenAResponseHasBegunButNotEnded(Cut cut) {
            Talk talk =
                    beginning(
                            cut,
                            asked -> {
                                asked.exchange.respond(ResponseHead.of(200), 4);
                                asked.exchange.write(Talk.bytes("ab"), 0, 2);
                            });
            talk.send(expecting(5));
            talk.last().exchange.write(Talk.bytes("cd"), 0, 2);
            talk.last().exchange.finish();
            assertThat(talk.answer()).isEqualTo(okAndClose("abcd"));
            assertThat(talk.transport.closed).isTrue();
        }
    }

    @Nested
    class Rfc9110Section10_1_1_UnknownExpectations {
        @ParameterizedTest
        @EnumSource
        void are417(Cut cut) {
            Talk talk = new Talk(cut, Talk::echo);
            talk.send(get("/a", "Expect: a-miracle") + get("/b"));
            assertThat(talk.answer())
                    .isEqualTo(error(417, "Expectation Failed", false) + ok("GET /b "));
            assertThat(talk.asked).hasSize(1);
        }

        @Test
        void keepTheConnectionWhenTheContentIsThere() {
            Talk talk = new Talk(Cut.WHOLE, Talk::echo);
            talk.send(get("/a", "Expect: a-miracle", "Content-Length: 2") + "hi" + get("/b"));
            assertThat(talk.answer())
                    .isEqualTo(error(417, "Expectation Failed", false) + ok("GET /b "));
        }

        @ParameterizedTest
        @EnumSource
        void closeTheConnectionWhenTheContentIsToCome(Cut cut) {
            Talk talk = new Talk(cut, Talk::echo);
            talk.send(get("/a", "Expect: a-miracle", "Content-Length: 2"));
            assertThat(talk.answer()).isEqualTo(error(417, "Expectation Failed", true));
            assertThat(talk.transport.closed).isTrue();
        }

        @ParameterizedTest
        @EnumSource
        void areIgnoredInHttp10(Cut cut) {
            Talk talk = new Talk(cut, Talk::echo);
            talk.send("GET /a HTTP/1.0\r\nExpect: a-miracle\r\n\r\n");
            assertThat(talk.answer()).isEqualTo(okAndClose("GET /a "));
        }
    }
}
