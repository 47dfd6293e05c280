package caffeine.server.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.websocket.CloseCode;
import caffeine.http.websocket.EncodedMessage;
import caffeine.server.core.Exchange;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.WebSocketOptions;
import caffeine.server.testkit.TestClient;
import caffeine.server.testkit.TestResponse;
import caffeine.server.testkit.TestWebSocket;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

class WebSocketHandlerTest {

    private static final long MIB = 1 << 20;

    /** Echoes, and keeps its events. */
    private static class Echo implements WebSocketHandler {
        final List<String> events = new ArrayList<>();
        @Nullable WebSocket socket;

        WebSocket socket() {
            return Objects.requireNonNull(socket);
        }

        @Override
        public void open(WebSocket opened) {
            socket = opened;
            events.add("open");
        }

        @Override
        public void text(WebSocket from, String message) {
            events.add(message.length() > 20 ? "long text" : message);
            assertThat(from.send(message)).isTrue();
        }

        @Override
        public void binary(WebSocket from, byte[] message) {
            events.add(message.length + " bytes");
            assertThat(from.send(message)).isTrue();
        }

        @Override
        public void closed(WebSocket from, int code, String reason) {
            events.add("closed " + code + " " + reason);
            assertThat(from.isOpen()).isFalse();
        }

        @Override
        public void failed(WebSocket from, int code, String detail) {
            events.add("failed " + code);
        }
    }

    private final Echo echo = new Echo();
    private final TestClient client = client(echo, WebSocketOptions.DEFAULT);

    private static TestClient client(WebSocketHandler handler, WebSocketOptions options) {
        return new TestClient(Handlers.webSocket(handler, options));
    }

    private static String handshake(String firstLine, String... fields) {
        return firstLine + "\r\nHost: a.test\r\n" + String.join("\r\n", fields) + "\r\n\r\n";
    }

    private static final String[] GOOD = {
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13"
    };

    @Nested
    class OpeningHandshake {

        @Test
        void aGoodOneGets101() {
            TestResponse response = client.send(handshake("GET /x HTTP/1.1", GOOD)).response();
            assertThat(response.status()).isEqualTo(101);
            assertThat(response.field("Upgrade")).isEqualTo("websocket");
            assertThat(response.field("Connection")).isEqualTo("upgrade");
            assertThat(response.field("Sec-WebSocket-Accept"))
                    .isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
            assertThat(echo.events).containsExactly("open");
            assertThat(echo.socket().request().path()).isEqualTo("/x");
            assertThat(echo.socket().request().field("host")).isEqualTo("a.test");
            assertThat(echo.socket().subprotocol()).isNull();
        }

        @Test
        void aPlainRequestGets426AndTheConnectionPersists() {
            TestResponse response = client.send(handshake("GET / HTTP/1.1", "A: b")).response();
            assertThat(response.status()).isEqualTo(426);
            assertThat(response.field("Upgrade")).isEqualTo("websocket");
            assertThat(response.field("Connection")).isEqualTo("upgrade");
            assertThat(response.field("Sec-WebSocket-Version")).isEqualTo("13");
            assertThat(client.webSocket("/").send("hi").text()).isEqualTo("hi");
        }

        @ParameterizedTest
        @CsvSource({"POST / HTTP/1.1,405", "HEAD / HTTP/1.1,405", "GET / HTTP/1.0,426"})
        void anotherMethodOrVersion(String firstLine, int status) {
            TestResponse response =
                    client.send(handshake(firstLine, GOOD)).send("").responseToHead();
            assertThat(response.status()).isEqualTo(status);
            assertThat(response.field("Allow")).isEqualTo(status == 405 ? "GET" : null);
            assertThat(echo.events).isEmpty();
        }

        @Test
        void anotherVersionOfWebSocketGets426() {
            String request =
                    handshake("GET / HTTP/1.1", GOOD).replace("Version: 13", "Version: 12");
            assertThat(client.send(request).response().status()).isEqualTo(426);
        }

        @Test
        void contentGets400AndCloses() {
            String request = handshake("GET / HTTP/1.1", GOOD).replace("A: b", "");
            request = request.replace("Upgrade: w", "Content-Length: 2\r\nUpgrade: w") + "hi";
            assertThat(client.send(request).response().status()).isEqualTo(400);
            assertThat(client.isOver()).isTrue();
        }

        @Test
        void aPageOfAnotherHostGets403UnlessAllowed() {
            String request =
                    handshake("GET / HTTP/1.1", GOOD)
                            .replace("Upgrade: w", "Origin: http://b.test\r\nUpgrade: w");
            assertThat(client.send(request).response().status()).isEqualTo(403);
            TestClient allowed = client(echo, WebSocketOptions.DEFAULT.withOrigins("b.test"));
            assertThat(allowed.send(request).response().status()).isEqualTo(101);
            TestClient any = client(echo, WebSocketOptions.DEFAULT.withOrigins("*"));
            assertThat(any.send(request).response().status()).isEqualTo(101);
        }

        @Test
        void aSubprotocolIsChosen() {
            TestClient speaks =
                    client(echo, WebSocketOptions.DEFAULT.withSubprotocols("one", "two"));
            TestWebSocket _ = speaks.webSocket("/", "Sec-WebSocket-Protocol: three, two, one");
            assertThat(echo.socket().subprotocol()).isEqualTo("two");
        }

        @Test
        void bytesBehindItAreTheFirstMessage() {
            String frame = "\u0081\u0082\0\0\0\0hi"; // its key is zeros
            client.send(handshake("GET / HTTP/1.1", GOOD) + frame);
            assertThat(client.response().status()).isEqualTo(101);
            assertThat(client.received()).isEqualTo("\u0081\2hi");
        }

        @Test
        void aHandlerForEachConnection() {
            List<Echo> handlers = new ArrayList<>();
            TestClient each =
                    new TestClient(
                            Handlers.webSocket(
                                    () -> {
                                        handlers.add(new Echo());
                                        return handlers.getLast();
                                    },
                                    WebSocketOptions.DEFAULT));
            assertThat(each.webSocket("/").send("a").text()).isEqualTo("a");
            assertThat(handlers).hasSize(1);
            assertThat(handlers.getFirst().events).containsExactly("open", "a");
        }

        @Test
        void aSupplierThatThrowsIs500() {
            TestClient each =
                    new TestClient(
                            Handlers.webSocket(
                                    () -> {
                                        throw new IllegalStateException("meant to happen");
                                    },
                                    WebSocketOptions.DEFAULT));
            assertThat(each.send(handshake("GET / HTTP/1.1", GOOD)).response().status())
                    .isEqualTo(500);
            assertThat(each.mistakes()).hasSize(1);
        }
    }

    @Nested
    class Messages {

        @Test
        void comeBackInOrder() {
            TestWebSocket socket = client.webSocket("/");
            socket.send("one").send(new byte[] {0, -1}).send("");
            assertThat(socket.text()).isEqualTo("one");
            assertThat(socket.binary()).containsExactly(0, -1);
            assertThat(socket.text()).isEmpty();
            assertThat(echo.events).containsExactly("open", "one", "2 bytes", "");
        }

        @Test
        void aLargeOneComesBack() {
            byte[] large = new byte[(int) (3 * MIB)];
            large[large.length - 1] = 7;
            assertThat(client.webSocket("/").send(large).binary()).isEqualTo(large);
        }

        @Test
        void areCompressedWhenBothWantIt() {
            String offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
            TestClient compressing = client(echo, WebSocketOptions.DEFAULT.withCompression(true));
            TestWebSocket socket = compressing.webSocket("/", offer);
            String text = "abc".repeat(10_000);
            assertThat(socket.send(text).text()).isEqualTo(text);
            assertThat(socket.send(text).text()).isEqualTo(text);
        }

        @Test
        void areNotCompressedUnlessAsked() {
            String request =
                    handshake("GET / HTTP/1.1", GOOD)
                            .replace(
                                    "Upgrade: w",
                                    "Sec-WebSocket-Extensions: permessage-deflate\r\nUpgrade: w");
            assertThat(client.send(request).response().field("Sec-WebSocket-Extensions")).isNull();
        }

        @Test
        void anEncodedOneGoesToMany() {
            EncodedMessage message = EncodedMessage.text("for all");
            TestWebSocket socket = client.webSocket("/");
            assertThat(echo.socket().send(message)).isTrue();
            assertThat(echo.socket().sendUtf8(new byte[] {'x'})).isTrue();
            assertThat(socket.text()).isEqualTo("for all");
            assertThat(socket.text()).isEqualTo("x");
            assertThatThrownBy(() -> echo.socket().sendUtf8(new byte[] {-1}))
                    .isInstanceOf(IllegalArgumentException.class);
        }

        @Test
        void oneThatIsTooLargeIs1009() {
            TestClient small = client(echo, WebSocketOptions.DEFAULT.withMessageBytes(5));
            TestWebSocket socket = small.webSocket("/").send("12345");
            assertThat(socket.text()).isEqualTo("12345");
            assertThat(socket.send("123456").closeCode()).isEqualTo(CloseCode.TOO_LARGE);
            assertThat(echo.events).containsExactly("open", "12345", "failed 1009");
        }
    }

    @Nested
    class Pace {

        /** What the client does not take waits in memory; then its messages are not read. */
        @Test
        void aClientThatTakesNothingIsNotRead() {
            TestWebSocket socket = client.webSocket("/");
            client.pauseReading();
            String text = "x".repeat(10_000);
            for (int i = 0; i < 1000; i++) {
                socket.send(text);
            }
            assertThat(client.unreadBytes()).isGreaterThan(9_000_000);
            assertThat(client.unsentBytes())
                    .isBetween((long) Exchange.HIGH_WATER_BYTES, 2L * Exchange.HIGH_WATER_BYTES);
            client.resumeReading();
            for (int i = 0; i < 1000; i++) {
                assertThat(socket.text()).isEqualTo(text);
            }
            assertThat(client.unreadBytes()).isZero();
        }

        @Test
        void sendTakesNoMoreThanTheQueueAndOneMessage() {
            TestWebSocket socket = client.webSocket("/");
            client.pauseReading();
            byte[] message = new byte[1000];
            int taken = 0;
            while (echo.socket().send(message)) {
                taken++;
            }
            assertThat(taken).isBetween((int) (MIB / 1000), (int) (MIB / 1000) + 2);
            assertThat(client.await("all is with the transport", () -> true).unsentBytes())
                    .isGreaterThan(MIB);
            assertThat(echo.socket().isOpen()).isTrue();
            client.resumeReading();
            for (int i = 0; i < taken; i++) {
                assertThat(socket.binary()).hasSize(1000);
            }
            assertThat(echo.socket().send("again")).isTrue();
            assertThat(socket.text()).isEqualTo("again");
        }

        @Test
        void whenDrainedRunsOnceTheClientHasTakenAll() {
            TestWebSocket socket = client.webSocket("/");
            List<String> ran = new ArrayList<>();
            echo.socket().whenDrained(() -> ran.add("at once"));
            assertThat(socket.hasMessage()).isFalse();
            client.pauseReading();
            while (echo.socket().send("y".repeat(100_000))) {
                // until it is full
            }
            echo.socket().whenDrained(() -> ran.add("drained"));
            assertThat(socket.hasMessage()).isFalse();
            assertThat(ran).containsExactly("at once");
            client.resumeReading();
            assertThat(ran).containsExactly("at once", "drained");
        }

        /** A task that sends again, and waits when it cannot, would run for ever. */
        @Test
        void whenDrainedDoesNotRunOnceItCloses() {
            TestWebSocket socket = client.webSocket("/");
            List<String> ran = new ArrayList<>();
            client.pauseReading();
            while (echo.socket().send("y".repeat(100_000))) {
                // until it is full
            }
            echo.socket().whenDrained(() -> ran.add("before"));
            echo.socket().close();
            echo.socket().whenDrained(() -> ran.add("behind"));
            client.resumeReading();
            assertThat(socket.closeCode()).isEqualTo(CloseCode.NORMAL);
            assertThat(ran).isEmpty();
        }

        @Test
        void sendBlockingWaitsForRoomOnAnyThread() {
            TestWebSocket socket = client.webSocket("/");
            client.pauseReading();
            LinkedBlockingQueue<Object> progress = new LinkedBlockingQueue<>();
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try {
                                    for (int i = 0; i < 40; i++) {
                                        echo.socket().sendBlocking("z".repeat(100_000));
                                        progress.add(i);
                                    }
                                    progress.add("done");
                                } catch (IOException e) {
                                    progress.add(e);
                                }
                            });
            client.await("it waits", () -> progress.size() >= 11);
            assertThat(progress).doesNotContain("done");
            client.resumeReading();
            for (int i = 0; i < 40; i++) {
                assertThat(socket.text()).hasSize(100_000);
            }
            client.await("it ends", () -> progress.contains("done"));
        }

        @Test
        void sendBlockingEndsWithTheConnection() {
            TestWebSocket _ = client.webSocket("/");
            client.pauseReading();
            CompletableFuture<Throwable> thrown = new CompletableFuture<>();
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try {
                                    while (true) {
                                        echo.socket().sendBlocking(new byte[100_000]);
                                    }
                                } catch (Throwable e) {
                                    thrown.complete(e);
                                }
                            });
            client.await("it waits", () -> client.unsentBytes() > MIB);
            client.reset();
            client.await("it ends", thrown::isDone);
            assertThat(thrown.join()).isInstanceOf(IOException.class);
            assertThat(echo.events).containsExactly("open", "closed 1006 ");
        }

        @Test
        void aCallbackCannotWaitForItself() {
            TestClient blocks =
                    client(
                            new WebSocketHandler() {
                                @Override
                                public void text(WebSocket socket, String message) {
                                    assertThatThrownBy(() -> socket.sendBlocking("x"))
                                            .isInstanceOf(IllegalStateException.class);
                                    socket.send("refused");
                                }
                            },
                            WebSocketOptions.DEFAULT);
            assertThat(blocks.webSocket("/").send("a").text()).isEqualTo("refused");
        }

        @Test
        void noCallbackFollowsAPauseUntilResume() {
            List<String> seen = new ArrayList<>();
            List<WebSocket> sockets = new ArrayList<>();
            TestClient pausing =
                    client(
                            new WebSocketHandler() {
                                @Override
                                public void text(WebSocket socket, String message) {
                                    sockets.add(socket);
                                    seen.add(message);
                                    socket.pause();
                                }
                            },
                            WebSocketOptions.DEFAULT);
            TestWebSocket socket = pausing.webSocket("/");
            // Three in one segment, and one more that is not read.
            pausing.send("\u0081\u0081\0\0\0\0a\u0081\u0081\0\0\0\0b\u0081\u0081\0\0\0\0c");
            socket.send("d");
            assertThat(seen).containsExactly("a");
            assertThat(pausing.unreadBytes()).isPositive();
            sockets.getFirst().resume();
            assertThat(socket.hasMessage()).isFalse();
            assertThat(seen).containsExactly("a", "b");
            for (int i = 0; i < 2; i++) {
                sockets.getFirst().resume();
                assertThat(socket.hasMessage()).isFalse();
            }
            assertThat(seen).containsExactly("a", "b", "c", "d");
        }

        /** RFC 6455 §5.5.3. */
        @Test
        void aFloodOfPingsIsAnsweredOnceWhileOutputIsBackedUp() {
            TestWebSocket socket = client.webSocket("/");
            client.pauseReading();
            while (client.unsentBytes() < Exchange.HIGH_WATER_BYTES) {
                assertThat(echo.socket().send(new byte[10_000])).isTrue();
                client.await("it is sent", () -> true);
            }
            long before = client.unsentBytes();
            for (int i = 0; i < 1000; i++) {
                socket.ping("ping " + i);
            }
            assertThat(client.unreadBytes()).isZero();
            assertThat(client.unsentBytes()).isEqualTo(before);
            String all = client.resumeReading().received();
            assertThat(all).endsWith("\u008a\u0008ping 999");
        }
    }

    @Nested
    class TheEnd {

        @Test
        void theClientCloses() {
            TestWebSocket socket = client.webSocket("/").close(4321, "bye");
            assertThat(socket.closeCode()).isEqualTo(4321);
            assertThat(echo.events).containsExactly("open", "closed 4321 bye");
            assertThat(client.isOver()).isTrue();
            assertThat(client.isReset()).isFalse();
            assertThat(echo.socket().send("late")).isFalse();
        }

        @Test
        void theServerClosesBehindItsMessages() {
            TestWebSocket socket = client.webSocket("/");
            assertThat(echo.socket().send("last")).isTrue();
            echo.socket().close(4000, "enough");
            assertThat(echo.socket().send("late")).isFalse();
            assertThat(socket.text()).isEqualTo("last");
            assertThat(socket.closeCode()).isEqualTo(4000);
            assertThat(socket.closeReason()).isEqualTo("enough");
            client.await("its answer", client::isOver);
            assertThat(echo.events).containsExactly("open", "closed 4000 ");
        }

        @Test
        void theServersCloseIsAnsweredOrTheClientDisconnected() {
            TestWebSocket _ = client.webSocket("/");
            echo.socket().close();
            assertThat(client.received()).isEqualTo("\u0088\u0002\u0003\u00e8");
            client.advance(Duration.ofSeconds(9));
            assertThat(client.isOver()).isFalse();
            client.advance(Duration.ofSeconds(1));
            assertThat(client.isOver()).isTrue();
            assertThat(echo.events).containsExactly("open", "closed 1006 ");
        }

        @Test
        void aCloseOfAPausedConnectionStillHearsTheClient() {
            TestWebSocket socket = client.webSocket("/");
            echo.socket().pause();
            socket.send("unread");
            assertThat(client.unreadBytes()).isPositive();
            echo.socket().close();
            assertThat(socket.closeCode()).isEqualTo(1000);
            client.await("its answer", client::isOver);
            assertThat(echo.events).containsExactly("open", "closed 1000 ");
        }

        @Test
        void aCloseNeedsAValidCode() {
            TestWebSocket _ = client.webSocket("/");
            assertThatThrownBy(() -> echo.socket().close(1006, ""))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> echo.socket().close(1000, "r".repeat(124)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(echo.socket().isOpen()).isTrue();
        }

        @Test
        void theEndOfInputWithoutACloseIs1006() {
            TestWebSocket _ = client.webSocket("/");
            client.end();
            assertThat(client.isOver()).isTrue();
            assertThat(echo.events).containsExactly("open", "closed 1006 ");
        }

        @ParameterizedTest
        @CsvSource({"open", "text", "binary", "drained"})
        void anExceptionOfACallbackIs1011AndLoggedOnce(String where) {
            Echo throwing =
                    new Echo() {
                        private void failIn(String callback) {
                            if (where.equals(callback)) {
                                throw new StackOverflowError("meant to happen");
                            }
                        }

                        @Override
                        public void open(WebSocket opened) {
                            super.open(opened);
                            failIn("open");
                            opened.whenDrained(() -> failIn("drained"));
                        }

                        @Override
                        public void text(WebSocket from, String message) {
                            failIn("text");
                        }

                        @Override
                        public void binary(WebSocket from, byte[] message) {
                            failIn("binary");
                        }
                    };
            TestClient fails = client(throwing, WebSocketOptions.DEFAULT);
            TestWebSocket socket = fails.webSocket("/");
            fails.send("\u0081\u0081\0\0\0\0a\u0082\u0081\0\0\0\0b");
            assertThat(socket.closeCode()).isEqualTo(1011);
            assertThat(fails.isOver()).isTrue();
            assertThat(throwing.events).containsExactly("open", "failed 1011");
            assertThat(fails.mistakes()).hasSize(1);
        }

        @Test
        void anExceptionOfTheLastCallbackIsLogged() {
            TestClient fails =
                    client(
                            new WebSocketHandler() {
                                @Override
                                public void closed(WebSocket socket, int code, String reason) {
                                    throw new IllegalStateException("meant to happen");
                                }
                            },
                            WebSocketOptions.DEFAULT);
            assertThat(fails.webSocket("/").close(1000, "").closeCode()).isEqualTo(1000);
            assertThat(fails.isOver()).isTrue();
            assertThat(fails.mistakes()).hasSize(1);
        }
    }

    @Nested
    class Times {

        @Test
        void aSilentClientIsPingedAndStays() {
            TestWebSocket socket = client.webSocket("/");
            for (int minutes = 0; minutes < 3; minutes++) {
                client.advance(Duration.ofSeconds(30));
                assertThat(socket.pings()).isEqualTo(minutes + 1); // and answered
                client.advance(Duration.ofSeconds(5));
            }
            assertThat(socket.send("here").text()).isEqualTo("here");
        }

        @Test
        void aClientThatSendsIsNotPinged() {
            TestWebSocket socket = client.webSocket("/");
            for (int i = 0; i < 20; i++) {
                client.advance(Duration.ofSeconds(20));
                assertThat(socket.send("on").text()).isEqualTo("on");
            }
            assertThat(socket.pings()).isZero();
        }

        @Test
        void aClientThatDoesNotAnswerIsDisconnected() {
            TestWebSocket _ = client.webSocket("/");
            client.advance(Duration.ofSeconds(30));
            assertThat(client.received()).isEqualTo("\u0089\0");
            client.advance(Duration.ofSeconds(10));
            assertThat(client.isOver()).isTrue();
            assertThat(client.received()).isEqualTo("\u0088\0");
            assertThat(echo.events).containsExactly("open", "closed 1006 ");
        }

        /** It cannot be heard then. */
        @Test
        void aClientThatIsNotReadIsNotDisconnected() {
            TestWebSocket socket = client.webSocket("/");
            echo.socket().pause();
            client.advance(Duration.ofMinutes(10));
            assertThat(client.isOver()).isFalse();
            echo.socket().resume();
            assertThat(socket.send("here").text()).isEqualTo("here");
        }

        @Test
        void noPingsWhereNoneAreWanted() {
            TestClient quiet = client(echo, WebSocketOptions.DEFAULT.withTimes(0, 1_000_000_000));
            TestWebSocket socket = quiet.webSocket("/");
            quiet.advance(Duration.ofHours(10));
            assertThat(socket.pings()).isZero();
            assertThat(socket.send("here").text()).isEqualTo("here");
        }
    }

    @Test
    void theLimitsOfRequestsDoNotConcernIt() {
        TestClient strict =
                new TestClient(Handlers.webSocket(echo), ServerLimits.DEFAULT, Deadlines.DEFAULT);
        TestWebSocket socket = strict.webSocket("/");
        strict.advance(Duration.ofSeconds(29)); // the idle time of HTTP is five
        assertThat(socket.send("here").text()).isEqualTo("here");
    }
}
