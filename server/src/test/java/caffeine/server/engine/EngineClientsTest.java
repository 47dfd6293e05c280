package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.options.App;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;
import caffeine.server.testing.ThreadTimes;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/** What clients may expect of any engine, good ones and bad ones. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@TestInstance(Lifecycle.PER_CLASS)
@ExtendWith(NoLeaks.class)
class EngineClientsTest {

    private static final int SMALL_BUFFERS = 4096;
    private static final int LARGE = 6_000_000;

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();
    private @Nullable RunningEngine started;

    @BeforeAll
    void start(@TempDir Path root) {
        started = kind.start(new EngineFolder(root).options().withApp(App.ECHO));
    }

    @AfterAll
    void stop() {
        engine().close();
    }

    private RunningEngine engine() {
        return Objects.requireNonNull(started);
    }

    /** Whatever one client has done, it costs another nothing. */
    @AfterEach
    void servesOthers() {
        try (WireClient client = engine().connect()) {
            assertThat(client.ask(echo("others")).text()).isEqualTo("others");
        }
    }

    private static String echo(String content) {
        return head(content.length()) + content;
    }

    private static String head(int length) {
        return "POST /echo HTTP/1.1\r\nHost: a.test\r\nContent-Length: " + length + "\r\n\r\n";
    }

    /** Content in which each place is different from its neighbours. */
    private static String content(int length) {
        StringBuilder text = new StringBuilder(length + 8);
        for (int i = 0; text.length() < length; i++) {
            text.append(i).append(' ');
        }
        text.setLength(length);
        return text.toString();
    }

    @Nested
    class Persistence {

        @Test
        void oneConnectionServesRequestAfterRequest() {
            try (WireClient client = engine().connect()) {
                for (int i = 0; i < 100; i++) {
                    Reply reply = client.ask(echo("number " + i));
                    assertThat(reply.text()).isEqualTo("number " + i);
                    assertThat(reply.closes()).isFalse();
                }
            }
        }

        @Test
        void closesWhenAsked() {
            try (WireClient client = engine().connect()) {
                String request = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
                assertThat(client.ask(request).closes()).isTrue();
                assertThat(client.untilOver()).isEmpty();
                assertThat(client.isReset()).isFalse();
            }
        }

        @Test
        void aByteAtATimeIsARequestToo() {
            try (WireClient client = engine().connect()) {
                for (char c : echo("byte by byte").toCharArray()) {
                    client.send(String.valueOf(c));
                }
                assertThat(client.reply().text()).isEqualTo("byte by byte");
            }
        }
    }

    @Nested
    class Pipelining {

        @Test
        void answersInOrder() {
            try (WireClient client = engine().connect()) {
                StringBuilder requests = new StringBuilder();
                for (int i = 0; i < 500; i++) {
                    requests.append(echo("number " + i));
                }
                client.send(requests.toString());
                for (int i = 0; i < 500; i++) {
                    assertThat(client.reply().text()).isEqualTo("number " + i);
                }
            }
        }

        /** One send brings its bytes at once, so one read takes them. */
        @Test
        void whatArrivesTogetherIsAnsweredTogether() {
            try (WireClient client = engine().connect()) {
                assertThat(client.ask(echo("the thread is there")).status()).isEqualTo(200);
                client.send(echo("together").repeat(16));
                assertThat(client.nextBytes().split("together", -1)).hasSize(17);
            }
        }
    }

    @Nested
    class SlowReaders {

        @Test
        void getAllOfALargeResponseInTheEnd() {
            String content = content(LARGE);
            ByteBuffer request = WireClient.bytes(echo(content));
            try (WireClient client = engine().connectWithBuffers(SMALL_BUFFERS)) {
                Until.holds(
                        "the request is taken while its answer is read in small pieces",
                        () -> {
                            for (int i = 0; i < 50; i++) {
                                client.sendSome(request);
                                client.receiveSome(3001);
                            }
                            return !request.hasRemaining();
                        });
                assertThat(client.reply().text().equals(content)).isTrue();
            }
        }
    }

    @Nested
    class HalfClosed {

        @Test
        void aCompleteRequestIsAnswered() {
            try (WireClient client = engine().connect()) {
                client.send(echo("farewell")).endOutput();
                assertThat(client.reply().text()).isEqualTo("farewell");
                assertThat(client.untilOver()).isEmpty();
                assertThat(client.isReset()).isFalse();
            }
        }

        @Test
        void allPipelinedRequestsAreAnswered() {
            try (WireClient client = engine().connect()) {
                client.send(echo("farewell").repeat(100)).endOutput();
                assertThat(client.untilOver().split("farewell", -1)).hasSize(101);
                assertThat(client.isReset()).isFalse();
            }
        }

        @Test
        void aLargeAnswerThatItHasNotReadIsNotCut() {
            String content = content(400_000);
            try (WireClient client = engine().connectWithBuffers(SMALL_BUFFERS)) {
                client.send(echo(content)).endOutput();
                assertThat(client.reply().text().equals(content)).isTrue();
                assertThat(client.untilOver()).isEmpty();
            }
        }

        @Test
        void halfARequestIsForgotten() {
            try (WireClient client = engine().connect()) {
                client.send("GET / HTTP/1.1\r\nHost: a").endOutput();
                assertThat(client.untilOver()).isEmpty();
            }
        }
    }

    @Nested
    class Resets {

        @Test
        void inMidResponse() {
            String content = content(LARGE);
            for (int i = 0; i < 5; i++) {
                WireClient client = engine().connectWithBuffers(SMALL_BUFFERS);
                client.send(head(LARGE)).sendSome(WireClient.bytes(content));
                assertThat(client.nextBytes()).startsWith("HTTP/1.1 200 ");
                client.reset();
            }
        }

        @Test
        void atOnce() {
            for (int i = 0; i < 20; i++) {
                engine().connect().reset();
                engine().connect().send("GET / HT").reset();
                engine().connect().send(echo("unread").repeat(20)).reset();
            }
        }
    }

    /** Clients that ask and ask, and read nothing. */
    @Nested
    class Floods {

        private static final int REQUESTS = 10_000;
        private static final int FLOOD_BUFFERS = 8 * 1024;
        private static final long A_WHILE_NS = TimeUnit.MILLISECONDS.toNanos(300);
        private static final String PADDING = "x".repeat(700);

        private final ByteBuffer requests = requests();

        private static ByteBuffer requests() {
            StringBuilder all = new StringBuilder();
            IntStream.range(0, REQUESTS).forEach(i -> all.append(echo(i + PADDING)));
            return WireClient.bytes(all.toString());
        }

        @Test
        void areLeftInTheKernelAndAnsweredInOrderWhenTheyRead() {
            try (WireClient client = engine().connectWithBuffers(FLOOD_BUFFERS)) {
                requests.rewind();
                sendUntilStuck(client);
                assertThat(requests.remaining())
                        .as("left unsent: the server does not take what it cannot answer")
                        .isPositive();
                // Who spins never rests; one that was held up by others' work may come to its end.
                Until.holds("no thread runs all the time", () -> busiest() < 0.5);
                for (int i = 0; i < REQUESTS; i++) {
                    client.sendSome(requests);
                    assertThat(client.reply().text()).isEqualTo(i + PADDING);
                }
            }
        }

        /** Until for a while nothing more is taken. */
        private void sendUntilStuck(WireClient client) {
            long[] lastNs = {System.nanoTime()};
            Until.holds(
                    "the server stops reading",
                    () -> {
                        if (client.sendSome(requests) > 0) {
                            lastNs[0] = System.nanoTime();
                        }
                        return System.nanoTime() - lastNs[0] > A_WHILE_NS;
                    });
        }

        private static double busiest() {
            ThreadTimes before = ThreadTimes.now();
            LockSupport.parkNanos(A_WHILE_NS); // what happens in it is what is asked
            return ThreadTimes.now().busiestSince(before);
        }
    }
}
