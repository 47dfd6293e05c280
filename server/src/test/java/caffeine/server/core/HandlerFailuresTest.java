package caffeine.server.core;

import static caffeine.server.core.Talk.error;
import static caffeine.server.core.Talk.get;
import static caffeine.server.core.Talk.post;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.HttpException;
import caffeine.http.ResponseHead;
import caffeine.server.core.Talk.Cut;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ServerLimits;
import caffeine.server.testing.RecordedEvents;

import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    class InterimStatuses {
        @ParameterizedTest
        @ValueSource(ints = {100, 101, 103, 199})
        void areNoResponse(int status) {
            Talk talk =
                    new Talk(
                            Cut.WHOLE,
                            asked -> asked.exchange.respond(ResponseHead.of(status), new byte[0]));
            talk.send(get("/a"));
            assertThat(talk.answer()).isEqualTo(error(500, "Internal Server Error", false));
            assertThat(talk.events.mistakes)
                    .singleElement()
                    .asInstanceOf(InstanceOfAssertFactories.THROWABLE)
                    .hasMessageContaining("not a final status");
        }

        @ParameterizedTest
        @ValueSource(ints = {-1, 0, 99, 100, 200, 302, 399, 600, 1000})
        void answerNoFailureEither(int status) {
            Talk talk = new Talk(Cut.WHOLE, asked -> asked.exchange.respondError(status));
            talk.send(get("/a"));
            assertThat(talk.answer()).isEqualTo(error(500, "Internal Server Error", false));
        }
    }

    @Nested
    class TooSlow {
        private final Talk talk = new Talk(Cut.WHOLE);

        @Test
        void withoutAResponseIs504() {
            talk.send(get("/a?b"));
            talk.clock.advance(1_000_000);
            talk.last().exchange.handlerTimedOut();
            assertThat(talk.answer()).isEqualTo(error(504, "Gateway Timeout", false));
            assertThat(talk.events.timeouts).containsExactly("GET /a?b 1 -1");
            assertThat(talk.isOpen()).isTrue();
        }

        @Test
        void withinAResponseIsACut() {
            talk.send(get("/a"));
            Exchange exchange = talk.last().exchange;
            exchange.respond(ResponseHead.of(200), -1);
            exchange.write(Talk.bytes("hello"), 0, 5);
            exchange.handlerTimedOut();
            exchange.handlerTimedOut(); // once is enough
            assertThat(talk.transport.reset).isTrue();
            assertThat(talk.events.timeouts).containsExactly("GET /a 0 5");
            assertThat(talk.events.exchanges).containsExactly("GET /a 1 200 5");
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
            assertThat(talk.events.mistaken).containsExactly("handler: GET /a", "handler: POST /b");
            assertThat(talk.isOpen()).isTrue();
        }

        @Test
        @SuppressWarnings("NullAway") // a program may be compiled without it
        void noListenerIs500() {
            RecordedEvents events = new RecordedEvents();
            RecordedTransport transport = new RecordedTransport();
            ConnectionContext context =
                    new ConnectionContext(
                            ServerLimits.DEFAULT,
                            Deadlines.DEFAULT,
                            _ -> null,
                            events,
                            () -> 0,
                            () -> 0);
            byte[] request = Talk.bytes(get("/a"));
            new Http1(context, transport, 0).received(request, 0, request.length, 0);
            assertThat(transport.takeSent()).startsWith("HTTP/1.1 500 ");
            assertThat(events.mistaken).containsExactly("handler: GET /a");
        }

        @Test
        void aMistakeInATaskIsToldWithItsRequest() {
            Talk talk = new Talk(Cut.WHOLE);
            talk.send(get("/a"));
            talk.last()
                    .exchange
                    .execute(
                            () -> {
                                throw new IllegalStateException("mine");
                            });
            talk.runTasks();
            assertThat(talk.events.mistaken).containsExactly("connection: GET /a");
            assertThat(talk.transport.reset).isTrue();
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
            assertThat(talk.events.mistaken).containsExactly("handler: POST /a");
        }
    }
}
