package caffeine.server.core;

import static caffeine.server.core.Talk.error;
import static caffeine.server.core.Talk.get;
import static caffeine.server.core.Talk.post;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.HttpException;
import caffeine.http.ResponseHead;
import caffeine.server.ServerLimits;
import caffeine.server.core.Talk.Cut;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What a client gets when a handler refuses, gives up, or throws. */
class HandlerFailuresTest {

    @Nested
    class Failing {
        private final Talk talk = new Talk(Cut.WHOLE);

        private Exchange asked(String request) {
            talk.send(request);
            return talk.last().exchange;
        }

        private void write(Exchange exchange, String text) {
            exchange.write(Talk.bytes(text), 0, text.length());
        }

        @Test
        void resetsTheConnection() {
            Exchange exchange = asked(get("/a"));
            exchange.respond(ResponseHead.of(200), -1);
            write(exchange, "hello");
            exchange.fail();
            assertThat(talk.answer()).doesNotContain("0\r\n\r\n");
            assertThat(talk.transport.reset).isTrue();
        }

        @Test
        void withAnErrorPageCutsAResponseThatHasBegun() {
            Exchange exchange = asked(get("/a"));
            exchange.respond(ResponseHead.of(200), 10);
            exchange.respondError(502);
            assertThat(talk.transport.reset).isTrue();
            assertThat(talk.answer()).doesNotContain("502");
        }

        @Test
        void withAnErrorPageGoesOnOtherwise() {
            asked(get("/a")).respondError(502);
            assertThat(talk.answer()).isEqualTo(error(502, "Bad Gateway", false));
            assertThat(talk.isOpen()).isTrue();
        }

        @Test
        void withoutRoomSaysWhenToTryAgain() {
            asked(get("/a")).refuse(new HttpException(503, "RFC 9110 §15.6.4", "full"));
            assertThat(talk.answer()).isEqualTo(error(503, "Service Unavailable", false));
            assertThat(talk.events.refusals).containsExactly("503 RFC 9110 §15.6.4");
        }
    }

    @Nested
    class HandlersThatThrow {
        private Talk beginning(RuntimeException e) {
            return new Talk(
                    Cut.WHOLE,
                    ServerLimits.DEFAULT,
                    _ -> {
                        throw e;
                    },
                    _ -> {});
        }

        private Talk ending(RuntimeException e) {
            return new Talk(
                    Cut.WHOLE,
                    _ -> {
                        throw e;
                    });
        }

        @Test
        void aViolationAtTheBeginningGetItsStatus() {
            Talk talk = beginning(new HttpException(404, "RFC 9110 §15.5.5", "gone"));
            talk.send(get("/a") + get("/b"));
            String page = error(404, "Not Found", false);
            assertThat(talk.answer()).isEqualTo(page + page);
            assertThat(talk.events.refusals).hasSize(2);
            assertThat(talk.events.mistakes).isEmpty();
        }

        @Test
        void a400Closes() {
            Talk talk = beginning(new HttpException(400, "RFC 3986 §6.2", "climbs out"));
            talk.send(get("/a") + get("/b"));
            assertThat(talk.answer()).isEqualTo(error(400, "Bad Request", true));
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void aViolationAtTheEndGetsItsStatusAndIsOver() {
            Talk talk = ending(new HttpException(503, "RFC 9110 §15.6.4", "full"));
            talk.send(post("/a", "hello") + get("/b"));
            String page = error(503, "Service Unavailable", false);
            assertThat(talk.answer()).isEqualTo(page + page);
            assertThat(talk.asked.getFirst().abandoned).isEqualTo(1);
        }

        @Test
        void aMistakeAtTheBeginningIs500() {
            Talk talk = beginning(new IllegalStateException("mine"));
            talk.send(get("/a") + post("/b", "hello"));
            String page = error(500, "Internal Server Error", false);
            assertThat(talk.answer()).isEqualTo(page + page);
            assertThat(talk.events.mistakes).hasSize(2);
            assertThat(talk.isOpen()).isTrue();
        }

        @Test
        void aMistakeAtTheEndIs500AndTheHandlerHearsThatItIsOver() {
            Talk talk = ending(new IllegalStateException("mine"));
            talk.send(post("/a", "hello"));
            assertThat(talk.answer()).isEqualTo(error(500, "Internal Server Error", false));
            assertThat(talk.events.mistakes).hasSize(1);
            assertThat(talk.last().abandoned).isEqualTo(1);
            assertThat(talk.isOpen()).isTrue();
        }

        @Test
        void aMistakeInTheMiddleOfTheResponseCutsIt() {
            Talk talk =
                    new Talk(
                            Cut.WHOLE,
                            asked -> {
                                asked.exchange.respond(ResponseHead.of(200), 10);
                                throw new IllegalStateException("mine");
                            });
            talk.send(get("/a"));
            assertThat(talk.transport.reset).isTrue();
            assertThat(talk.events.mistakes).hasSize(1);
        }

        private Talk taking(RuntimeException e) {
            return new Talk(
                    Cut.WHOLE,
                    ServerLimits.DEFAULT,
                    asked ->
                            asked.onContent =
                                    () -> {
                                        throw e;
                                    },
                    Talk::echo);
        }

        @Test
        void aViolationInTheContentCloses() {
            Talk talk = taking(new HttpException(507, "RFC 4918 §11.5", "disk full"));
            talk.send(post("/a", "hello") + get("/b"));
            assertThat(talk.answer()).isEqualTo(error(507, "Insufficient Storage", true));
            assertThat(talk.transport.closed).isTrue();
            assertThat(talk.last().abandoned).isEqualTo(1);
            assertThat(talk.asked).hasSize(1);
        }

        @Test
        void aMistakeInTheContentIs500AndCloses() {
            Talk talk = taking(new IllegalStateException("mine"));
            talk.send(post("/a", "hello") + get("/b"));
            assertThat(talk.answer()).isEqualTo(error(500, "Internal Server Error", true));
            assertThat(talk.transport.closed).isTrue();
            assertThat(talk.last().abandoned).isEqualTo(1);
            assertThat(talk.events.mistakes).hasSize(1);
        }
    }
}
