package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;
import caffeine.server.testing.TestOptions;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** What the callbacks of a program throw, on every engine that takes a program's handler. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
@ExtendWith(NoLeaks.class)
class EngineMistakesTest {

    private static final long MILLI_NS = 1_000_000;

    /** All that Java can throw. */
    enum Thrown {
        EXCEPTION,
        CHECKED,
        STACK_OVERFLOW,
        OUT_OF_MEMORY,
        LINKAGE;

        @SuppressWarnings({"InfiniteRecursion", "ReturnValueIgnored"})
        private int overflow(int depth) {
            return overflow(depth + 1) + 1;
        }

        void now() {
            switch (this) {
                case EXCEPTION -> throw new IllegalStateException("meant to happen");
                case CHECKED -> throw sneaky(new IOException("meant to happen"));
                case STACK_OVERFLOW -> {
                    int _ = overflow(0);
                }
                case OUT_OF_MEMORY -> {
                    byte[] _ = new byte[Integer.MAX_VALUE]; // beyond the limit of the JVM
                }
                case LINKAGE -> throw new NoClassDefFoundError("meant to happen");
            }
        }

        @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
        private static <T extends Throwable> RuntimeException sneaky(Throwable checked) throws T {
            throw (T) checked;
        }
    }

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();

    private volatile Thrown thrown = Thrown.EXCEPTION;

    /** The handler has written all that its client takes. */
    private volatile boolean waits;

    private final AtomicInteger calls = new AtomicInteger();
    private @Nullable RunningEngine started;

    @BeforeEach
    void start() {
        started = new RunningEngine(make());
    }

    private Engine make() {
        return kind.make(TestOptions.defaults(), new Mistaken());
    }

    private RunningEngine engine() {
        return Objects.requireNonNull(started);
    }

    /** Every one of its threads still serves, and it ends as it should. */
    @AfterEach
    void stillServes() {
        for (int i = 0; i < 16; i++) {
            try (WireClient client = engine().connect()) {
                assertThat(client.ask(get("/well")).text()).isEqualTo("well");
            }
        }
        engine().stop();
        engine().awaitEnd();
        assertThat(engine().engine().failure()).isNull();
        engine().close();
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: a.test\r\n\r\n";
    }

    /** Throws in the callback that the target names. */
    private final class Mistaken implements Handler {
        private final Handler blocking = Handlers.blocking(_ -> fail());
        private final Handler streaming =
                Handlers.streaming(
                        _ -> {
                            Response _ = fail();
                        });
        private final Handler function = Handlers.of(_ -> fail());

        private Response fail() {
            calls.incrementAndGet();
            thrown.now();
            return Response.text("not thrown");
        }

        @Override
        public ExchangeListener begin(Exchange exchange) {
            String path = exchange.request().target().rawPath();
            return switch (path) {
                case "/begin" -> {
                    fail();
                    yield new Told(exchange, path);
                }
                case "/function" -> function.begin(exchange);
                case "/blocking" -> blocking.begin(exchange);
                case "/streaming" -> streaming.begin(exchange);
                default -> new Told(exchange, path);
            };
        }
    }

    private final class Told implements ExchangeListener {
        private final Exchange exchange;
        private final String path;
        private boolean written;

        Told(Exchange exchange, String path) {
            this.exchange = exchange;
            this.path = path;
        }

        private void failIn(String callback) {
            if (path.equals(callback)) {
                calls.incrementAndGet();
                thrown.now();
            }
        }

        @Override
        public void content(byte[] bytes, int from, int to) {
            failIn("/content");
        }

        @Override
        public void end() {
            failIn("/end");
            switch (path) {
                case "/task" -> exchange.execute(() -> failIn("/task"));
                case "/expired" -> exchange.answerBy(exchange.nowNs() + MILLI_NS);
                case "/writable", "/abandoned" -> {
                    exchange.respond(ResponseHead.of(200), -1);
                    writable();
                }
                default -> exchange.respond(ResponseHead.of(200), "well".getBytes(US_ASCII));
            }
        }

        @Override
        public void writable() {
            if (written) {
                failIn("/writable");
            }
            written = true;
            byte[] piece = new byte[1 << 16];
            while (exchange.isWritable()) { // which ends, since the client takes nothing until then
                exchange.write(piece, 0, piece.length);
            }
            waits = true;
        }

        @Override
        public void expired() {
            failIn("/expired");
        }

        @Override
        public void abandoned() {
            failIn("/abandoned");
        }
    }

    private Reply reply(String request) {
        try (WireClient client = engine().connect()) {
            return client.ask(request);
        }
    }

    @ParameterizedTest
    @EnumSource
    void costsTheRequestItsAnswer(Thrown what) {
        thrown = what;
        for (String callback :
                new String[] {
                    "/begin", "/end", "/expired", "/function", "/blocking", "/streaming"
                }) {
            assertThat(reply(get(callback)).status()).as(callback).isEqualTo(500);
        }
        assertThat(
                        reply(
                                        "POST /content HTTP/1.1\r\nHost: a.test\r\n"
                                                + "Content-Length: 1\r\n\r\nx")
                                .status())
                .isEqualTo(500);
        assertThat(calls).hasValue(7);
    }

    @ParameterizedTest
    @EnumSource
    void costsItsConnectionWhenTheAnswerHasBegun(Thrown what) {
        thrown = what;
        try (WireClient client = engine().connectWithBuffers(4096)) {
            client.send(get("/writable"));
            Until.holds("the handler waits for its client", () -> waits);
            assertThat(client.untilOver()).startsWith("HTTP/1.1 200 ");
            assertThat(client.isReset()).isTrue();
        }
        assertThat(calls).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void costsItsConnectionWhereATaskThrows(Thrown what) {
        thrown = what;
        try (WireClient client = engine().connect()) {
            assertThat(client.send(get("/task")).untilOver()).isEmpty();
        }
        assertThat(calls).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void costsNothingWhenTheClientIsGone(Thrown what) {
        thrown = what;
        try (WireClient client = engine().connectWithBuffers(4096)) {
            client.send(get("/abandoned"));
            Until.holds("the handler waits for its client", () -> waits);
            client.reset();
        }
        Until.holds("the handler hears of it", () -> calls.get() == 1);
    }

    @ParameterizedTest
    @EnumSource
    void ofAProbeCostsNothing(Thrown what) {
        engine().engine()
                .probe(
                        () -> {
                            calls.incrementAndGet();
                            what.now();
                        });
        Until.holds("it is called", () -> calls.get() == 1);
    }

    @ParameterizedTest
    @EnumSource
    void ofWhatIsToldOfAReloadCostsNothing(Thrown what) throws InterruptedException {
        for (int i = 1; i <= 2; i++) {
            CountDownLatch told = new CountDownLatch(1);
            boolean _ =
                    engine().engine()
                            .reload(
                                    TestOptions.defaults(),
                                    2,
                                    _ -> {
                                        told.countDown();
                                        what.now();
                                    });
            told.await();
        }
    }

    @Test
    void ofWhatIsToldOnceItIsBoundFailsTheStartAndLeavesNothing() {
        for (Thrown what : Thrown.values()) {
            Engine fails = make();
            assertThatThrownBy(() -> fails.start(_ -> what.now()))
                    .isInstanceOf(StartException.class)
                    .hasMessageStartingWith("the server cannot start: ");
        }
    }
}
