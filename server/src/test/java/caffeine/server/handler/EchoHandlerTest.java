package caffeine.server.handler;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.testing.BenchClient;
import caffeine.server.testing.LoopBench;
import caffeine.server.testing.Reply;
import caffeine.server.testing.TestOptions;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** What goes in comes out, however large, and whatever the client does in the meantime. */
class EchoHandlerTest {

    private static final String HOST = " HTTP/1.1\r\nHost: x\r\n";
    private static final int KERNEL_BYTES = 16 * 1024;
    private static final int MEBIBYTE = 1 << 20;

    private EchoHandler echo = new EchoHandler();
    private final LoopBench bench = new LoopBench(TestOptions.defaults(), _ -> x -> echo.begin(x));

    @AfterEach
    void close() {
        bench.close();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static byte[] post(byte[] content, String... lines) {
        String more = lines.length == 0 ? "" : String.join("\r\n", lines) + "\r\n";
        String head = "POST /" + HOST + more + "Content-Length: " + content.length + "\r\n\r\n";
        return join(head.getBytes(StandardCharsets.ISO_8859_1), content);
    }

    private static byte[] join(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1000, 64 * 1024, 300_000})
    void contentOfAKnownLength(int length) {
        BenchClient client = bench.connect();
        client.send(post(random(length), "Content-Type: image/x"));
        Reply reply = client.reply();
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.field("Content-Type")).isEqualTo("image/x");
        assertThat(reply.field("Content-Length")).isEqualTo(Integer.toString(length));
        assertThat(reply.content()).isEqualTo(random(length));
        assertThat(reply.closes()).isFalse();
        assertThat(client.ask("GET /" + HOST + "\r\n").status()).isEqualTo(200);
    }

    @Test
    void chunkedContentComesBackChunked() {
        BenchClient client = bench.connect();
        String chunks = "5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nT: x\r\n\r\n";
        client.send("PUT /" + HOST + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
        Reply reply = client.reply();
        assertThat(reply.field("Transfer-Encoding")).isEqualTo("chunked");
        assertThat(reply.field("Content-Type")).isEmpty();
        assertThat(reply.text()).isEqualTo("hello, world");
    }

    @Test
    void noContentIsEmptyContent() {
        BenchClient client = bench.connect();
        Reply reply = client.ask("POST /" + HOST + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.field("Content-Length")).isEqualTo("0");
        assertThat(client.ask("DELETE /" + HOST + "\r\n").field("Content-Length")).isEqualTo("0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD"})
    void aGetEchoesNothing(String method) {
        BenchClient client = bench.connect();
        Reply reply =
                client.ask(
                        method + " /" + HOST + "Content-Type: a/b\r\nContent-Length: 3\r\n\r\nabc");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.field("Content-Length")).isEqualTo("0");
        assertThat(reply.field("Content-Type")).isEmpty();
    }

    @Test
    void a100ComesBeforeTheEcho() {
        BenchClient client = bench.connect();
        client.send("POST /" + HOST + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
        assertThat(client.reply().status()).isEqualTo(100);
        client.send("abc");
        assertThat(client.reply().text()).isEqualTo("abc");
    }

    @Test
    void beginsBeforeTheContentIsComplete() {
        BenchClient client = bench.connect();
        client.send("POST /" + HOST + "Content-Length: 6\r\n\r\nabc");
        client.await("\r\n\r\nabc");
        client.send("def");
        assertThat(client.reply().text()).isEqualTo("abcdef");
    }

    @Test
    void aClientMaySendAllBeforeItReads() {
        BenchClient client = bench.connect(KERNEL_BYTES);
        byte[] content = random(8 * MEBIBYTE);
        client.send(post(content));
        assertThat(echo.aheadBytes()).isGreaterThan(7 * MEBIBYTE);
        assertThat(client.reply().content()).isEqualTo(content);
        assertThat(echo.aheadBytes()).isZero();
    }

    @Test
    void butAllTogetherOnlySoMuch() {
        echo = new EchoHandler(2 * MEBIBYTE);
        BenchClient[] clients = new BenchClient[4];
        byte[] request = post(random(2 * MEBIBYTE));
        int[] sent = new int[clients.length];
        for (int i = 0; i < clients.length; i++) {
            clients[i] = bench.connect(KERNEL_BYTES);
        }
        for (int round = 0; round < 2000; round++) {
            for (int i = 0; i < clients.length; i++) {
                sent[i] += clients[i].sendSome(rest(request, sent[i]));
            }
            bench.turn();
        }
        // Each of those that come too late may be ahead by a bit and by one read.
        assertThat(echo.aheadBytes()).isBetween(2L * MEBIBYTE, 4L * MEBIBYTE);
        assertThat(sent).satisfiesAnyOf(s -> assertThat(s[3]).isLessThan(request.length));
        assertThat(bench.isQuiet()).isTrue();
        for (int i = 0; i < clients.length; i++) {
            int index = i;
            BenchClient client = clients[i];
            bench.until(
                    "a client that takes its answer may send the rest",
                    () -> {
                        sent[index] += client.sendSome(rest(request, sent[index]));
                        client.receive();
                        return sent[index] == request.length;
                    });
            assertThat(client.reply().content()).isEqualTo(random(2 * MEBIBYTE));
        }
        assertThat(echo.aheadBytes()).isZero();
    }

    private static byte[] rest(byte[] bytes, int from) {
        return Arrays.copyOfRange(bytes, from, bytes.length);
    }

    @Test
    void aClientThatNeverReadsIsCutOff() {
        echo = new EchoHandler(0);
        BenchClient client = bench.connect(KERNEL_BYTES);
        byte[] request = post(random(4 * MEBIBYTE));
        int[] sent = {0};
        for (int round = 0; round < 500; round++) {
            sent[0] += client.sendSome(rest(request, sent[0]));
            bench.turn();
        }
        assertThat(sent[0]).isLessThan(request.length);
        bench.pass(20); // far beyond the deadlines for content, which do not count now
        assertThat(bench.connected()).isEqualTo(1);
        bench.pass(11);
        assertThat(bench.connected()).isZero();
        assertThat(echo.aheadBytes()).isZero();
        assertThat(bench.events.exchanges).singleElement().asString().startsWith("POST / 1 200");
    }

    @Test
    void tooMuchContentIsRefused() {
        BenchClient client = bench.connect();
        client.send("POST /" + HOST + "Content-Length: 16777217\r\n\r\n");
        assertThat(client.reply().status()).isEqualTo(413);
    }
}
