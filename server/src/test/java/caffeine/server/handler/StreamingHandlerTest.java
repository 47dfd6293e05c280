package caffeine.server.handler;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.US_ASCII;

import caffeine.http.HttpException;
import caffeine.http.ResponseHead;
import caffeine.server.testkit.TestClient;
import caffeine.server.testkit.TestResponse;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** Handlers that read and write streams on threads of their own. */
class StreamingHandlerTest {

    private static final String HOST = " HTTP/1.1\r\nHost: a.test\r\n";
    private static final String GET = "GET /" + HOST + "\r\n";
    private static final ResponseHead OK = ResponseHead.of(200);

    private final AtomicReference<Throwable> thrown = new AtomicReference<>();

    private TestClient client(StreamingFunction function) {
        return new TestClient(
                Handlers.streaming(
                        exchange -> {
                            try {
                                function.answer(exchange);
                            } catch (Throwable e) {
                                thrown.set(e);
                                throw e;
                            }
                        }));
    }

    private static String announce(long bytes) {
        return "POST /" + HOST + "Content-Length: " + bytes + "\r\n\r\n";
    }

    private Throwable awaitThrown(TestClient client) {
        client.await("the handler's end", () -> thrown.get() != null);
        return thrown.get();
    }

    // ---- responses

    @Test
    void aSmallResponseHasItsLength() {
        TestClient client =
                client(
                        exchange -> {
                            OutputStream out = exchange.respond(OK);
                            out.write("hel".getBytes(US_ASCII));
                            out.write('l');
                            out.write("o".getBytes(US_ASCII), 0, 1);
                        });
        TestResponse response = client.send(GET).response();
        assertThat(response.field("Content-Length")).isEqualTo("5");
        assertThat(response.text()).isEqualTo("hello");
        assertThat(client.send(GET).response().text()).isEqualTo("hello");
    }

    @Test
    void flushedResponsesAreChunked() {
        CountDownLatch go = new CountDownLatch(1);
        TestClient client =
                client(
                        exchange -> {
                            OutputStream out = exchange.respond(OK);
                            out.flush();
                            go.await();
                            out.write("tick".getBytes(US_ASCII));
                            out.flush();
                            out.flush();
                            out.write("tock".getBytes(US_ASCII));
                            out.close();
                            out.close();
                        });
        StringBuilder all = new StringBuilder();
        client.send(GET).await("the head", () -> all.append(client.received()).length() > 0);
        assertThat(all).endsWith("Transfer-Encoding: chunked\r\n\r\n");
        go.countDown();
        client.await(
                "the end", () -> all.append(client.received()).toString().endsWith("0\r\n\r\n"));
        assertThat(all).endsWith("\r\n\r\n4\r\ntick\r\n4\r\ntock\r\n0\r\n\r\n");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000, 16 * 1024, 20_000, 300_000})
    void largeOnesInPiecesOfAnySize(int piece) {
        int length = 1_000_000;
        byte[] content = new byte[length];
        new Random(piece).nextBytes(content);
        TestClient client =
                client(
                        exchange -> {
                            OutputStream out = exchange.respond(OK, length);
                            for (int at = 0; at < length; at += piece) {
                                out.write(content, at, Math.min(piece, length - at));
                            }
                        });
        TestResponse response = client.send(GET).response();
        assertThat(response.field("Content-Length")).isEqualTo("1000000");
        assertThat(response.content()).isEqualTo(content);
    }

    @Test
    void theHandlerWaitsForTheClient() {
        AtomicLong written = new AtomicLong();
        int length = 8 << 20;
        TestClient client =
                client(
                        exchange -> {
                            OutputStream out = exchange.respond(OK, length);
                            byte[] piece = new byte[8192];
                            while (written.get() < length) {
                                out.write(piece);
                                written.addAndGet(piece.length);
                            }
                        });
        client.pauseReading().send(GET);
        client.await("it is stuck", () -> client.unsentBytes() >= 256 * 1024);
        long taken = 0;
        while (taken < length) {
            assertThat(client.unsentBytes()).isLessThan(400 * 1024);
            assertThat(written.get()).isLessThan(taken + 500 * 1024);
            client.take(100_000);
            taken += client.received().length();
            long until = Math.min(taken + 1, length);
            client.await("more", () -> written.get() >= until || client.unsentBytes() > 0);
        }
    }

    @Test
    void aSlowClientIsNotTheHandlersFault() {
        TestClient client = client(exchange -> exchange.respond(OK).write(new byte[1 << 20]));
        client.pauseReading().send(GET);
        client.await("it is stuck", () -> client.unsentBytes() >= 256 * 1024);
        client.advance(Duration.ofMinutes(10)); // a real transport would have cut it off
        assertThat(client.isOver()).isFalse();
        assertThat(client.resumeReading().response().content()).hasSize(1 << 20);
    }

    @Test
    void aWholeResponse() {
        TestClient client = client(exchange -> exchange.respond(Response.text(exchange.path())));
        assertThat(client.send(GET).response().text()).isEqualTo("/");
    }

    // ---- content

    @Test
    void contentComesAsItIsSent() {
        CountDownLatch first = new CountDownLatch(1);
        TestClient client =
                client(
                        exchange -> {
                            InputStream in = exchange.content();
                            String begin = new String(in.readNBytes(3), US_ASCII);
                            first.countDown();
                            exchange.respond(
                                    Response.text(
                                            begin + "|" + new String(in.readAllBytes(), US_ASCII)));
                        });
        client.send(announce(6) + "abc");
        client.await("the first bytes", () -> first.getCount() == 0);
        client.send("def");
        assertThat(client.response().text()).isEqualTo("abc|def");
    }

    @Test
    void theClientWaitsForTheHandler() {
        CountDownLatch go = new CountDownLatch(1);
        int length = 8 << 20;
        TestClient client =
                client(
                        exchange -> {
                            go.await();
                            long count =
                                    exchange.content().transferTo(OutputStream.nullOutputStream());
                            exchange.respond(Response.text(Long.toString(count)));
                        });
        client.send(announce(length));
        client.send(new byte[length]);
        assertThat(client.unreadBytes()).isGreaterThan(length - 200_000);
        client.advance(Duration.ofSeconds(50)); // the client's deadlines do not run
        assertThat(client.isOver()).isFalse();
        go.countDown();
        assertThat(client.response().text()).isEqualTo(Integer.toString(length));
        assertThat(client.unreadBytes()).isZero();
    }

    @Test
    void anEchoOfAnySizeInBoundedMemory() {
        int length = 4 << 20;
        TestClient client =
                client(exchange -> exchange.content().transferTo(exchange.respond(OK, length)));
        client.send(announce(length)).send(new byte[length]);
        assertThat(client.response().content()).hasSize(length);
    }

    @Test
    void contentThatNobodyReadsIsDropped() {
        TestClient client = client(exchange -> exchange.respond(Response.text("no, thanks")));
        client.send(announce(60_000) + "x".repeat(60_000) + GET);
        assertThat(client.response().text()).isEqualTo("no, thanks");
        assertThat(client.response().text()).isEqualTo("no, thanks");
        client.send(announce(1 << 20));
        assertThat(client.response().field("Connection")).isEqualTo("close");
    }

    @Test
    void a100GoesOutWithTheFirstRead() {
        CountDownLatch go = new CountDownLatch(1);
        TestClient client =
                client(
                        exchange -> {
                            go.await();
                            exchange.respond(
                                    Response.text(
                                            new String(
                                                    exchange.content().readAllBytes(), US_ASCII)));
                        });
        client.send("POST /" + HOST + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        assertThat(client.received()).isEmpty();
        go.countDown();
        assertThat(client.response().status()).isEqualTo(100);
        assertThat(client.send("ok").response().text()).isEqualTo("ok");
    }

    @Test
    void a100IsSavedByARefusal() {
        TestClient client =
                client(
                        _ -> {
                            throw new HttpException(403, "ours", "no");
                        });
        client.send("POST /" + HOST + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        TestResponse response = client.response();
        assertThat(response.status()).isEqualTo(403);
        assertThat(response.field("Connection")).isEqualTo("close");
    }

    @Test
    void aClosedStreamReadsNothing() {
        TestClient client =
                client(
                        exchange -> {
                            exchange.content().close();
                            exchange.content().read();
                        });
        client.send(announce(3) + "abc");
        assertThat(client.response().status()).isEqualTo(500);
        assertThat(awaitThrown(client)).hasMessage("the content is closed");
    }

    // ---- failures

    @Test
    void noAnswerIs500() {
        TestClient client = client(_ -> {});
        assertThat(client.send(GET).response().status()).isEqualTo(500);
        assertThat(client.mistakes()).singleElement().asString().contains("no answer");
    }

    @Test
    void aFailureBeforeTheFirstFlushIs500() {
        TestClient client =
                client(
                        exchange -> {
                            exchange.respond(OK).write('x');
                            throw new IOException("disk");
                        });
        assertThat(client.send(GET).response().status()).isEqualTo(500);
        assertThat(client.isOver()).isFalse();
    }

    @Test
    void aFailureInMidResponseCutsIt() {
        CountDownLatch go = new CountDownLatch(1);
        TestClient client =
                client(
                        exchange -> {
                            exchange.respond(OK).write(new byte[100_000]);
                            go.await();
                            throw new IOException("disk");
                        });
        StringBuilder all = new StringBuilder();
        client.send(GET).await("some", () -> all.append(client.received()).length() > 50_000);
        go.countDown();
        client.await("the end", client::isOver);
        assertThat(client.isReset()).isTrue();
        assertThat(all.append(client.received()).toString()).doesNotContain("\r\n0\r\n");
        assertThat(client.mistakes()).singleElement().asString().contains("disk");
    }

    @Test
    void lessThanAnnouncedIsAFailure() {
        TestClient client = client(exchange -> exchange.respond(OK, 3).write('x'));
        assertThat(client.send(GET).response().status()).isEqualTo(500);
        assertThat(client.mistakes()).singleElement().asString().contains("3 bytes was announced");
    }

    @Test
    void moreThanAnnouncedIsRefusedToTheHandler() {
        TestClient client = client(exchange -> exchange.respond(OK, 1).write(new byte[2]));
        assertThat(client.send(GET).response().status()).isEqualTo(500);
        assertThat(awaitThrown(client)).hasMessageContaining("more than the 1 bytes");
    }

    @Test
    void twoResponsesAreOneTooMany() {
        TestClient client =
                client(
                        exchange -> {
                            exchange.respond(Response.text("first"));
                            exchange.respond(Response.text("second"));
                        });
        assertThat(client.send(GET).response().text()).isEqualTo("first");
        assertThat(awaitThrown(client)).isInstanceOf(IllegalStateException.class);
        assertThat(client.received()).isEmpty();
    }

    @Test
    void whoGoesWhileItReadsIsHeardOf() {
        TestClient client = client(exchange -> exchange.content().readAllBytes());
        client.send(announce(10) + "abc");
        client.reset();
        assertThat(awaitThrown(client)).isInstanceOf(IOException.class);
        assertThat(client.mistakes()).isEmpty();
    }

    @Test
    void whoEndsWithinItsContentIsHeardOf() {
        TestClient client = client(exchange -> exchange.content().readAllBytes());
        client.send(announce(10) + "abc").end();
        assertThat(awaitThrown(client)).isInstanceOf(IOException.class);
        assertThat(client.received()).isEmpty();
        assertThat(client.isOver()).isTrue();
    }

    @Test
    void whoGoesWhileItWritesIsHeardOf() {
        TestClient client =
                client(
                        exchange -> {
                            OutputStream out = exchange.respond(OK);
                            while (true) {
                                out.write(new byte[10_000]);
                            }
                        });
        client.pauseReading().send(GET);
        client.await("it is stuck", () -> client.unsentBytes() >= 256 * 1024);
        client.reset();
        assertThat(awaitThrown(client)).isInstanceOf(IOException.class);
        assertThat(client.mistakes()).isEmpty();
    }

    @Test
    void whoHangsIs504() {
        CountDownLatch never = new CountDownLatch(1);
        TestClient client = client(_ -> never.await());
        client.send(GET).advance(Duration.ofSeconds(60));
        assertThat(client.response().status()).isEqualTo(504);
        assertThat(awaitThrown(client)).isInstanceOf(InterruptedException.class);
    }

    @Test
    void whoHangsInMidResponseIsCut() {
        CountDownLatch never = new CountDownLatch(1);
        TestClient client =
                client(
                        exchange -> {
                            exchange.respond(OK).flush();
                            never.await();
                        });
        client.send(GET).await("the head", () -> !client.received().isEmpty());
        client.advance(Duration.ofSeconds(60));
        assertThat(client.isReset()).isTrue();
    }

    @Test
    void whoIsSlowButAliveIsLeftAlone() {
        TestClient client =
                client(
                        exchange -> {
                            OutputStream out = exchange.respond(OK);
                            out.flush();
                            byte[] some = new byte[1000];
                            for (int n; (n = exchange.content().read(some)) >= 0; ) {
                                out.write(some, 0, n);
                                out.flush();
                            }
                        });
        int seconds = 100; // more than one answer may take
        client.send(announce(seconds * 100L));
        StringBuilder all = new StringBuilder();
        for (int due = 100; due <= seconds * 100; due += 100) {
            client.send("x".repeat(100)).advance(Duration.ofSeconds(1));
            int soFar = due;
            client.await("the echo", () -> count('x', all.append(client.received())) == soFar);
        }
        client.await(
                "the end", () -> all.append(client.received()).toString().endsWith("0\r\n\r\n"));
    }

    private static long count(char wanted, CharSequence text) {
        return text.chars().filter(c -> c == wanted).count();
    }
}
