package caffeine.server.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.HttpException;
import caffeine.server.buffer.ContentMemory;
import caffeine.server.core.Handler;
import caffeine.server.testkit.TestClient;
import caffeine.server.testkit.TestResponse;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/** Answers from functions: at once, and on threads of their own. */
class HandlersTest {

    private static final String HOST = " HTTP/1.1\r\nHost: a.test:81\r\n";
    private static final String GET = "GET /" + HOST + "\r\n";

    private static String post(String content) {
        return "POST /" + HOST + "Content-Length: " + content.length() + "\r\n\r\n" + content;
    }

    /** Both kinds, which differ only in where they run. */
    private static Handler handler(String kind, RequestFunction function) {
        return kind.equals("of") ? Handlers.of(function) : Handlers.blocking(function);
    }

    @ParameterizedTest
    @ValueSource(strings = {"of", "blocking"})
    void aFunctionFromRequestToResponse(String kind) {
        TestClient client =
                new TestClient(handler(kind, r -> Response.text(r.method() + " " + r.path())));
        TestResponse response = client.send("GET /a%20b?c" + HOST + "\r\n").response();
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.field("content-type")).isEqualTo("text/plain; charset=utf-8");
        assertThat(response.field("date")).isEqualTo("Thu, 01 Jan 1970 00:00:00 GMT");
        assertThat(response.text()).isEqualTo("GET /a%20b");
        assertThat(client.isOver()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"of", "blocking"})
    void thePathsSegmentsAreText(String kind) {
        TestClient client =
                new TestClient(handler(kind, r -> Response.text(String.join("|", r.segments()))));
        String path = "/a/./b%20c//caf%C3%A9/%E2%82%AC/";
        assertThat(client.send("GET " + path + HOST + "\r\n").response().text())
                .isEqualTo("a|b c||caf\u00e9|\u20ac|");
        for (String wrong : new String[] {"/caf%E9", "/%c0%af", "/%ed%a0%80", "/..", "/a%2fb"}) {
            TestResponse refused = client.send("GET " + wrong + HOST + "\r\n").response();
            assertThat(refused.status()).as(wrong).isEqualTo(400);
            client =
                    new TestClient(
                            handler(kind, r -> Response.text(String.join("|", r.segments()))));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"of", "blocking"})
    void theContentsTextIsUtf8(String kind) {
        Handler echo = handler(kind, r -> Response.text(r.text()));
        TestClient client = new TestClient(echo);
        assertThat(client.send(post("caf\u00c3\u00a9")).response().text()).isEqualTo("caf\u00e9");
        assertThat(client.send(post("caf\u00e9")).response().status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"of", "blocking"})
    void theRequestIsGoodForEver(String kind) {
        BlockingQueue<Request> kept = new LinkedBlockingQueue<>();
        RequestFunction keep =
                request -> {
                    kept.add(request);
                    return Response.of(204);
                };
        TestClient client = new TestClient(handler(kind, keep));
        String lines = "X: 1\r\nx: 2\r\nContent-Length: 3\r\n\r\n";
        client.send("PUT http://b.test/p?q=r" + HOST + lines + "abc").response();
        client.send("GET /other" + HOST + "Y: 3\r\n\r\n").response();
        Request request = kept.element();
        assertThat(request).hasToString("PUT http://b.test/p?q=r");
        assertThat(request.path()).isEqualTo("/p");
        assertThat(request.query()).isEqualTo("q=r");
        assertThat(request.field("x")).isEqualTo("1");
        assertThat(request.field("y")).isNull();
        assertThat(request.fields().all("X")).containsExactly("1", "2");
        assertThat(request.head().host()).isEqualTo("b.test");
        assertThat(request.head().contentLength()).isEqualTo(3);
        assertThat(request.text()).isEqualTo("abc");
        assertThat(request.content()).hasSize(3);
        assertThat(request.client().host()).isEqualTo("127.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"of", "blocking"})
    void chunkedContentArrivesWhole(String kind) {
        TestClient client = new TestClient(handler(kind, r -> Response.text(r.text())));
        StringBuilder chunks = new StringBuilder();
        for (int i = 0; i < 3000; i++) {
            chunks.append("9\r\n").append(String.format("%08d\n", i)).append("\r\n");
        }
        client.send("POST /" + HOST + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n");
        String text = client.response().text();
        assertThat(text).hasSize(27_000).startsWith("00000000\n").endsWith("00002999\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"of", "blocking"})
    void whatTheyThrowCostsOneAnswer(String kind) {
        RequestFunction function =
                request ->
                        switch (request.path()) {
                            case "/http" -> throw new HttpException(403, "ours", "no");
                            case "/checked" -> throw new IOException("disk");
                            case "/error" -> throw new StackOverflowError();
                            default -> Response.of(200);
                        };
        TestClient client = new TestClient(handler(kind, function));
        client.send("GET /http" + HOST + "\r\n");
        assertThat(client.response().status()).isEqualTo(403);
        assertThat(client.mistakes()).isEmpty();
        client.send("GET /checked" + HOST + "\r\n");
        assertThat(client.response().text()).isEqualTo("500 Internal Server Error\n");
        client.send("GET /error" + HOST + "\r\n");
        assertThat(client.response().status()).isEqualTo(500);
        assertThat(client.send(GET).response().status()).isEqualTo(200);
        assertThat(client.mistakes()).hasSize(2);
        assertThat(client.mistakes().getFirst()).hasMessage("disk");
    }

    @ParameterizedTest
    @ValueSource(strings = {"of", "blocking"})
    void pipelinedRequestsAreAnsweredInOrder(String kind) {
        TestClient client = new TestClient(handler(kind, r -> Response.text(r.path())));
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            all.append("GET /").append(i).append(HOST).append("\r\n");
        }
        client.send(all.toString()).end();
        for (int i = 0; i < 100; i++) {
            assertThat(client.response().text()).isEqualTo("/" + i);
        }
        assertThat(client.isOver()).isTrue();
        assertThat(client.isReset()).isFalse();
    }

    @Test
    void contentForAllTogetherHasALimit() {
        ContentMemory memory = new ContentMemory(100_000);
        Handler handler = new FunctionHandler(r -> Response.text(r.text()), false, memory);
        TestClient first = new TestClient(handler);
        first.send("POST /" + HOST + "Content-Length: 90000\r\n\r\n" + "x".repeat(80_000));
        TestClient second = new TestClient(handler);
        second.send(post("y".repeat(20_000)));
        TestResponse refused = second.response();
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.field("Retry-After")).isEqualTo("1");
        assertThat(second.isOver()).isTrue();
        assertThat(first.send("x".repeat(10_000)).response().content()).hasSize(90_000);
        assertThat(memory.usedBytes()).isZero();
        TestClient third = new TestClient(handler);
        third.send("POST /" + HOST + "Content-Length: 90000\r\n\r\n" + "x".repeat(80_000));
        assertThat(memory.usedBytes()).isPositive();
        third.reset();
        assertThat(memory.usedBytes()).isZero();
    }

    @Test
    void contentOfOneHasTheServersLimit() {
        TestClient client = new TestClient(Handlers.of(r -> Response.of(200)));
        client.send("POST /" + HOST + "Content-Length: 16777217\r\n\r\n");
        assertThat(client.response().status()).isEqualTo(413);
    }

    @Test
    void headGetsTheHeadAlone() {
        TestClient client = new TestClient(Handlers.of(r -> Response.html("<p>")));
        TestResponse response = client.send("HEAD /" + HOST + "\r\n").responseToHead();
        assertThat(response.field("Content-Length")).isEqualTo("3");
        assertThat(client.received()).isEmpty();
    }

    @Test
    void aConstantWithoutContent() {
        TestClient client = new TestClient(Handlers.always(Response.of(204).with("X", "y")));
        assertThat(client.send(GET).received())
                .startsWith("HTTP/1.1 204 No Content\r\nX: y\r\n")
                .endsWith("\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n")
                .doesNotContain("Content-Length");
    }

    @Test
    void responsesAreFinalAndImmutable() {
        Response json = Response.json("{}");
        Response more = json.withStatus(201).with("Location", "/7");
        TestClient client = new TestClient(Handlers.of(r -> r.path().equals("/") ? json : more));
        assertThat(client.send(GET).response().field("Location")).isNull();
        assertThat(client.send("GET /7" + HOST + "\r\n").response().status()).isEqualTo(201);
        for (int status : new int[] {-1, 99, 100, 199, 600, 1000}) {
            assertThatThrownBy(() -> Response.of(status))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> json.withStatus(status))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> json.with("X", "a\r\nb"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(more.status()).isEqualTo(201);
    }

    @Test
    void aFieldThatAResponseHasOnceIsReplaced() {
        Response response =
                Response.json("{}")
                        .with("content-type", "application/problem+json")
                        .with("ETag", "\"1\"")
                        .with("ETag", "\"2\"")
                        .with("Vary", "Accept")
                        .with("Vary", "Cookie");
        assertThat(lines(response))
                .startsWith(
                        "content-type: application/problem+json",
                        "ETag: \"2\"",
                        "Vary: Accept",
                        "Vary: Cookie");
        assertThat(lines(response.set("vary", "*").set("X", "y")))
                .startsWith(
                        "content-type: application/problem+json", "ETag: \"2\"", "vary: *", "X: y");
        assertThatThrownBy(() -> response.set("X", "a\r\nb"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** The field lines that a client gets. */
    private static List<String> lines(Response response) {
        TestClient client = new TestClient(Handlers.of(_ -> response)).send(GET);
        return client.received().lines().skip(1).toList();
    }

    @Test
    void oneThatBlocksKeepsNobodyWaiting() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Handler handler =
                Handlers.blocking(
                        request -> {
                            if (request.path().equals("/slow")) {
                                go.await();
                            }
                            return Response.text(request.path());
                        });
        TestClient slow = new TestClient(handler).send("GET /slow" + HOST + "\r\n");
        assertThat(new TestClient(handler).send(GET).response().text()).isEqualTo("/");
        assertThat(slow.received()).isEmpty();
        go.countDown();
        assertThat(slow.response().text()).isEqualTo("/slow");
    }

    @Test
    void oneThatHangsIs504AndInterrupted() {
        AtomicBoolean interrupted = new AtomicBoolean();
        TestClient client = new TestClient(hanging(interrupted)).send(GET);
        client.advance(Duration.ofMillis(59_999));
        assertThat(client.received()).isEmpty();
        client.advance(Duration.ofMillis(1));
        assertThat(client.response().status()).isEqualTo(504);
        client.await("the interrupt", interrupted::get);
        assertThat(client.send(GET).isOver()).isFalse();
        assertThat(client.mistakes()).isEmpty();
    }

    @Test
    void aClientThatGoesInterruptsIt() {
        AtomicBoolean interrupted = new AtomicBoolean();
        TestClient client = new TestClient(hanging(interrupted)).send(GET);
        client.reset();
        client.await("the interrupt", interrupted::get);
        assertThat(client.received()).isEmpty();
        assertThat(client.mistakes()).isEmpty();
    }

    private static Handler hanging(AtomicBoolean interrupted) {
        CountDownLatch never = new CountDownLatch(1);
        return Handlers.blocking(
                request -> {
                    try {
                        never.await();
                    } catch (InterruptedException e) {
                        interrupted.set(true);
                        throw e;
                    }
                    return Response.of(200);
                });
    }
}
