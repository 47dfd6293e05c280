package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.websocket.EncodedMessage;
import caffeine.server.core.Exchange;
import caffeine.server.core.Handler;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.handler.WebSocket;
import caffeine.server.handler.WebSocketHandler;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ServerOptions;
import caffeine.server.options.WebSocketOptions;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.TestOptions;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;
import caffeine.server.testing.WireWebSocket;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** WebSocket in a program, on every engine that takes its handler. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
@ExtendWith(NoLeaks.class)
class EngineWebSocketTest {

    private static final int SMALL_BUFFERS = 4096;
    private static final int MIB = 1 << 20;

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();

    private final Queue<WebSocket> sockets = new ConcurrentLinkedQueue<>();
    private final Queue<String> ends = new ConcurrentLinkedQueue<>();
    private final AtomicLong receivedBytes = new AtomicLong();
    private @Nullable RunningEngine started;

    /** By the test. */
    private boolean stopped;

    /** Echoes; does what a text names. */
    private class Echo implements WebSocketHandler {

        @Override
        public void open(WebSocket socket) {
            sockets.add(socket);
        }

        @Override
        public void text(WebSocket socket, String message) {
            switch (message) {
                case "throw" -> throw new StackOverflowError("meant to happen");
                case "close" -> socket.close(4000, "asked");
                default -> assertThat(socket.send(message)).isTrue();
            }
        }

        @Override
        public void binary(WebSocket socket, byte[] message) {
            receivedBytes.addAndGet(message.length);
            assertThat(socket.send(message)).isTrue();
        }

        @Override
        public void closed(WebSocket socket, int code, String reason) {
            ends.add("closed " + code);
        }

        @Override
        public void failed(WebSocket socket, int code, String detail) {
            ends.add("failed " + code);
        }
    }

    /** A client may take nothing for as long as a slow machine needs. */
    private void start() {
        start(
                TestOptions.defaults()
                        .withDeadlines(EngineFolder.deadlines(600_000, 60_000, 60_000)));
    }

    private void start(ServerOptions options) {
        Handler echo = Handlers.webSocket(new Echo());
        Handler plain = Handlers.always(Response.text("plain"));
        started =
                new RunningEngine(
                        kind.make(
                                options,
                                exchange ->
                                        isPlain(exchange)
                                                ? plain.begin(exchange)
                                                : echo.begin(exchange)));
    }

    private static boolean isPlain(Exchange exchange) {
        return exchange.request().target().rawPath().equals("/plain");
    }

    private RunningEngine engine() {
        return Objects.requireNonNull(started);
    }

    private WireWebSocket connect() {
        return new WireWebSocket(engine().address(), "/");
    }

    /** Whatever one connection has done, it costs another nothing. */
    @AfterEach
    void stop() {
        if (!stopped) {
            try (WireClient client = engine().connect()) {
                String request = "GET /plain HTTP/1.1\r\nHost: a.test\r\n\r\n";
                assertThat(client.ask(request).text()).isEqualTo("plain");
            }
        }
        engine().stop();
        engine().awaitEnd();
        assertThat(engine().engine().failure()).isNull();
        engine().close();
    }

    private static byte[] content(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + i / 251);
        }
        return bytes;
    }

    @Test
    void messagesComeBack() {
        start();
        try (WireWebSocket client = connect()) {
            assertThat(client.head()).startsWith("HTTP/1.1 101 Switching Protocols\r\n");
            assertThat(client.send("one").text()).isEqualTo("one");
            byte[] large = content(MIB);
            assertThat(client.send(large).binary()).isEqualTo(large);
            String text = "é".repeat(MIB / 2);
            assertThat(client.send(text).text()).isEqualTo(text);
            assertThat(client.close(1000).closeCode()).isEqualTo(1000);
            assertThat(client.endsInOrder()).isTrue();
        }
        Until.holds("the handler hears of the end", () -> ends.contains("closed 1000"));
    }

    @Test
    void aMessageInTheSegmentOfTheHandshake() {
        start();
        ByteArrayOutputStream behind = new ByteArrayOutputStream();
        for (int i = 0; i < 100; i++) {
            behind.writeBytes(WireWebSocket.frame(0x81, "message " + i));
        }
        try (WireWebSocket client =
                new WireWebSocket(engine().address(), "/", 0, behind.toByteArray())) {
            for (int i = 0; i < 100; i++) {
                assertThat(client.text()).isEqualTo("message " + i);
            }
        }
    }

    @Test
    void fragmentsWithAPingBetween() {
        start();
        try (WireWebSocket client = connect()) {
            client.raw(WireWebSocket.frame(0x01, "Hel"));
            client.raw(WireWebSocket.frame(0x89, "ping"));
            for (byte each : WireWebSocket.frame(0x80, "lo")) {
                client.raw(new byte[] {each});
            }
            assertThat(client.text()).isEqualTo("Hello");
        }
    }

    @Test
    void aViolationFailsItsConnection() {
        start();
        try (WireWebSocket client = connect()) {
            client.raw("\u0083\u0080\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1));
            assertThat(client.closeCode()).isEqualTo(1002);
            assertThat(client.endsInOrder()).isTrue();
        }
        Until.holds("the handler hears of it", () -> ends.contains("failed 1002"));
    }

    /** Input behind a failure is dropped for a second; then the connection closes. */
    @Test
    void aClientThatSendsOnIsDisconnected() {
        start();
        try (WireWebSocket client = connect()) {
            client.raw("\u0083\u0080\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1));
            assertThat(client.closeCode()).isEqualTo(1002);
            byte[] more = new byte[1000];
            Until.holds("sending fails", () -> !sends(client, more));
        }
    }

    private static boolean sends(WireWebSocket client, byte[] bytes) {
        try {
            client.raw(bytes);
            return true;
        } catch (UncheckedIOException _) {
            return false;
        }
    }

    @Test
    void whatACallbackThrowsCostsItsConnection() {
        start();
        try (WireWebSocket client = connect()) {
            assertThat(client.send("throw").send("late").closeCode()).isEqualTo(1011);
        }
        Until.holds("the handler hears of it", () -> ends.contains("failed 1011"));
    }

    @Test
    void theServerCloses() {
        start();
        try (WireWebSocket client = connect()) {
            assertThat(client.send("close").closeCode()).isEqualTo(4000);
        }
        Until.holds("the handler hears of the answer", () -> ends.contains("closed 4000"));
    }

    @Test
    void aResetIsAnAbnormalEnd() {
        start();
        try (WireWebSocket client = connect()) {
            assertThat(client.send("one").text()).isEqualTo("one");
            client.reset();
        }
        Until.holds("the handler hears of it", () -> ends.contains("closed 1006"));
    }

    /** A client that reads nothing is not read either, so that its echoes need bounded memory. */
    @Test
    void theMemoryForASlowClientIsBounded() throws IOException, InterruptedException {
        start();
        byte[] message = content(10_000);
        int messages = 6_000;
        try (WireWebSocket client =
                new WireWebSocket(engine().address(), "/", SMALL_BUFFERS, new byte[0])) {
            AtomicLong sent = new AtomicLong();
            Thread sender =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int i = 0; i < messages; i++) {
                                            client.send(message);
                                            sent.incrementAndGet();
                                        }
                                    });
            awaitStandstill(sent);
            assertThat(receivedBytes.get()).isLessThan(messages * 10_000L / 2);
            for (int i = 0; i < messages; i++) {
                assertThat(client.binary()).isEqualTo(message);
            }
            assertThat(sender.join(Duration.ofNanos(Until.PATIENCE_NS))).isTrue();
        }
    }

    /** If it only seems to stand still, less is asserted. */
    private static void awaitStandstill(AtomicLong count) throws InterruptedException {
        long before = -1;
        while (before != count.get() || before == 0) {
            before = count.get();
            TimeUnit.MILLISECONDS.sleep(300);
        }
    }

    @Test
    void aThreadThatBlocksWaitsForASlowClient() throws IOException {
        start();
        int messages = 400;
        try (WireWebSocket client =
                new WireWebSocket(engine().address(), "/", SMALL_BUFFERS, new byte[0])) {
            assertThat(client.send("one").text()).isEqualTo("one");
            WebSocket socket = sockets.element();
            AtomicLong sent = new AtomicLong();
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try {
                                    for (int i = 0; i < messages; i++) {
                                        socket.sendBlocking(content(100_000));
                                        sent.incrementAndGet();
                                    }
                                    socket.close();
                                } catch (IOException e) {
                                    ends.add(e.toString());
                                }
                            });
            Until.holds("it sends", () -> sent.get() > 0);
            for (int i = 0; i < messages; i++) {
                assertThat(client.binary()).isEqualTo(content(100_000));
            }
            assertThat(client.closeCode()).isEqualTo(1000);
        }
    }

    @Test
    void messagesOfOtherThreadsAreSentInOrder() {
        start();
        try (WireWebSocket client = connect()) {
            assertThat(client.send("one").text()).isEqualTo("one");
            WebSocket socket = sockets.element();
            Thread other =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int i = 0; i < 5_000; i++) {
                                            assertThat(socket.send("number " + i)).isTrue();
                                        }
                                    });
            for (int i = 0; i < 5_000; i++) {
                assertThat(client.text()).isEqualTo("number " + i);
            }
            Until.holds("the thread has ended", () -> !other.isAlive());
        }
    }

    @Test
    void oneMessageGoesToMany() {
        start();
        kind.servesSeveralAtOnce();
        List<WireWebSocket> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 20; i++) {
                clients.add(connect());
            }
            Until.holds("all are open", () -> sockets.size() == 20);
            EncodedMessage message = EncodedMessage.text("x".repeat(70_000));
            for (WebSocket socket : sockets) {
                assertThat(socket.send(message)).isTrue();
            }
            for (WireWebSocket client : clients) {
                assertThat(client.text()).hasSize(70_000);
            }
        } finally {
            clients.forEach(WireWebSocket::close);
        }
    }

    @Test
    void aStopClosesWith1001() {
        start();
        try (WireWebSocket client = connect()) {
            assertThat(client.send("one").text()).isEqualTo("one");
            stopped = true;
            engine().stop();
            assertThat(client.closeCode()).isEqualTo(1001);
            engine().awaitEnd();
        }
        assertThat(ends).containsExactly("closed 1001");
    }

    @Test
    void aStopDoesNotWaitForAClientLongerThanTheGrace() {
        Deadlines some = Deadlines.DEFAULT;
        start(
                TestOptions.defaults()
                        .withDeadlines(
                                new Deadlines(
                                        some.headNs(),
                                        some.contentIdleNs(),
                                        some.idleNs(),
                                        some.sendIdleNs(),
                                        some.handlerNs(),
                                        100_000_000L)));
        try (WireWebSocket client = connect()) {
            assertThat(client.send("one").text()).isEqualTo("one");
            stopped = true;
            engine().stop(); // its Close is not answered, because nothing is read
            engine().awaitEnd();
            assertThat(client.closeCode()).isEqualTo(1001);
        }
        assertThat(ends).containsExactly("closed 1006");
    }

    @Test
    void theLimitsAreThoseOfItsOptions() {
        started =
                new RunningEngine(
                        kind.make(
                                TestOptions.defaults(),
                                exchange ->
                                        (isPlain(exchange)
                                                        ? Handlers.always(Response.text("plain"))
                                                        : Handlers.webSocket(
                                                                new Echo(),
                                                                WebSocketOptions.DEFAULT
                                                                        .withMessageBytes(10)
                                                                        .withTimes(
                                                                                50_000_000,
                                                                                Until.PATIENCE_NS)))
                                                .begin(exchange)));
        try (WireWebSocket client = connect()) {
            assertThat(client.send("0123456789").text()).isEqualTo("0123456789");
            assertThat(client.awaitPing()).isPositive();
            assertThat(client.send("01234567890").closeCode()).isEqualTo(1009);
        }
    }
}
