package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.options.App;
import caffeine.server.options.FileOptions;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;
import caffeine.server.testing.TestOptions;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;

/** Files of a folder, without scripts. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@ExtendWith(NoLeaks.class)
class EngineFilesTest {

    /** More than a connection's buffers hold, at both ends. */
    private static final int LARGE = 32 << 20;

    /** A file with content that is kept in memory is compared with the disk so often. */
    private static final long FRESH_MS = 1000;

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();

    @TempDir Path folder = Path.of("");

    private @Nullable RunningEngine started;

    @BeforeEach
    void start() throws IOException {
        Files.writeString(folder.resolve("a.txt"), "one\n");
        started =
                kind.start(
                        TestOptions.defaults()
                                .withApp(App.FILES)
                                .withFiles(FileOptions.DEFAULT.withFolder(folder)));
    }

    @AfterEach
    void stop() {
        engine().stop();
        engine().awaitEnd();
        assertThat(engine().engine().failure()).isNull();
        engine().close();
    }

    private RunningEngine engine() {
        return Objects.requireNonNull(started);
    }

    private static String get(String path, String... fields) {
        StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: a.test\r\n");
        for (String field : fields) {
            request.append(field).append("\r\n");
        }
        return request.append("\r\n").toString();
    }

    private byte[] largeFile(String name) throws IOException {
        byte[] content = new byte[LARGE];
        new Random(LARGE).nextBytes(content);
        Files.write(folder.resolve(name), content);
        return content;
    }

    @Test
    void sendsAFileWholeAndInRanges() throws IOException {
        byte[] content = largeFile("large.bin");
        try (WireClient client = engine().connect()) {
            Reply whole = client.ask(get("/large.bin"));
            assertThat(whole.status()).isEqualTo(200);
            assertThat(Arrays.equals(whole.content(), content)).isTrue();
            Reply part = client.ask(get("/large.bin", "Range: bytes=1000000-9999999"));
            assertThat(part.status()).isEqualTo(206);
            assertThat(part.content()).hasSize(9_000_000);
            assertThat(Arrays.equals(part.content(), 0, 9_000_000, content, 1_000_000, 10_000_000))
                    .isTrue();
            Reply parts = client.ask(get("/large.bin", "Range: bytes=0-999999,-1000000"));
            assertThat(parts.status()).isEqualTo(206);
            assertThat(parts.field("Content-Type")).startsWith("multipart/byteranges");
            assertThat(parts.content()).hasSizeBetween(2_000_000, 2_001_000);
            assertThat(client.ask(get("/a.txt")).text()).isEqualTo("one\n");
        }
    }

    /** Also those that are answered from memory. */
    @Test
    void isNeverMoreThanASecondBehindTheDisk() throws Exception {
        try (WireClient client = engine().connect()) {
            assertThat(client.ask(get("/a.txt")).text()).isEqualTo("one\n");
        }
        for (String content : new String[] {"two\n", "six\n", "eleven\n"}) {
            Files.writeString(folder.resolve("a.txt"), content);
            // Meanwhile the earlier content may be sent: the time is what is tested.
            Thread.sleep(FRESH_MS);
            try (WireClient client = engine().connect()) {
                assertThat(client.ask(get("/a.txt")).text()).isEqualTo(content);
            }
        }
        Files.delete(folder.resolve("a.txt"));
        Thread.sleep(FRESH_MS);
        try (WireClient client = engine().connect()) {
            assertThat(client.ask(get("/a.txt")).status()).isEqualTo(404);
        }
    }

    @Test
    void aFileThatChangesIsNeverSentToItsEnd() throws IOException {
        byte[] content = largeFile("changing.bin");
        int taken =
                whileSending(
                        "changing.bin",
                        () -> {
                            try (FileChannel file = openForWriting("changing.bin")) {
                                file.write(ByteBuffer.wrap(new byte[100]), LARGE - 200);
                            }
                        });
        assertThat(taken).isLessThan(content.length);
    }

    @Test
    void aFileThatShrinksIsNeverSentToItsEnd() throws IOException {
        byte[] content = largeFile("shrinking.bin");
        int taken =
                whileSending(
                        "shrinking.bin",
                        () -> {
                            try (FileChannel file = openForWriting("shrinking.bin")) {
                                file.truncate(LARGE / 2);
                            }
                        });
        assertThat(taken).isLessThan(content.length);
    }

    /** As a site is brought up to date: the earlier file is sent to its end. */
    @Test
    void aFileThatIsReplacedIsSentToItsEnd() throws IOException {
        byte[] content = largeFile("replaced.bin");
        int taken =
                whileSending(
                        "replaced.bin",
                        () -> {
                            Path other = folder.resolve("other");
                            Files.writeString(other, "another");
                            Files.move(
                                    other,
                                    folder.resolve("replaced.bin"),
                                    StandardCopyOption.ATOMIC_MOVE);
                        });
        assertThat(taken).isEqualTo(content.length);
    }

    private FileChannel openForWriting(String name) throws IOException {
        return FileChannel.open(folder.resolve(name), StandardOpenOption.WRITE);
    }

    private interface Change {
        void make() throws IOException;
    }

    /** How many bytes of the content a client gets that reads slowly until the change. */
    private int whileSending(String name, Change change) throws IOException {
        try (WireClient client = engine().connectWithBuffers(4096)) {
            client.send(get("/" + name, "Connection: close"));
            Until.holds("something comes", () -> client.receiveSome(1000) > 0);
            int head =
                    new String(client.received(), StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n")
                            + 4;
            change.make();
            client.awaitOver();
            return client.received().length - head;
        }
    }

    @Test
    void refusesWhatIsNoFile() throws IOException {
        Files.createDirectory(folder.resolve("empty"));
        Files.writeString(folder.resolve(".hidden"), "secret");
        Files.createSymbolicLink(folder.resolve("outside"), Path.of("/etc/passwd"));
        try (WireClient client = engine().connect()) {
            for (String path : new String[] {"/none", "/empty/", "/.hidden", "/outside", "/"}) {
                assertThat(client.ask(get(path)).status()).as(path).isEqualTo(404);
            }
            assertThat(client.ask(get("/empty")).field("Location")).isEqualTo("/empty/");
            Reply post =
                    client.ask(
                            "POST /a.txt HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nab");
            assertThat(post.status()).isEqualTo(405);
            assertThat(post.field("Allow")).isEqualTo("GET, HEAD, OPTIONS");
            assertThat(client.ask(get("/a.txt")).text()).isEqualTo("one\n");
        }
    }
}
