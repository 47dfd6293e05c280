package caffeine.server.core;

import static caffeine.server.core.Talk.error;
import static caffeine.server.core.Talk.get;
import static caffeine.server.core.Talk.ok;
import static caffeine.server.core.Talk.request;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.ResponseHead;
import caffeine.server.core.Talk.Cut;
import caffeine.server.options.ServerLimits;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** With the default deadlines: head 5 s, content 5 s and 64 bytes a second, idle 5 s. */
class ConnectionDeadlinesTest {

    private static final String TIMEOUT = error(408, "Request Timeout", true);

    private final Talk talk = new Talk(Cut.WHOLE, Talk::echo);

    /** A talk in which content may come as slowly as it likes, as long as some comes. */
    private static Talk withoutRate() {
        ServerLimits all = ServerLimits.DEFAULT;
        ServerLimits noRate =
                new ServerLimits(
                        all.http(), all.connections(), 0, 0, all.handlers(), all.queue(), 0);
        return new Talk(Cut.WHOLE, noRate, Talk::echo);
    }

    @Nested
    class Idle {
        @Test
        void clientsAreClosedSilently() {
            talk.pass(4.999);
            assertThat(talk.isOpen()).isTrue();
            talk.pass(0.001);
            assertThat(talk.transport.closed).isTrue();
            assertThat(talk.answer()).isEmpty();
            assertThat(talk.events.limits).isEmpty();
        }

        @Test
        void timeBeginsAgainAfterEachAnswer() {
            talk.pass(4);
            talk.send(get("/a"));
            talk.pass(4);
            talk.send(get("/b"));
            talk.pass(4);
            assertThat(talk.isOpen()).isTrue();
            talk.pass(1);
            assertThat(talk.answer()).isEqualTo(ok("GET /a ") + ok("GET /b "));
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void timeBeginsWhenTheClientHasItsAnswer() {
            talk.transport.stuck = true;
            talk.send(get("/a"));
            for (int i = 0; i < 5; i++) {
                talk.pass(5);
            }
            assertThat(talk.isOpen()).isTrue();
            talk.takeAll();
            talk.pass(5);
            assertThat(talk.isOpen()).as("it may have been taken just now").isTrue();
            talk.send(get("/b"));
            assertThat(talk.answer()).isEqualTo(ok("GET /a ") + ok("GET /b "));
            talk.pass(4.999);
            assertThat(talk.isOpen()).isTrue();
            talk.pass(0.001);
            assertThat(talk.transport.closed).isTrue();
        }

        @Test
        void timeIsNotProlongedByEmptyLines() {
            talk.pass(3);
            talk.send("\r\n");
            talk.pass(2);
            assertThat(talk.transport.closed).isTrue();
            assertThat(talk.answer()).isEmpty();
        }

        @Test
        void timeDoesNotRunWhileAnAnswerIsAwaited() {
            Talk slow = new Talk(Cut.WHOLE);
            slow.send(get("/a"));
            slow.pass(3600);
            assertThat(slow.isOpen()).isTrue();
            Talk.echo(slow.last());
            assertThat(slow.answer()).isEqualTo(ok("GET /a "));
            slow.pass(4.999);
            assertThat(slow.isOpen()).isTrue();
            slow.pass(0.001);
            assertThat(slow.transport.closed).isTrue();
        }
    }

    @Nested
    class Head {
        @Test
        void is408WhenItsRestDoesNotCome() {
            talk.send("GET /a HTTP/1.1\r\nHost:");
            talk.pass(4.999);
            assertThat(talk.answer()).isEmpty();
            talk.pass(0.001);
            assertThat(talk.answer()).isEqualTo(TIMEOUT);
            assertThat(talk.transport.closed).isTrue();
            assertThat(talk.events.limits).containsExactly("head deadline");
            assertThat(talk.events.exchanges).containsExactly("GET /a -1 408 0");
        }

        @Test
        void timeCountsFromTheFirstByteAndInAll() {
            talk.pass(4);
            for (int i = 0; i < 4; i++) {
                talk.send("GET /".substring(i, i + 1));
                talk.pass(1);
            }
            talk.send("/");
            talk.pass(0.999);
            assertThat(talk.isOpen()).isTrue();
            talk.pass(0.001);
            assertThat(talk.answer()).isEqualTo(TIMEOUT);
        }

        @Test
        void timeOfAPipelinedOneBeginsWhenItIsTakenUp() {
            Talk slow = new Talk(Cut.WHOLE);
            slow.send(get("/a") + "GET /b HTTP/1.1\r\n");
            slow.pass(60);
            Talk.echo(slow.last());
            slow.pump();
            assertThat(slow.answer()).isEqualTo(ok("GET /a "));
            slow.pass(4.999);
            assertThat(slow.isOpen()).isTrue();
            slow.pass(0.001);
            assertThat(slow.answer()).isEqualTo(TIMEOUT);
        }
    }

    @Nested
    class Content {
        @Test
        void is408WhenNoMoreOfItComes() {
            Talk talk = withoutRate();
            talk.send(request("POST /a HTTP/1.1", "Content-Length: 10") + "abc");
            talk.pass(4);
            talk.send("d");
            talk.pass(4.999);
            assertThat(talk.answer()).isEmpty();
            talk.pass(0.001);
            assertThat(talk.answer()).isEqualTo(TIMEOUT);
            assertThat(talk.transport.closed).isTrue();
            assertThat(talk.last().abandoned).isEqualTo(1);
            assertThat(talk.events.limits).containsExactly("content deadline");
            assertThat(talk.events.exchanges).containsExactly("POST /a 1 408 20");
        }

        @Test
        void mustComeAtTheLeastRate() {
            talk.send(request("POST /a HTTP/1.1", "Content-Length: 100000"));
            int seconds = 0;
            while (talk.isOpen() && seconds < 100) {
                talk.send("x".repeat(32)); // half of what is asked for
                talk.pass(1);
                seconds++;
            }
            assertThat(talk.answer()).isEqualTo(TIMEOUT);
            assertThat(seconds).isEqualTo(10); // 5 s + 320 bytes at 64 a second
        }

        @Test
        void mayComeForEverAtThatRate() {
            talk.send(request("POST /a HTTP/1.1", "Content-Length: 100000"));
            for (int i = 0; i < 600; i++) {
                talk.send("x".repeat(64));
                talk.pass(1);
            }
            assertThat(talk.isOpen()).isTrue();
        }

        @Test
        void ofManySmallChunksIsHeldToTheRateToo() {
            talk.send(request("POST /a HTTP/1.1", "Transfer-Encoding: chunked"));
            int seconds = 0;
            while (talk.isOpen() && seconds < 100) {
                talk.send("1\r\nx\r\n");
                talk.pass(1);
                seconds++;
            }
            assertThat(talk.answer()).isEqualTo(TIMEOUT);
            assertThat(seconds).isEqualTo(6);
        }

        @Test
        void mayBeAsSlowAsItLikesWithoutARate() {
            Talk patient = withoutRate();
            patient.send(request("POST /a HTTP/1.1", "Content-Length: 60"));
            for (int i = 0; i < 60; i++) {
                patient.pass(4.9);
                patient.send("x");
            }
            assertThat(patient.answer()).isEqualTo(ok("POST /a " + "x".repeat(60)));
        }

        @Test
        void thatIsLateCutsAnAnswerThatHasBegun() {
            Talk early =
                    new Talk(
                            Cut.WHOLE,
                            ServerLimits.DEFAULT,
                            asked -> asked.exchange.respond(ResponseHead.of(200), 4),
                            _ -> {});
            early.send(request("POST /a HTTP/1.1", "Content-Length: 10") + "abc");
            early.pass(5);
            assertThat(early.last().abandoned).isEqualTo(1);
            assertThat(early.transport.reset).isTrue();
        }
    }

    @Nested
    class AfterTheEnd {
        @Test
        void nothingHappensToAConnectionThatIsClosed() {
            talk.send(get("/a", "Connection: close"));
            assertThat(talk.transport.closed).isTrue();
            talk.answer();
            talk.connection.expired(talk.clock.nanoTime());
            talk.connection.received(Talk.bytes(get("/b")), 0, 5, talk.clock.nanoTime());
            talk.connection.ended(talk.clock.nanoTime());
            talk.connection.failed(104, talk.clock.nanoTime());
            talk.connection.drained(talk.clock.nanoTime());
            talk.connection.drain();
            talk.connection.reset();
            assertThat(talk.answer()).isEmpty();
            assertThat(talk.transport.reset).isFalse();
            assertThat(talk.events.exchanges).hasSize(1);
        }
    }
}
