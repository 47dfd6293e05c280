package caffeine.server.embed;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;
import caffeine.server.engine.EngineUnderTest;
import caffeine.server.engine.StartException;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.options.Deadlines;
import caffeine.server.options.LogLevel;
import caffeine.server.options.LogOptions;
import caffeine.server.options.ServerOptions;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/** What the log says of a program's mistakes, whichever engine serves it. */
@Timeout(120)
@ExtendWith(NoLeaks.class)
class HandlerErrorsTest {

    private static final String GET = "GET /a?b HTTP/1.1\r\nHost: a.test\r\n\r\n";
    private static final long SECOND = 1_000_000_000L;

    @TempDir Path folder = Path.of("");

    private Server start(EngineUnderTest kind, Deadlines deadlines, Handler handler)
            throws StartException {
        ServerOptions options =
                ServerOptions.onPort(0)
                        .withDeadlines(deadlines)
                        .withLog(LogOptions.of(LogLevel.WARN).withFile(log(), false));
        return Server.start(kind.embedded(options, handler));
    }

    private Path log() {
        return folder.resolve("log");
    }

    private static WireClient connect(Server server) {
        return new WireClient((InetSocketAddress) server.address());
    }

    /** Waits for a line with all of these in this order, which comes once. */
    private void awaitLine(String... parts) {
        try {
            Until.holds("a line with " + List.of(parts), () -> lines(parts) == 1);
        } catch (AssertionError never) {
            throw new AssertionError("the log has only " + allLines(), never);
        }
    }

    /** Of a busy machine there may be other lines: that a loop waited for a processor. */
    private long lines(String... parts) {
        return allLines().stream().filter(line -> hasAll(line, parts)).count();
    }

    private List<String> allLines() {
        try {
            return Files.readAllLines(log());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean hasAll(String line, String... parts) {
        int from = 0;
        for (String part : parts) {
            int at = line.indexOf(part, from);
            if (at < 0) {
                return false;
            }
            from = at + part.length();
        }
        return true;
    }

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void anExceptionIsLoggedWithItsCauseAndItsRequest(EngineUnderTest kind) throws Exception {
        Handler handler =
                Handlers.of(
                        _ -> {
                            throw new IllegalStateException("no rows", new IOException("disk"));
                        });
        try (Server server = start(kind, Deadlines.DEFAULT, handler);
                WireClient client = connect(server)) {
            assertThat(client.ask(GET).status()).isEqualTo(500);
            awaitLine(
                    " ERROR server   handler: \"GET /a?b\": ",
                    "java.lang.IllegalStateException: no rows at " + getClass().getName(),
                    "; caused by java.io.IOException: disk at " + getClass().getName());
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void anInterimStatusIsAMistakeAndTheClientGetsAFinalOne(EngineUnderTest kind) throws Exception {
        Handler handler =
                exchange -> {
                    exchange.respond(ResponseHead.of(100), 0);
                    throw new AssertionError("not thrown");
                };
        try (Server server = start(kind, Deadlines.DEFAULT, handler);
                WireClient client = connect(server)) {
            assertThat(client.ask(GET).status()).isEqualTo(500);
            awaitLine("handler: \"GET /a?b\": ", "not a final status", ": 100;");
        }
    }

    private static Deadlines handlersHave(long ns) {
        return new Deadlines(SECOND, SECOND, SECOND, 30 * SECOND, ns, 10 * SECOND);
    }

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void aStreamThatIsCutIsAWarning(EngineUnderTest kind) throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        Handler handler =
                Handlers.streaming(
                        exchange -> {
                            var out = exchange.respond(ResponseHead.of(200));
                            out.write(new byte[1234]);
                            out.flush();
                            never.await();
                        });
        try (Server server = start(kind, handlersHave(SECOND / 4), handler);
                WireClient client = connect(server)) {
            client.send(GET).untilOver();
            assertThat(client.isReset()).isTrue();
            awaitLine(
                    " WARN  server   handler: \"GET /a?b\" was cut after 1234 bytes of"
                            + " content",
                    "(Deadlines.handlerNs): ",
                    "ms");
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void anAnswerThatDoesNotComeIsAWarning(EngineUnderTest kind) throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        Handler handler =
                Handlers.blocking(
                        _ -> {
                            never.await();
                            return Response.of(200);
                        });
        try (Server server = start(kind, handlersHave(SECOND / 4), handler);
                WireClient client = connect(server)) {
            assertThat(client.ask(GET).status()).isEqualTo(504);
            awaitLine(" WARN  server   handler: \"GET /a?b\" was answered 504", "ms");
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void oneThatBlocksItsLoopIsAWarningWithItsStack(EngineUnderTest kind) throws Exception {
        CountDownLatch said = new CountDownLatch(1);
        AtomicBoolean blocks = new AtomicBoolean();
        Handler handler =
                Handlers.of(
                        _ -> {
                            if (blocks.get()) {
                                said.await();
                            }
                            return Response.of(200);
                        });
        try (Server server = start(kind, Deadlines.DEFAULT, handler);
                WireClient client = connect(server)) {
            // With its classes loaded, it is there where it blocks when it is looked at first.
            assertThat(client.ask(GET).status()).isEqualTo(200);
            blocks.set(true);
            client.send(GET);
            awaitBlocked(
                    said,
                    thread(kind, "virtual-"),
                    "lambda$oneThatBlocksItsLoopIsAWarningWithItsStack$");
            assertThat(client.reply().status()).isEqualTo(200);
        }
    }

    /** A task that no visitor of a lane is there to run is the lane's own thread's. */
    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void aTaskThatBlocksItsLoopIsOneToo(EngineUnderTest kind) throws Exception {
        CountDownLatch said = new CountDownLatch(1);
        BlockingQueue<Exchange> begun = new LinkedBlockingQueue<>();
        Handler handler =
                exchange -> {
                    exchange.respond(ResponseHead.of(200), 5);
                    begun.add(exchange);
                    return new NoMore();
                };
        try (Server server = start(kind, Deadlines.DEFAULT, handler);
                WireClient client = connect(server)) {
            client.send(GET);
            String head = client.nextBytes(); // so the turn is over in which it was asked
            assertThat(head).startsWith("HTTP/1.1 200 ");
            Exchange exchange = begun.take();
            exchange.execute(() -> finish(exchange, said));
            awaitBlocked(said, thread(kind, "lane-"), "finish:");
            Until.holds("the answer", () -> client.nextBytes().endsWith("hello"));
        }
    }

    /** How the name of a thread begins that calls handlers, where an engine names it. */
    private static String thread(EngineUnderTest kind, String ofVirtual) {
        return switch (kind.description().name()) {
            case "sharded" -> "shard-";
            case "virtual" -> ofVirtual;
            case "selector" -> "selector-";
            default -> "";
        };
    }

    private static void finish(Exchange exchange, CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        exchange.write("hello".getBytes(StandardCharsets.US_ASCII), 0, 5);
        exchange.finish();
    }

    /** Whatever comes of it, what blocks goes on then: the server would not end before. */
    private void awaitBlocked(CountDownLatch said, String thread, String method) {
        try {
            awaitLine(
                    " WARN  server   loop: blocked for ",
                    " ms by thread " + thread,
                    "java.util.concurrent.CountDownLatch.await:",
                    getClass().getName() + "." + method);
        } finally {
            said.countDown();
        }
    }

    private static final class NoMore implements ExchangeListener {
        @Override
        public void content(byte[] bytes, int from, int to) {}

        @Override
        public void end() {}
    }
}
