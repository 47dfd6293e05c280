package caffeine.server.core;

import static caffeine.server.core.Talk.error;
import static caffeine.server.core.Talk.get;
import static caffeine.server.core.Talk.ok;
import static caffeine.server.core.Talk.okAndClose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.FieldList;
import caffeine.http.HttpException;
import caffeine.http.ResponseHead;
import caffeine.server.core.Talk.Cut;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;

/** What handlers may do with an exchange, and what becomes of it. */
class ExchangeTest {

    private final Talk talk = new Talk(Cut.WHOLE);

    private Exchange asked(String request) {
        talk.send(request);
        return talk.last().exchange;
    }

    private static void write(Exchange exchange, String text) {
        exchange.write(Talk.bytes(text), 0, text.length());
    }

    private static void writeNative(Exchange exchange, String text) {
        ByteBuffer memory = ByteBuffer.allocateDirect(text.length() + 4);
        memory.put(2, Talk.bytes(text)).position(1); // which does not matter
        exchange.write(memory, 2, 2 + text.length());
    }

    @Nested
    class Rfc9112Section6_Framing {
        @Test
        void ofAKnownLength() {
            Exchange exchange = asked(get("/a"));
            exchange.respond(ResponseHead.of(200), 5);
            write(exchange, "he");
            writeNative(exchange, "llo");
            exchange.finish();
            assertThat(talk.answer()).isEqualTo(ok("hello"));
            assertThat(exchange.isDone()).isTrue();
            assertThat(talk.isOpen()).isTrue();
        }

        @Test
        void ofAnUnknownLengthIsChunked() {
            Exchange exchange = asked(get("/a"));
            exchange.respond(ResponseHead.of(200), -1);
            write(exchange, "hello");
            write(exchange, "");
            writeNative(exchange, "0123456789abcdef");
            writeNative(exchange, "");
            exchange.finish();
            String head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            String chunks = "5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n";
            assertThat(talk.answer()).isEqualTo(head + chunks);
            assertThat(talk.isOpen()).isTrue();
            assertThat(talk.events.exchanges).containsExactly("GET /a 1 200 21");
        }

        @Test
        void ofAnUnknownLengthEndsWithTheConnectionInHttp10() {
            Exchange exchange = asked("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            exchange.respond(ResponseHead.of(200), -1);
            write(exchange, "hello");
            exchange.finish();
            assertThat(talk.answer())
                    .isEqualTo("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void leavesOutContentThatMayNotBe() {
            Exchange exchange = asked(get("/a"));
            exchange.respond(ResponseHead.of(304), -1);
            write(exchange, "hello");
            exchange.finish();
            assertThat(talk.answer()).isEqualTo("HTTP/1.1 304 Not Modified\r\n\r\n");
            exchange = asked("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n");
            exchange.respond(ResponseHead.of(200), -1);
            writeNative(exchange, "hello");
            exchange.finish();
            assertThat(talk.answer()).isEqualTo("HTTP/1.1 200 OK\r\n\r\n");
            assertThat(talk.isOpen()).isTrue();
        }

        @Test
        void cutsWhatIsLongerThanDeclared() {
            Exchange exchange = asked(get("/a"));
            exchange.respond(ResponseHead.of(200), 3);
            writeNative(exchange, "hello");
            write(exchange, "hello");
            exchange.finish();
            assertThat(talk.answer()).isEqualTo(ok("hel"));
            assertThat(talk.isOpen()).isTrue();
        }

        @Test
        void resetsWhatIsShorterThanDeclared() {
            Exchange exchange = asked(get("/a"));
            exchange.respond(ResponseHead.of(200), 5);
            write(exchange, "hell");
            exchange.finish();
            assertThat(talk.transport.reset).isTrue();
            assertThat(talk.events.exchanges).containsExactly("GET /a 1 200 4");
        }

        @Test
        void ofRawResponsesIsTheirAuthorsDuty() {
            Exchange exchange = asked(get("/a"));
            exchange.respondRaw(299);
            write(exchange, "HTTP/1.1 299 Mine\r\n\r\n");
            writeNative(exchange, "content");
            exchange.finish();
            assertThat(talk.answer()).isEqualTo("HTTP/1.1 299 Mine\r\n\r\ncontent");
            assertThat(talk.transport.closed).isTrue();
            assertThat(talk.events.exchanges).containsExactly("GET /a 1 299 28");
        }
    }

    @Nested
    class Order {
        @Test
        void theHeadComesFirst() {
            Exchange exchange = asked(get("/a"));
            assertThatThrownBy(() -> write(exchange, "x"))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(exchange::finish).isInstanceOf(IllegalStateException.class);
            assertThat(talk.answer()).isEmpty();
        }

        @Test
        void thereIsOneResponse() {
            Exchange exchange = asked(get("/a"));
            exchange.respond(ResponseHead.of(200), 1);
            assertThatThrownBy(() -> exchange.respond(ResponseHead.of(200), 1))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> exchange.respondRaw(200))
                    .isInstanceOf(IllegalStateException.class);
        }

        @Test
        void nothingComesAfterTheEnd() {
            Exchange exchange = asked(get("/a"));
            Talk.respond(talk.last(), "x");
            talk.answer();
            write(exchange, "more");
            writeNative(exchange, "more");
            exchange.finish();
            exchange.fail();
            exchange.respondError(500);
            exchange.refuse(new HttpException(500, "§", "x"));
            assertThat(exchange.takeBack()).isZero();
            assertThat(talk.answer()).isEmpty();
            assertThat(talk.isOpen()).isTrue();
            assertThat(talk.events.exchanges).hasSize(1);
        }

        @Test
        void onlyTheServerDecidesAboutFramingAndConnection() {
            Exchange exchange = asked(get("/a"));
            FieldList fields =
                    FieldList.of("Content-Length", "99", "Connection", "close", "X-A", "1");
            exchange.respond(new ResponseHead(200, "Fine", fields), Talk.bytes("x"));
            assertThat(talk.answer())
                    .isEqualTo("HTTP/1.1 200 Fine\r\nX-A: 1\r\nContent-Length: 1\r\n\r\nx");
        }
    }

    @Nested
    class SlowClients {
        @Test
        void areWaitedFor() {
            Exchange exchange = asked(get("/a"));
            talk.transport.stuck = true;
            exchange.respond(ResponseHead.of(200), -1);
            write(exchange, "x".repeat(200_000));
            assertThat(exchange.isWritable()).isTrue();
            write(exchange, "x".repeat(100_000));
            assertThat(exchange.isWritable()).isFalse();
            assertThat(talk.last().writable).isZero();
            talk.takeAll();
            assertThat(talk.last().writable).isEqualTo(1);
            assertThat(exchange.isWritable()).isTrue();
            talk.takeAll();
            assertThat(talk.last().writable).as("told once").isEqualTo(1);
        }

        @Test
        void whoTakeNoAnswersGetNoFurtherRequestBegun() {
            Talk slow = new Talk(Cut.WHOLE, asked -> Talk.respond(asked, "x".repeat(100_000)));
            slow.transport.stuck = true;
            slow.send(get("/a").repeat(10)).end();
            assertThat(slow.asked).hasSize(3); // 256 KiB wait for the client then
            assertThat(slow.transport.paused).isTrue();
            assertThat(slow.connection.isIdle()).isFalse();
            slow.pass(29); // the transport has a deadline for this
            assertThat(slow.isOpen()).isTrue();

            // What the transport had read already is kept as well.
            byte[] more = Talk.bytes(get("/b"));
            slow.connection.received(more, 0, more.length, slow.clock.nanoTime());
            assertThat(slow.asked).hasSize(3);

            slow.takeAll();
            assertThat(slow.asked).hasSize(11);
            assertThat(slow.last().exchange.request().target().text()).isEqualTo("/b");
            slow.pump();
            assertThat(slow.transport.closed).isTrue();
        }

        @Test
        void thatAreGoneEndTheExchange() {
            Exchange exchange = asked(get("/a"));
            exchange.respond(ResponseHead.of(200), -1);
            talk.connection.failed(104, talk.clock.nanoTime());
            assertThat(talk.last().abandoned).isEqualTo(1);
            assertThat(exchange.isDone()).isTrue();
            write(exchange, "more");
            exchange.finish();
            assertThat(talk.transport.reset).isTrue();
            assertThat(talk.events.exchanges).containsExactly("GET /a 1 200 0");
        }
    }

    @Nested
    class Lending {
        @Test
        void ofTheSocketEndsTheConnectionOnceTheProcessHasWritten() {
            Exchange exchange = asked(get("/a") + get("/never"));
            talk.transport.borrowerWrites = 1234;
            assertThat(exchange.lend()).isEqualTo(RecordedTransport.SOCKET);
            assertThat(exchange.takeBack()).isEqualTo(1234);
            assertThat(talk.transport.closed).isTrue();
            assertThat(talk.asked).hasSize(1);
            assertThat(talk.events.exchanges).containsExactly("GET /a 1 0 1234");
        }

        @Test
        void toAProcessThatWroteNothingLeavesRoomForAnAnswer() {
            Exchange exchange = asked(get("/a"));
            exchange.lend();
            assertThat(exchange.takeBack()).isZero();
            exchange.respondError(502);
            assertThat(talk.answer()).isEqualTo(error(502, "Bad Gateway", true));
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void waitsUntilWhatWasSentIsOut() {
            talk.transport.stuck = true;
            Exchange first = asked(get("/a"));
            Talk.respond(talk.last(), "first");
            assertThat(first.isDone()).isTrue();
            Exchange second = asked(get("/b"));
            assertThat(second.lend()).isEqualTo(Transport.UNSENT);
            talk.takeAll();
            assertThat(talk.last().writable).isEqualTo(1);
            assertThat(second.lend()).isEqualTo(RecordedTransport.SOCKET);
        }

        @Test
        void isReportedWhenTheConnectionIsResetMeanwhile() {
            Exchange exchange = asked(get("/a"));
            exchange.lend();
            talk.connection.reset();
            assertThat(talk.last().abandoned).isEqualTo(1);
            assertThat(talk.events.exchanges).containsExactly("GET /a 1 0 0");
            assertThat(exchange.takeBack()).isZero();
        }
    }

    @Nested
    class Draining {
        @Test
        void closesIdleConnections() {
            talk.context.drain();
            talk.connection.drain();
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void makesTheNextResponseTheLast() {
            asked(get("/a") + get("/b"));
            talk.context.drain();
            talk.connection.drain();
            assertThat(talk.isOpen()).isTrue();
            Talk.respond(talk.last(), "last");
            assertThat(talk.answer()).isEqualTo(okAndClose("last"));
            assertThat(talk.transport.closed).isTrue();
            assertThat(talk.asked).hasSize(1);
        }

        @Test
        void answersARequestWhoseHeadHasBegun() {
            talk.send("GET /a HT");
            talk.context.drain();
            talk.connection.drain();
            talk.send("TP/1.1\r\nHost: a\r\n\r\n");
            Talk.respond(talk.last(), "last");
            assertThat(talk.answer()).isEqualTo(okAndClose("last"));
        }

        /** A client that has not been told may be about to ask again: its request would be lost. */
        @Test
        void staysOpenAfterAResponseThatBeganBeforeAllDrain() {
            Exchange exchange = asked(get("/a"));
            exchange.respond(ResponseHead.of(200), 2);
            talk.context.drain();
            write(exchange, "hi");
            exchange.finish();
            assertThat(talk.answer()).isEqualTo(ok("hi"));
            assertThat(talk.isOpen()).isTrue();
            talk.send(get("/b"));
            Talk.respond(talk.last(), "last");
            assertThat(talk.answer()).isEqualTo(okAndClose("last"));
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void closesAfterAResponseThatBeganBefore() {
            Exchange exchange = asked(get("/a"));
            exchange.respond(ResponseHead.of(200), 2);
            talk.context.drain();
            talk.connection.drain();
            write(exchange, "hi");
            exchange.finish();
            assertThat(talk.answer()).isEqualTo(ok("hi"));
            assertThat(talk.transport.closed).isTrue();
        }
    }

    @Nested
    class Idleness {
        @Test
        void countsFromTheLastAnswer() {
            talk.clock.advance(100);
            assertThat(talk.connection.isIdleFor(100)).isTrue();
            asked(get("/a"));
            assertThat(talk.connection.isIdleFor(0)).isFalse();
            talk.clock.advance(50);
            Talk.respond(talk.last(), "x");
            assertThat(talk.connection.isIdleFor(0)).isTrue();
            assertThat(talk.connection.isIdleFor(1)).isFalse();
            talk.clock.advance(1);
            assertThat(talk.connection.isIdleFor(1)).isTrue();
            talk.send("G");
            assertThat(talk.connection.isIdleFor(0)).isFalse();
        }
    }

    @Nested
    class Reports {
        @Test
        void countTheTimeFromTheHead() {
            talk.send("GET /a ");
            talk.pass(1);
            talk.send("HTTP/1.1\r\nHost: a\r\n\r\n");
            talk.clock.advance(1500);
            Talk.respond(talk.last(), "x");
            assertThat(talk.events.durationsNs).containsExactly(1500L);
        }

        @Test
        void nameTheClientAndTheServersAddress() {
            Exchange exchange = asked(get("/a"));
            assertThat(exchange.client().host()).isEqualTo("127.0.0.1");
            assertThat(exchange.client().port()).isEqualTo(50_000);
            assertThat(exchange.localHost()).isEqualTo("127.0.0.1");
            assertThat(exchange.localPort()).isEqualTo(8080);
        }

        @Test
        void tellOfOurOwnMistakes() {
            talk.send(get("/a"));
            talk.connection.broken(new IllegalStateException("mine"));
            assertThat(talk.events.mistakes).hasSize(1);
            assertThat(talk.transport.reset).isTrue();
            assertThat(talk.last().abandoned).isEqualTo(1);
        }
    }
}
