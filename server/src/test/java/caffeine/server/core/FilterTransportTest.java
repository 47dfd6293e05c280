package caffeine.server.core;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.ResponseHead;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ServerLimits;
import caffeine.server.testing.Cipher;
import caffeine.server.testing.ManualClock;
import caffeine.server.testing.RecordedEvents;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** HTTP over a transport over a transport. */
class FilterTransportTest {

    @TempDir Path folder = Path.of("");

    private final ManualClock clock = new ManualClock();
    private final RecordedTransport client = new RecordedTransport();
    private @Nullable Exchange begun;
    private int writable;
    private int abandoned;

    private Exchange exchange() {
        return Objects.requireNonNull(begun);
    }

    private final Handler handler =
            asked -> {
                begun = asked;
                return new ExchangeListener() {
                    @Override
                    public void content(byte[] bytes, int from, int to) {}

                    @Override
                    public void end() {}

                    @Override
                    public void writable() {
                        writable++;
                    }

                    @Override
                    public void abandoned() {
                        abandoned++;
                    }
                };
            };

    private final ConnectionContext context =
            new ConnectionContext(
                    ServerLimits.DEFAULT,
                    Deadlines.DEFAULT,
                    handler,
                    new RecordedEvents(),
                    clock::nanoTime,
                    clock::epochMillis);

    private final Cipher cipher =
            new Cipher(
                    client,
                    (transport, nowNs) -> new Http1(context, transport, nowNs),
                    clock.nanoTime());

    private static String turned(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        return new String(Cipher.complement(bytes, 0, bytes.length), StandardCharsets.ISO_8859_1);
    }

    private void send(String text) {
        byte[] bytes = turned(text).getBytes(StandardCharsets.ISO_8859_1);
        cipher.received(bytes, 0, bytes.length, clock.nanoTime());
    }

    private String answer() {
        return turned(client.takeSent()).replaceAll("Date: [A-Z][^\r]+ GMT\r\n", "");
    }

    private FileRange file(int length) throws IOException {
        Path path = folder.resolve("file");
        Files.writeString(path, "x".repeat(length));
        return FileRange.of(FileChannel.open(path), 0, length);
    }

    @Test
    void requestsAndResponsesPassThrough() {
        send("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        exchange().respond(ResponseHead.of(200), Talk.bytes("hello"));
        assertThat(answer()).isEqualTo(Talk.ok("hello"));
        assertThat(exchange().lend()).isEqualTo(Transport.NO_DESCRIPTOR);
    }

    @Test
    void aFileGoesInPiecesAsTheClientTakesThem() throws IOException {
        send("GET / HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n");
        client.stuck = true;
        exchange().respond(ResponseHead.of(200), 1_000_000);
        exchange().write(file(1_000_000));
        exchange().finish();
        client.tasks.remove().run();
        assertThat(client.unsent).isLessThan(300_000);
        assertThat(client.closed).as("while bytes wait").isFalse();
        StringBuilder all = new StringBuilder();
        for (int rounds = 0; !client.closed; rounds++) {
            assertThat(rounds).isLessThan(10);
            all.append(answer());
            client.unsent = 0;
            cipher.drained(clock.nanoTime());
        }
        all.append(answer());
        assertThat(all.toString()).isEqualTo(Talk.okAndClose("x".repeat(1_000_000)));
    }

    @Test
    void bytesBehindAFileWaitForIt() throws IOException {
        send("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        exchange().respond(ResponseHead.of(200), -1);
        exchange().write(file(20_000));
        exchange().write(Talk.bytes("end"), 0, 3);
        exchange().awaitRoom();
        assertThat(exchange().unsentBytes()).isGreaterThan(20_000);
        client.tasks.remove().run();
        assertThat(writable).isEqualTo(1);
        assertThat(exchange().unsentBytes()).isZero();
        exchange().finish();
        String chunks = "4e20\r\n" + "x".repeat(20_000) + "\r\n3\r\nend\r\n0\r\n\r\n";
        assertThat(answer()).endsWith("\r\n\r\n" + chunks);
    }

    @Test
    void aFileThatShrankResetsTheConnection() throws IOException {
        send("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        exchange().respond(ResponseHead.of(200), 20_000);
        FileRange file = file(20_000);
        Files.writeString(folder.resolve("file"), "short");
        exchange().write(file);
        client.tasks.remove().run();
        assertThat(client.reset).isTrue();
        assertThat(abandoned).isEqualTo(1);
    }

    @Test
    void anEngineThatEndsTellsTheProtocolAbove() {
        send("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        cipher.reset();
        assertThat(client.reset).isTrue();
        assertThat(abandoned).isEqualTo(1);
        assertThat(exchange().isDone()).isTrue();
    }

    /** The protocol above has closed by then, and would ignore it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClientThatIsGoneOrSlowWhileAFileWaits(boolean gone) throws IOException {
        send("GET / HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n");
        client.stuck = true;
        exchange().respond(ResponseHead.of(200), 1_000_000);
        exchange().write(file(1_000_000));
        exchange().finish();
        client.tasks.remove().run();
        assertThat(client.reset).isFalse();
        if (gone) {
            cipher.failed(104, clock.nanoTime());
        } else {
            cipher.tooSlow("send-timeout", clock.nanoTime());
        }
        assertThat(client.reset).isTrue();
        assertThat(cipher.unsentBytes()).as("what waited is dropped").isEqualTo(client.unsent);
    }
}
