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
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.function.Consumer;

/** Answers that are given before the request's content has come (RFC 9112 §9.3, RFC 9110 §7.5). */
@ParameterizedClass
@EnumSource
class EarlyResponseTest {

    @Parameter Cut cut = Cut.WHOLE;

    private Talk beginning(Consumer<Asked> atBegin) {
        return new Talk(cut, ServerLimits.DEFAULT, atBegin, _ -> {});
    }

    private Talk answering() {
        return beginning(asked -> Talk.respond(asked, "early"));
    }

    private static String post(int contentBytes) {
        return request("POST /a HTTP/1.1", "Content-Length: " + contentBytes);
    }

    @Nested
    class LittleContent {
        @Test
        void isDiscardedAndTheConnectionGoesOn() {
            Talk talk = answering();
            talk.send(post(1000));
            assertThat(talk.answer()).isEqualTo(ok("early"));
            assertThat(talk.isOpen()).isTrue();
            talk.send("x".repeat(1000));
            assertThat(talk.last().content()).isEmpty();
            assertThat(talk.asked).hasSize(1);
            talk.send(get("/b"));
            assertThat(talk.answer()).isEqualTo(ok("early"));
            assertThat(talk.asked).hasSize(2);
        }

        @Test
        void isOf64KiBAtMost() {
            Talk talk = answering();
            talk.send(post(64 * 1024));
            assertThat(talk.answer()).isEqualTo(ok("early"));
            assertThat(talk.isOpen()).isTrue();
        }

        @Test
        void thatNeverComesClosesWithoutAnotherAnswer() {
            Talk talk = answering();
            talk.send(post(1000));
            assertThat(talk.answer()).isEqualTo(ok("early"));
            talk.pass(5);
            assertThat(talk.answer()).isEmpty();
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void isStillThereToDiscardAfterARefusal() {
            Talk talk =
                    beginning(
                            _ -> {
                                throw new HttpException(403, "RFC 9110 §15.5.4", "no");
                            });
            talk.send(post(3));
            assertThat(talk.answer()).isEqualTo(error(403, "Forbidden", false));
            talk.send("abc" + get("/b"));
            assertThat(talk.answer()).isEqualTo(error(403, "Forbidden", false));
            assertThat(talk.asked).hasSize(2);
        }

        @Test
        void mayComeWhileTheAnswerIsGiven() {
            Talk talk =
                    beginning(
                            asked -> {
                                asked.exchange.respond(ResponseHead.of(200), 4);
                                asked.exchange.write(Talk.bytes("ab"), 0, 2);
                            });
            talk.send(post(5) + "hello" + get("/b"));
            assertThat(talk.last().content()).isEqualTo("hello");
            assertThat(talk.last().ended).isTrue();
            assertThat(talk.asked).hasSize(1);
            talk.last().exchange.write(Talk.bytes("cd"), 0, 2);
            talk.last().exchange.finish();
            talk.pump();
            assertThat(talk.answer()).startsWith(ok("abcd") + "HTTP/1.1 200 OK\r\n");
            assertThat(talk.asked).hasSize(2);
        }

        @Test
        void thatEndsEarlyNeverMakesAnUnfinishedAnswerLookWhole() {
            Talk talk =
                    beginning(
                            asked -> {
                                asked.exchange.respond(ResponseHead.of(200), -1);
                                asked.exchange.write(Talk.bytes("ab"), 0, 2);
                            });
            // HTTP/1.0: nothing but the connection's end ends this response.
            talk.send("POST /a HTTP/1.0\r\nContent-Length: 5\r\n\r\nhe").end();
            assertThat(talk.last().abandoned).isEqualTo(1);
            assertThat(talk.transport.reset).isTrue();
        }
    }

    @Nested
    class MuchContent {
        @Test
        void closesTheConnection() {
            Talk talk = answering();
            talk.send(post(64 * 1024 + 1) + "some of it");
            assertThat(talk.answer()).isEqualTo(okAndClose("early"));
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void countsWhatIsMissingWhenTheAnswerIsGiven() {
            Talk talk = beginning(_ -> {});
            talk.send(post(100_000) + "x".repeat(99_000));
            Talk.respond(talk.last(), "late");
            assertThat(talk.answer()).isEqualTo(ok("late"));
            talk.send("x".repeat(1000) + get("/b"));
            assertThat(talk.asked).hasSize(2);
        }
    }

    @Nested
    class ChunkedContent {
        @Test
        void closesTheConnection() {
            Talk talk = answering();
            talk.send(request("POST /a HTTP/1.1", "Transfer-Encoding: chunked"));
            assertThat(talk.answer()).isEqualTo(okAndClose("early"));
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void thatHasComeDoesNot() {
            Talk talk = new Talk(cut, Talk::echo);
            talk.send(request("POST /a HTTP/1.1", "Transfer-Encoding: chunked") + "0\r\n\r\n");
            assertThat(talk.answer()).isEqualTo(ok("POST /a "));
            assertThat(talk.isOpen()).isTrue();
        }

        @Test
        void withAViolationCutsAnAnswerThatHasBegun() {
            Talk talk =
                    beginning(
                            asked -> {
                                asked.exchange.respond(ResponseHead.of(200), 4);
                                asked.exchange.write(Talk.bytes("ab"), 0, 2);
                            });
            talk.send(request("POST /a HTTP/1.1", "Transfer-Encoding: chunked") + "x\r\n");
            assertThat(talk.answer()).isEqualTo(okAndClose("abcd").replace("abcd", "ab"));
            assertThat(talk.last().abandoned).isEqualTo(1);
            assertThat(talk.transport.reset).isTrue();
        }
    }
}
