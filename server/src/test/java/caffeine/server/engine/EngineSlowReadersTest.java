package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.Limits;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.ServerOptions;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Clients that take the responses of scripts slowly, on any engine. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@ExtendWith(NoLeaks.class)
class EngineSlowReadersTest {

    private static final int SMALL_BUFFERS = 4096;
    private static final String END = " HTTP/1.1\r\nHost: a.test\r\n\r\n";
    private static final int MIB = 1 << 20;

    /** What the kernel and a connection keep of what is written, at most. */
    private static final int KEPT_ELSEWHERE = 8 * MIB;

    private static final long A_WHILE_NS = TimeUnit.MILLISECONDS.toNanos(300);

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();
    @TempDir private Path root;
    private EngineFolder folder;

    @BeforeEach
    void fill() {
        folder = new EngineFolder(root);
    }

    private ServerOptions options(int handlers, int rate, long spool, long total) {
        ServerLimits limits = new ServerLimits(Limits.DEFAULTS, 1000, 0, 0, handlers, 8, 0);
        return folder.options().withLimits(limits.withSlowReaders(rate, spool, total));
    }

    /** There is one slot, and the first reads nothing until the second has its answer. */
    @Test
    void holdNoSlotAndGetEveryByte() throws IOException {
        kind.servesSeveralAtOnce();
        byte[] content = new byte[11 * MIB + 17];
        new Random(1).nextBytes(content);
        Files.write(root.resolve("content"), content);
        script("random", "cat " + root + "/content");
        try (RunningEngine engine = kind.start(options(1, 0, 16 * MIB, 128 * MIB));
                WireClient slow = engine.connectWithBuffers(SMALL_BUFFERS);
                WireClient other = engine.connect()) {
            slow.send("GET /cgi-bin/random" + END);
            assertThat(other.ask("GET /cgi-bin/hello/a" + END).text()).isEqualTo("GET /a\n");
            Reply reply = slow.reply();
            assertThat(reply.content().length).isEqualTo(content.length);
            assertThat(reply.content()).isEqualTo(content);
            assertThat(slow.ask("GET /cgi-bin/hello/b" + END).text()).isEqualTo("GET /b\n");
        }
    }

    @Test
    void haveTheScriptWaitWhenTheirFileIsFull() throws IOException {
        assertWaits(options(4, 0, MIB, 64 * MIB));
    }

    @Test
    void haveTheScriptWaitWhenTheFilesOfAllAreFull() throws IOException {
        assertWaits(options(4, 0, 1L << 30, 2 * MIB));
    }

    @Test
    void haveTheScriptWaitWhereThereIsNoFile() throws IOException {
        assertWaits(options(4, 0, 0, 64 * MIB));
    }

    /** It writes on while it can, and counts; it goes on when the client does. */
    private void assertWaits(ServerOptions options) throws IOException {
        Path count = root.resolve("count");
        script(
                "counting",
                "i=0; while :; do head -c 65536 /dev/zero; i=$((i+65536)); echo $i >"
                        + count
                        + "; done");
        try (RunningEngine engine = kind.start(options);
                WireClient slow = engine.connectWithBuffers(SMALL_BUFFERS)) {
            slow.send("GET /cgi-bin/counting" + END);
            long stuckAt = untilStuck(count);
            assertThat(stuckAt).isLessThan(2 * MIB + KEPT_ELSEWHERE);
            Until.holds(
                    "it goes on",
                    () -> {
                        for (int i = 0; i < 16 && slow.receiveSome(64 * 1024) > 0; i++) {
                            // There may be more.
                        }
                        return written(count) > stuckAt + KEPT_ELSEWHERE;
                    });
        }
    }

    /** Until for a while nothing more is written, or too much. */
    private static long untilStuck(Path count) {
        long[] last = {0, System.nanoTime()};
        Until.holds(
                "the script waits",
                () -> {
                    long now = written(count);
                    if (now != last[0]) {
                        last[0] = now;
                        last[1] = System.nanoTime();
                    }
                    return now > 4 * KEPT_ELSEWHERE
                            || (now > 0 && System.nanoTime() - last[1] > A_WHILE_NS);
                });
        return last[0];
    }

    private static long written(Path count) throws IOException {
        String text = Files.exists(count) ? Files.readString(count).strip() : "";
        return text.isEmpty() ? 0 : Long.parseLong(text);
    }

    /** It goes on taking bytes, at a rate that is far below what it owes, and would to the end. */
    @Test
    void areCutBelowTheLeastRate() {
        ServerOptions options = options(4, Integer.MAX_VALUE, 16 * MIB, 64 * MIB);
        try (RunningEngine engine =
                        kind.start(
                                options.withDeadlines(
                                        EngineFolder.deadlines(2_000, 60_000, 60_000)));
                WireClient slow = engine.connectWithBuffers(16 * SMALL_BUFFERS)) {
            slow.send("GET /cgi-bin/big" + END);
            Until.holds(
                    "it is cut",
                    () -> {
                        int _ = slow.receiveSome(512);
                        return slow.isReset();
                    });
        }
    }

    /** What is left behind, {@link NoLeaks} finds. */
    @Test
    void takeTheirFileAlongWhenTheyGo() {
        kind.servesSeveralAtOnce();
        try (RunningEngine engine = kind.start(options(1, 0, 16 * MIB, 128 * MIB))) {
            for (int i = 0; i < 3; i++) {
                try (WireClient slow = engine.connectWithBuffers(SMALL_BUFFERS);
                        WireClient other = engine.connect()) {
                    slow.send("GET /cgi-bin/big" + END);
                    assertThat(other.ask("GET /cgi-bin/hello" + END).status()).isEqualTo(200);
                    slow.reset();
                }
            }
        }
    }

    private void script(String name, String text) throws IOException {
        Path file = root.resolve("cgi-bin").resolve(name);
        Files.writeString(file, "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\n" + text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
