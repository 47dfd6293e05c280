package caffeine.server.socket;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.US_ASCII;

import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;
import caffeine.server.options.ServerOptions;
import caffeine.server.testing.BenchClient;
import caffeine.server.testing.LoopBench;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;
import caffeine.server.testing.TestOptions;
import caffeine.server.testing.Until;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

@ExtendWith(NoLeaks.class)
class SocketTransportTest extends TransportTesting {

    @Nested
    class Answering {
        @Test
        void requestsOnOneConnection() {
            BenchClient client = bench.connect();
            for (String path : new String[] {"/a", "/b", "/c"}) {
                assertThat(client.ask(get(path)).text()).isEqualTo(path);
            }
            assertThat(bench.isQuiet()).isTrue();
        }

        @Test
        void aRequestThatCameBeforeItsConnectionWasTakenUp() {
            BenchClient client = bench.connectUnserved();
            client.sendSome(get("/a").getBytes(US_ASCII));
            client.serve();
            assertThat(client.reply().text()).isEqualTo("/a");
        }

        @Test
        void aRequestOfManyPieces() {
            BenchClient client = bench.connect();
            for (char c : get("/slow").toCharArray()) {
                client.send(String.valueOf(c));
                bench.turn();
            }
            assertThat(client.reply().text()).isEqualTo("/slow");
        }

        @Test
        void overIpv6() throws Exception {
            byte[] loopback = new byte[16];
            loopback[15] = 1;
            InetSocketAddress six = new InetSocketAddress(InetAddress.getByAddress(loopback), 0);
            Answers answers = Answers.later();
            bench.close();
            bench = new LoopBench(TestOptions.defaults().withBind(six), _ -> answers);
            BenchClient client = bench.connect();
            client.send(get("/a"));
            bench.until("it is asked", () -> !answers.asked.isEmpty());
            Exchange exchange = answers.asked.getFirst().exchange;
            assertThat(exchange.localHost()).isEqualTo("[::1]");
            assertThat(exchange.localPort()).isEqualTo(bench.port());
            assertThat(exchange.client().host()).isEqualTo("::1");
            client.reset();
            bench.until("the client is gone", () -> bench.connected() == 0);
            // Not asked of the kernel any more: the descriptor may be another client's.
            assertThat(exchange.localHost()).isEqualTo("localhost");
        }

        @Test
        void pipelinedRequestsTogetherAndAtOnce() {
            BenchClient client = bench.connect();
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < 10; i++) {
                requests.append(get("/" + i));
            }
            List<Integer> received = new ArrayList<>();
            bench.beforeFlush =
                    () -> {
                        int bytes = client.receive();
                        if (bytes > 0) {
                            received.add(bytes);
                        }
                    };
            client.send(requests.toString());
            for (int i = 0; i < 10; i++) {
                assertThat(client.reply().text()).isEqualTo("/" + i);
            }
            assertThat(received)
                    .as("what has come before the turn's end")
                    .containsExactly((int) client.transport().sentBytes());
        }
    }

    @Nested
    class LingeringClose {
        /** RFC 9112 §9.6: a reset would destroy the answer on its way. */
        @Test
        void deliversAnAnswerAlthoughInputIsUnread() {
            String head = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 33554432\r\n\r\n";
            byte[] request = (head + "x".repeat(200_000)).getBytes(US_ASCII);
            for (int i = 0; i < 100; i++) {
                BenchClient client = bench.connect();
                client.send(request);
                Reply reply = client.reply();
                assertThat(reply.status()).isEqualTo(413);
                assertThat(client.untilEnd()).isEmpty();
                client.close();
                untilClosed(client);
            }
        }

        @Test
        void endsWithTheClient() {
            BenchClient client = bench.connect();
            client.send(LAST_WITH_CONTENT);
            client.untilEnd();
            assertThat(client.transport().isClosed()).isFalse();
            assertThat(bench.isQuiet()).isTrue();
            client.endOutput();
            untilClosed(client);
        }

        /** Content may have an empty line behind it, which is on its way yet (RFC 9112 §2.2). */
        private static final String LAST_WITH_CONTENT =
                "POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx";

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                    "GET /a HTTP/1.0\r\n\r\n"
                })
        void isNotNeededWhenTheClientHasSaidThatItSendsNoMore(String last) {
            BenchClient client = bench.connect();
            client.send(get("/b"));
            assertThat(client.reply().text()).isEqualTo("/b");
            client.send(last);
            assertThat(client.reply().text()).isEqualTo("/a");
            assertThat(client.transport().isClosed()).isTrue();
            assertThat(client.untilEnd()).isEmpty();
        }

        @Test
        void isNeededWhenSomethingFollowsTheLastRequest() {
            BenchClient client = bench.connect();
            client.send(close("/a") + get("/b"));
            assertThat(client.reply().text()).isEqualTo("/a");
            assertThat(client.transport().isClosed()).isFalse();
            assertThat(client.untilEnd()).isEmpty();
            client.endOutput();
            untilClosed(client);
        }

        /** It lies in the kernel when the response goes out. */
        @Test
        void isNeededWhenSomethingHasComeSinceTheLastRequest() {
            Answers answers = use(Answers.later());
            BenchClient client = bench.connect();
            client.send(close("/a"));
            bench.until("it is asked", () -> answers.asked.size() == 1);
            client.sendSome(get("/b").getBytes(US_ASCII));
            answers.asked.getFirst().respond("1");
            assertThat(client.reply().text()).isEqualTo("1");
            assertThat(client.transport().isClosed()).isFalse();
            client.endOutput();
            untilClosed(client);
        }

        /** What a client that pipelines all the same would destroy is not on its way yet. */
        @Test
        void isNeededForAResponseThatTheClientHasNotTaken() {
            byte[] content = random(1 << 20);
            use(new Answers(asked -> asked.exchange.respond(ResponseHead.of(200), content)));
            BenchClient client = bench.connect(SMALL_BUFFER);
            client.send(close("/a"));
            assertThat(client.reply().content()).isEqualTo(content);
            assertThat(client.transport().isClosed()).isFalse();
            client.endOutput();
            untilClosed(client);
        }

        @Test
        void endsAfterFiveSecondsWithoutAByte() {
            BenchClient client = lingering();
            bench.pass(4.9);
            sendOne(client);
            bench.pass(4.9);
            assertThat(client.transport().isClosed()).isFalse();
            bench.pass(0.2);
            assertThat(client.transport().isClosed()).isTrue();
        }

        @Test
        void endsAfterThirtySecondsInAll() {
            BenchClient client = lingering();
            for (int i = 0; i < 7; i++) {
                bench.pass(4.2);
                sendOne(client);
            }
            assertThat(client.transport().isClosed()).isFalse();
            bench.pass(0.7);
            assertThat(client.transport().isClosed()).isTrue();
        }

        @Test
        void endsInTwoSecondsWhenTheServerEnds() {
            BenchClient client = lingering();
            client.transport().drain();
            bench.pass(1.9);
            sendOne(client);
            assertThat(client.transport().isClosed()).isFalse();
            bench.pass(0.2);
            assertThat(client.transport().isClosed()).isTrue();
        }

        @Test
        void endsAfterAShorterTimeThatWasAskedFor() {
            ServerOptions options = TestOptions.defaults();
            long secondNs = 1_000_000_000;
            Answers answers = Answers.echo();
            bench.close();
            bench =
                    new LoopBench(
                            options.withDeadlines(options.deadlines().withLinger(secondNs)),
                            _ -> answers);
            BenchClient client = lingering();
            bench.pass(0.8);
            assertThat(client.transport().isClosed()).isFalse();
            bench.pass(0.2);
            assertThat(client.transport().isClosed()).isTrue();
        }

        @Test
        void takesAnyNumberOfBytesAndAShareOfThemInEachTurn() {
            BenchClient client = lingering();
            byte[] many = new byte[8 << 20];
            assertThat(client.sendSome(many)).as("the kernel keeps").isGreaterThan(300 * 1024);
            assertThat(bench.turn()).isPositive();
            assertThat(bench.turn()).as("left for other clients' turns").isPositive();
            client.send(many).endOutput();
            untilClosed(client);
        }

        private BenchClient lingering() {
            BenchClient client = bench.connect();
            client.send(LAST_WITH_CONTENT);
            client.untilEnd();
            bench.pass(0.01); // it is looked at, and from now on watched
            return client;
        }

        /** Time stands still until it is read. */
        private void sendOne(BenchClient client) {
            assertThat(client.sendSome(new byte[1])).isEqualTo(1);
            long startNs = System.nanoTime();
            while (bench.loop.doWork(1_000_000) == 0) {
                assertThat(System.nanoTime() - startNs).isLessThan(Until.PATIENCE_NS);
            }
        }

        @Test
        void isNotNeededWhenTheClientHasEnded() {
            BenchClient client = bench.connect();
            client.send(close("/a")).endOutput();
            client.untilEnd();
            untilClosed(client);
        }
    }

    @Nested
    class Reading {
        @Test
        void isPausedWhileAnAnswerIsAwaitedAndThenGoesOn() {
            Answers answers = use(Answers.later());
            BenchClient client = bench.connect(SMALL_BUFFER);
            client.send(get("/a") + get("/b"));
            bench.until("it is asked", () -> answers.asked.size() == 1);
            byte[] more = get("/c").repeat(10_000).getBytes(US_ASCII);
            int sent = 0;
            for (int count = 1; count > 0 || !bench.isQuiet(); ) {
                count = client.sendSome(Arrays.copyOfRange(more, sent, more.length));
                sent += count;
            }
            assertThat(sent).as("the kernel holds the rest").isLessThan(more.length);
            answers.asked.get(0).respond("1");
            answers.asked.get(1).respond("2");
            bench.until("it is read", () -> answers.asked.size() == 3);
            assertThat(bench.isQuiet()).isTrue();
        }

        @Test
        void ofContentGoesOnWithoutEnd() {
            use(new Answers(asked -> asked.respond("" + asked.contentBytes)));
            BenchClient client = bench.connect();
            client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
            client.send(new byte[10_000_000]);
            assertThat(client.reply().text()).isEqualTo("10000000");
        }
    }

    @Nested
    class Deadlines {
        @Test
        void closeIdleClientsInOrder() {
            BenchClient client = bench.connect();
            bench.pass(4.9);
            assertThat(client.ask(get("/a")).text()).isEqualTo("/a");
            bench.pass(4.9);
            assertThat(bench.connected()).isEqualTo(1);
            bench.pass(0.2);
            assertThat(client.untilEnd()).isEmpty();
        }

        @Test
        void answer408ToHalfARequest() {
            BenchClient client = bench.connect();
            client.send("GET /");
            bench.turn();
            bench.pass(5);
            assertThat(client.reply().status()).isEqualTo(408);
            assertThat(client.untilEnd()).isEmpty();
        }
    }

    @Nested
    class Draining {
        @Test
        void answersARequestThatHasComeButWasNotRead() {
            BenchClient client = bench.connect();
            client.sendSome(get("/a").getBytes(US_ASCII));
            bench.connections.drain();
            client.transport().drain();
            Reply reply = client.reply();
            assertThat(reply.text()).isEqualTo("/a");
            assertThat(reply.closes()).isTrue();
            assertThat(client.untilEnd()).isEmpty();
        }

        @Test
        void closesWhoWaitsForNothing() {
            BenchClient client = bench.connect();
            bench.connections.drain();
            client.transport().drain();
            assertThat(client.untilEnd()).isEmpty();
        }
    }

    @Nested
    class Independence {
        @Test
        void manyClientsGetTheirOwnAnswers() {
            byte[] big = random(300_000);
            IntFunction<byte[]> contents =
                    i -> i % 3 == 0 ? big : ("small " + i).getBytes(US_ASCII);
            use(
                    new Answers(
                            asked -> {
                                String path = asked.exchange.request().target().rawPath();
                                asked.respond(contents.apply(Integer.parseInt(path.substring(1))));
                            }));
            BenchClient[] clients = new BenchClient[60];
            for (int i = 0; i < clients.length; i++) {
                clients[i] = bench.connect(SMALL_BUFFER);
            }
            for (int i = 0; i < clients.length; i++) {
                clients[i].sendSome(get("/" + i).getBytes(US_ASCII));
            }
            for (int i = 0; i < clients.length; i++) {
                assertThat(clients[i].reply().content()).isEqualTo(contents.apply(i));
            }
        }

        @Test
        void oneThatBreaksCostsOnlyItself() {
            use(
                    new Answers(
                            asked -> {
                                if (asked.exchange.request().target().rawPath().equals("/broken")) {
                                    asked.exchange.respond(ResponseHead.of(200), 5);
                                    throw new IllegalStateException("mine");
                                }
                                asked.respond("fine");
                            }));
            BenchClient broken = bench.connect();
            BenchClient fine = bench.connect();
            // Nothing of the 200 has gone out when the handler breaks.
            assertThat(broken.ask(get("/broken")).status()).isEqualTo(500);
            assertThat(bench.events.mistakes).hasSize(1);
            assertThat(fine.ask(get("/a")).text()).isEqualTo("fine");
        }
    }
}
