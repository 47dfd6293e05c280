package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.ResponseHead;
import caffeine.os.ErrnoException;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.FileRange;
import caffeine.server.core.Handler;
import caffeine.server.core.Protocol;
import caffeine.server.socket.DescriptorRange;
import caffeine.server.testing.Cipher;
import caffeine.server.testing.EchoLines;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.TestOptions;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;

/** The seams between transports, protocols and exchanges, on every engine. */
@ParameterizedClass
@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "PREFORK")
@ExtendWith(NoLeaks.class)
class EngineProtocolsTest {

    /** A file of this size cannot be counted in 32 bits; {@code mvn verify -Pfull} reads it all. */
    private static final long FILE_BYTES = 5L << 30;

    private static final boolean FULL = Boolean.getBoolean("caffeine.full");

    @Parameter EngineUnderTest kind = EngineUnderTest.SHARDED;

    @TempDir Path folder = Path.of("");

    private final EngineApp app = new EngineApp();
    private @Nullable RunningEngine started;

    @BeforeEach
    void makeFile() throws IOException {
        Path path = folder.resolve("sparse");
        try (FileChannel file =
                FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap("end".getBytes(StandardCharsets.US_ASCII)), FILE_BYTES - 3);
        }
        app.file = path;
    }

    private void start(Handler handler) {
        started = new RunningEngine(kind.make(TestOptions.defaults(), handler));
    }

    private RunningEngine engine() {
        return Objects.requireNonNull(started);
    }

    @AfterEach
    void stop() {
        engine().stop();
        engine().awaitEnd();
        assertThat(engine().engine().failure()).isNull();
        engine().close();
    }

    @Test
    void anotherProtocolGetsTheBytesBehindTheRequest() {
        start(app);
        try (WireClient client = engine().connect()) {
            client.send("GET /up HTTP/1.1\r\nHost: a.test\r\n\r\none\ntwo\nthr");
            client.send("ee\n").endOutput();
            String all = client.untilOver();
            assertThat(all).startsWith("HTTP/1.1 101 Switching Protocols\r\n");
            assertThat(all).endsWith("\r\n\r\n> one\n> two\n> three\n");
        }
    }

    /** A connection that speaks it is closed when the server ends. */
    @Test
    void anotherProtocolDrains() {
        start(app);
        try (WireClient client = engine().connect()) {
            client.send("GET /up HTTP/1.1\r\nHost: a.test\r\n\r\none\n");
            StringBuilder seen = new StringBuilder();
            while (!seen.toString().endsWith("> one\n")) {
                seen.append(client.nextBytes());
            }
            engine().stop();
            assertThat(client.untilOver()).isEmpty();
        }
    }

    @Test
    void aTransportOverTheTransport() throws IOException {
        start(new Ciphered(app));
        try (Socket client = connect()) {
            byte[] request =
                    ("GET /small HTTP/1.1\r\nHost: a.test\r\n\r\n"
                                    + "GET /up HTTP/1.1\r\nHost: a.test\r\n\r\none\n")
                            .getBytes(StandardCharsets.US_ASCII);
            client.getOutputStream().write(Cipher.complement(request, 0, request.length));
            client.shutdownOutput();
            byte[] answer = client.getInputStream().readAllBytes();
            String text =
                    new String(
                            Cipher.complement(answer, 0, answer.length), StandardCharsets.US_ASCII);
            assertThat(text).startsWith("HTTP/1.1 200 OK\r\n").contains("\r\n\r\nsmall");
            assertThat(text).endsWith("\r\n\r\n> one\n");
        }
    }

    @Test
    void aFileIsSentInBoundedMemory() throws IOException {
        start(app);
        assertThat(readFile(1 << 20, 0)).isEqualTo("end");
        long before = anonymousKiB();
        assertThat(readFile(FULL ? FILE_BYTES : 1L << 30, 0)).isEqualTo("end");
        assertThat(anonymousKiB() - before).isLessThan(256 * 1024);
    }

    /** Memory of this process that is no file's. */
    private static long anonymousKiB() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("RssAnon:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new AssertionError("no RssAnon (man 5 proc)");
    }

    /** By the kernel where the engine has the descriptors of both, else in pieces. */
    @Test
    void aFileGoesBySendfile() throws IOException, InterruptedException {
        start(app);
        app.bySendfile = true;
        assertThat(readFile(1 << 20, 0)).isEqualTo("end"); // before strace slows it down
        Path calls = folder.resolve("calls");
        Process strace = strace(calls);
        try {
            assertThat(readFile(16L << 20, 0)).isEqualTo("end");
        } finally {
            strace.destroy();
            strace.waitFor();
        }
        long counted =
                Files.readAllLines(calls).stream().filter(l -> l.contains("sendfile(")).count();
        if (kind == EngineUnderTest.VIRTUAL) {
            assertThat(counted).isZero();
        } else {
            assertThat(counted).isBetween(16L, 4096L);
        }
    }

    private static Process strace(Path calls) throws IOException {
        String pid = Long.toString(ProcessHandle.current().pid());
        List<String> command =
                List.of("strace", "-f", "-e", "trace=sendfile", "-o", calls.toString(), "-p", pid);
        Process strace;
        try {
            strace = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            return Assumptions.abort("strace is needed (apt-get install strace): " + e);
        }
        Until.holds("strace looks, or may not", () -> isTraced() || !strace.isAlive());
        Assumptions.assumeTrue(strace.isAlive(), "strace may not look (man ptrace)");
        return strace;
    }

    private static boolean isTraced() {
        try (var tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.allMatch(task -> !status(task).contains("TracerPid:\t0\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String status(Path task) {
        try {
            return Files.readString(task.resolve("status"));
        } catch (IOException _) {
            return ""; // a thread that has ended
        }
    }

    /** The filter reads it in pieces. */
    @Test
    void aFileThroughATransportOverTheTransport() throws IOException {
        start(new Ciphered(app));
        assertThat(readFile(FULL ? FILE_BYTES : 16L << 20, 0xff)).isEqualTo("end");
    }

    /** Its client has to take a part of it before another thread of the engine can be asked. */
    @Test
    void aSlowClientOfAFileHoldsUpNoOther() throws IOException {
        start(app);
        try (Socket slow = connect()) {
            ask(slow, 64L << 20, 0);
            try (WireClient quick = engine().connect()) {
                for (int i = 0; i < 20; i++) {
                    String request = "GET /small HTTP/1.1\r\nHost: a.test\r\n\r\n";
                    assertThat(quick.ask(request).text()).isEqualTo("small");
                }
            }
        }
    }

    @Test
    void aFileThatIsTooShortResetsTheConnection() throws IOException {
        start(app);
        try (WireClient client = engine().connect()) {
            client.send("GET /short HTTP/1.1\r\nHost: a.test\r\n\r\n");
            String _ = client.untilOver();
            assertThat(client.isReset()).isTrue();
        }
    }

    private Socket connect() throws IOException {
        return new Socket(engine().address().getAddress(), engine().address().getPort());
    }

    private static void ask(Socket client, long length, int mask) throws IOException {
        byte[] request =
                ("GET /file?" + length + " HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < request.length; i++) {
            request[i] ^= (byte) mask;
        }
        client.getOutputStream().write(request);
    }

    /** The last three bytes of a response with the last bytes of the file; the rest are zeros. */
    private String readFile(long length, int mask) throws IOException {
        try (Socket client = connect()) {
            ask(client, length, mask);
            InputStream in = client.getInputStream();
            int ends = 0;
            while (ends < 4) {
                int c = new DataInputStream(in).readUnsignedByte() ^ mask;
                ends = c == (ends % 2 == 0 ? '\r' : '\n') ? ends + 1 : c == '\r' ? 1 : 0;
            }
            byte[] buffer = new byte[1 << 16];
            long left = length - 3;
            while (left > 0) {
                int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                assertThat(count).isPositive();
                for (int i = 0; i < count; i += 509) {
                    assertThat(buffer[i]).isEqualTo((byte) mask);
                }
                left -= count;
            }
            byte[] end = in.readNBytes(4);
            assertThat(end).hasSize(3);
            for (int i = 0; i < end.length; i++) {
                end[i] ^= (byte) mask;
            }
            return new String(end, StandardCharsets.US_ASCII);
        }
    }

    /** The same with a cipher below HTTP. */
    private record Ciphered(Handler handler) implements Handler, Protocol.Layer {
        @Override
        public ExchangeListener begin(Exchange exchange) {
            return handler.begin(exchange);
        }

        @Override
        public Protocol.Factory below(Protocol.Factory protocols) {
            return Cipher.below(protocols);
        }
    }

    /** Upgrades, small responses, and the end of a large file. */
    private static final class EngineApp implements Handler {
        volatile Path file = Path.of("");
        volatile boolean bySendfile;

        @Override
        public ExchangeListener begin(Exchange exchange) {
            return new ExchangeListener() {
                @Override
                public void content(byte[] bytes, int from, int to) {}

                @Override
                public void end() {
                    answer(exchange);
                }

                @Override
                public void writable() {
                    exchange.finish();
                }
            };
        }

        private void answer(Exchange exchange) {
            String query = exchange.request().target().rawQuery();
            switch (exchange.request().target().rawPath()) {
                case "/up" -> exchange.upgrade(EchoLines.switching(), EchoLines::new);
                case "/file" -> send(exchange, Long.parseLong(query), 0);
                case "/short" -> send(exchange, 1 << 20, 10);
                default ->
                        exchange.respond(
                                ResponseHead.of(200), "small".getBytes(StandardCharsets.US_ASCII));
            }
        }

        private void send(Exchange exchange, long length, long missing) {
            try {
                exchange.respond(ResponseHead.of(200), length);
                exchange.write(range(FILE_BYTES - length + missing, length));
                exchange.awaitRoom();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private FileRange range(long position, long length) throws IOException {
            if (!bySendfile) {
                return FileRange.of(FileChannel.open(file), position, length);
            }
            int fd =
                    ErrnoException.check(
                            "open",
                            caffeine.os.Files.open(file.toString(), caffeine.os.Files.O_RDONLY, 0));
            return new DescriptorRange(fd, position, length);
        }
    }
}
