package caffeine.server.handler;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.US_ASCII;

import caffeine.server.testing.BenchClient;
import caffeine.server.testing.LoopBench;
import caffeine.server.testing.Reply;
import caffeine.server.testing.TestOptions;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same to everybody, but never at the cost of the protocol. */
class ConstantHandlerTest {

    private static final String HOST = " HTTP/1.1\r\nHost: x\r\n";

    private static final Response HELLO =
            Response.of("text/plain", "Hello, World!".getBytes(US_ASCII));

    private final LoopBench bench =
            new LoopBench(TestOptions.defaults(), _ -> Handlers.always(HELLO));
    private final BenchClient client = bench.connect();

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void isThatAndNothingElse() {
        client.send("GET /" + HOST + "\r\n");
        String answer = client.receive(115);
        assertThat(answer.replaceFirst("Date: [^\r]{29}\r\n", "Date\r\n"))
                .isEqualTo(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate\r\n"
                                + "Content-Length: 13\r\n\r\nHello, World!");
        assertThat(client.receive()).isZero();
        assertThat(bench.events.exchanges).containsExactly("GET / 1 200 13");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /a/b%20c?d", "POST /", "DELETE /x", "BREW /pot", "GET http://y/"})
    void toEveryMethodAndPath(String line) {
        Reply reply = client.ask(line + HOST + "\r\n");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.text()).isEqualTo("Hello, World!");
    }

    @Test
    void theDateIsThatOfTheSecond() {
        String first = client.ask("GET /" + HOST + "\r\n").field("Date");
        assertThat(client.ask("GET /" + HOST + "\r\n").field("Date")).isEqualTo(first);
        bench.clock.advanceSeconds(1);
        assertThat(client.ask("GET /" + HOST + "\r\n").field("Date")).isNotEqualTo(first);
    }

    @Test
    void headHasTheSameHeadAlone() {
        client.send("HEAD /" + HOST + "\r\n" + "GET /" + HOST + "Connection: close\r\n\r\n");
        String answers = client.untilEnd();
        int second = answers.indexOf("HTTP/1.1 ", 1);
        assertThat(answers.substring(0, second))
                .contains("Content-Length: 13\r\n")
                .endsWith("\r\n\r\n");
        assertThat(answers.substring(second)).endsWith("Connection: close\r\n\r\nHello, World!");
    }

    @Test
    void http10ClosesUnlessAskedTo() {
        Reply kept = client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assertThat(kept.field("Connection")).isEqualTo("keep-alive");
        client.send("GET / HTTP/1.0\r\n\r\n");
        assertThat(client.untilEnd()).contains("\r\nConnection: close\r\n");
    }

    @Test
    void contentIsReadAndForgotten() {
        String content = "x".repeat(300_000);
        Reply reply = client.ask("PUT /" + HOST + "Content-Length: 300000\r\n\r\n" + content);
        assertThat(reply.text()).isEqualTo("Hello, World!");
        assertThat(reply.closes()).isFalse();
        assertThat(client.ask("GET /" + HOST + "\r\n").status()).isEqualTo(200);
    }

    @Test
    void theServersOwnAnswersStayItsOwn() {
        assertThat(client.ask("OPTIONS *" + HOST + "\r\n").status()).isEqualTo(204);
        assertThat(client.ask("TRACE /" + HOST + "\r\n").status()).isEqualTo(501);
        assertThat(client.ask("GET /" + HOST + "Bad : x\r\n\r\n").status()).isEqualTo(400);
    }

    @Test
    void theLastAnswersWhileDraining() {
        bench.connections.drain();
        client.send("GET /" + HOST + "\r\n");
        assertThat(client.untilEnd()).contains("\r\nConnection: close\r\n");
    }

    @Test
    void manyAtOnceInOrder() {
        client.send(("GET /" + HOST + "\r\n" + "HEAD /" + HOST + "\r\n").repeat(200));
        client.send("GET /last" + HOST + "Connection: close\r\n\r\n");
        String all = client.untilEnd();
        assertThat(all.split("HTTP/1.1 200 OK", -1)).hasSize(402);
        assertThat(all.split("Hello, World!", -1)).hasSize(202);
    }
}
