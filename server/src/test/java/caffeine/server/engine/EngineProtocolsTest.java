package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.testing.Cipher;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.SeamsApp;
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
import org.junit.jupiter.params.provider.MethodSource;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The seams between transports, protocols and exchanges, on every engine. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@ExtendWith(NoLeaks.class)
class EngineProtocolsTest {

    /** A file of this size cannot be counted in 32 bits; {@code mvn verify -Pfull} reads it all. */
    private static final long FILE_BYTES = 5L << 30;

    private static final boolean FULL = Boolean.getBoolean("caffeine.full");

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();

    @TempDir Path folder = Path.of("");

    private Path file = folder;

    private @Nullable RunningEngine started;

    @BeforeEach
    void makeFile() throws IOException {
        Path path = folder.resolve("sparse");
        try (FileChannel file =
                FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap("end".getBytes(StandardCharsets.US_ASCII)), FILE_BYTES - 3);
        }
        file = path;
    }

    private void start(Class<? extends SeamsApp> app) {
        started = kind.start(TestOptions.defaults().withHandlerClass(app));
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
        start(SeamsApp.class);
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
        start(SeamsApp.class);
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
        start(SeamsApp.Ciphered.class);
        try (Socket client = connect()) {
            byte[] request =
                    (get("/small") + get("/up") + "one\n").getBytes(StandardCharsets.US_ASCII);
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
        start(SeamsApp.class);
        assertThat(readFile("channel", 1 << 20, 0)).isEqualTo("end");
        long before = anonymousKiB();
        assertThat(readFile("channel", FULL ? FILE_BYTES : 256L << 20, 0)).isEqualTo("end");
        assertThat(anonymousKiB() - before).isLessThan(128 * 1024);
    }

    /** Memory of this process, and of its workers, that is no file's. */
    private static long anonymousKiB() {
        return processes().stream().mapToLong(EngineProtocolsTest::anonymousKiB).sum();
    }

    private static long anonymousKiB(Path process) {
        return status(process)
                .lines()
                .filter(line -> line.startsWith("RssAnon:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }

    private static List<Path> processes() {
        List<Path> all = new ArrayList<>(List.of(Path.of("/proc/self")));
        ProcessHandle.current()
                .children()
                .forEach(child -> all.add(Path.of("/proc", Long.toString(child.pid()))));
        return all;
    }

    /** By the kernel where the engine has the descriptors of both, else in pieces. */
    @Test
    void aFileGoesBySendfile() throws IOException, InterruptedException {
        start(SeamsApp.class);
        assertThat(readFile("descriptor", 1 << 20, 0))
                .isEqualTo("end"); // before strace slows it down
        Path calls = folder.resolve("calls");
        Process strace = strace(calls);
        try {
            assertThat(readFile("descriptor", 16L << 20, 0)).isEqualTo("end");
        } finally {
            strace.destroy();
            strace.waitFor();
        }
        long counted =
                Files.readAllLines(calls).stream().filter(l -> l.contains("sendfile(")).count();
        if (!kind.description().hasDescriptors()) {
            assertThat(counted).isZero();
        } else {
            assertThat(counted).isBetween(16L, 4096L);
        }
    }

    private static Process strace(Path calls) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of("strace", "-f", "-e", "trace=sendfile", "-o", calls.toString()));
        List<Path> traced = processes(); // without strace
        for (Path process : traced) {
            String pid = process.toRealPath().getFileName().toString();
            command.addAll(List.of("-p", pid));
        }
        Process strace;
        try {
            strace = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            return Assumptions.abort("strace is needed (apt-get install strace): " + e);
        }
        Until.holds(
                "strace looks, or may not",
                () -> traced.stream().allMatch(EngineProtocolsTest::isTraced) || !strace.isAlive());
        Assumptions.assumeTrue(strace.isAlive(), "strace may not look (man ptrace)");
        return strace;
    }

    private static boolean isTraced(Path process) {
        try (var tasks = Files.list(process.resolve("task"))) {
            return tasks.allMatch(task -> !status(task).contains("TracerPid:\t0\n"));
        } catch (IOException _) {
            return true; // it has ended
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
        start(SeamsApp.Ciphered.class);
        assertThat(readFile("channel", FULL ? FILE_BYTES : 4L << 20, 0xff)).isEqualTo("end");
    }

    /** Its client has to take a part of it before another thread of the engine can be asked. */
    @Test
    void aSlowClientOfAFileHoldsUpNoOther() throws IOException {
        start(SeamsApp.class);
        kind.servesSeveralAtOnce();
        try (Socket slow = connect()) {
            ask(slow, "channel", 64L << 20, 0);
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
        start(SeamsApp.class);
        try (WireClient client = engine().connect()) {
            client.send("GET /short?" + file + " HTTP/1.1\r\nHost: a.test\r\n\r\n");
            String _ = client.untilOver();
            assertThat(client.isReset()).isTrue();
        }
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: a.test\r\n\r\n";
    }

    private Socket connect() throws IOException {
        return new Socket(engine().address().getAddress(), engine().address().getPort());
    }

    private void ask(Socket client, String how, long length, int mask) throws IOException {
        byte[] request =
                ("GET /"
                                + how
                                + "?"
                                + length
                                + "&"
                                + file
                                + " HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < request.length; i++) {
            request[i] ^= (byte) mask;
        }
        client.getOutputStream().write(request);
    }

    /** The last three bytes of a response with the last bytes of the file; the rest are zeros. */
    private String readFile(String how, long length, int mask) throws IOException {
        try (Socket client = connect()) {
            ask(client, how, length, mask);
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
}
