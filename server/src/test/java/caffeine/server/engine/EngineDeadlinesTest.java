package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.options.App;
import caffeine.server.options.Deadlines;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;
import caffeine.server.testing.WireClient;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** What happens to those who take too long, on any engine. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@TestInstance(Lifecycle.PER_CLASS)
@ExtendWith(NoLeaks.class)
class EngineDeadlinesTest {

    /** For what no client of these tests comes up to. */
    private static final int SHORT_MS = 500;

    /** Long enough for a client that has connected to ask, however busy the machine is. */
    private static final int IDLE_MS = 4_000;

    private static final int LONG_MS = 60_000;

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();
    private @Nullable RunningEngine started;

    @BeforeAll
    void start(@TempDir Path root) {
        started =
                kind.start(
                        new EngineFolder(root)
                                .options()
                                .withApp(App.ECHO)
                                .withDeadlines(deadlines()));
    }

    private static Deadlines deadlines() {
        long shortNs = TimeUnit.MILLISECONDS.toNanos(SHORT_MS);
        long idleNs = TimeUnit.MILLISECONDS.toNanos(IDLE_MS);
        long longNs = TimeUnit.MILLISECONDS.toNanos(LONG_MS);
        return new Deadlines(shortNs, shortNs, idleNs, shortNs, longNs, longNs);
    }

    @AfterAll
    void stop() {
        engine().close();
    }

    private RunningEngine engine() {
        return Objects.requireNonNull(started);
    }

    private static void assertTimeout(WireClient client) {
        Reply reply = client.reply();
        assertThat(reply.status()).isEqualTo(408);
        assertThat(reply.closes()).isTrue();
        assertThat(client.untilOver()).isEmpty();
        assertThat(client.isReset()).isFalse();
    }

    /** Both at one time, since both have to wait. */
    @Test
    void clientsThatSayNothingOrNothingMoreAreClosedSilently() {
        try (WireClient silent = engine().connect();
                WireClient asking = engine().connect()) {
            Reply reply = asking.ask("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
            assertThat(reply.closes()).isFalse();
            for (WireClient client : new WireClient[] {silent, asking}) {
                assertThat(client.untilOver()).isEmpty();
                assertThat(client.isReset()).isFalse();
            }
        }
    }

    @Test
    void aHeadThatDoesNotEndIsATimeout() {
        try (WireClient client = engine().connect()) {
            assertTimeout(client.send("GET / HTTP/1.1\r\nHost: a.test\r\n"));
        }
    }

    @Test
    void theSecondHeadHasADeadlineToo() {
        try (WireClient client = engine().connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\nG");
            assertThat(client.reply().status()).isEqualTo(200);
            assertTimeout(client);
        }
    }

    @Test
    void contentThatDoesNotComeIsATimeout() {
        try (WireClient client = engine().connect()) {
            String head = "GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\n";
            client.send(head + "some of");
            assertTimeout(client);
        }
    }

    @Test
    void whoTakesNothingIsReset() {
        String content = "0123456789abcdef".repeat(500_000);
        String head = "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 8000000\r\n\r\n";
        try (WireClient client = engine().connectWithBuffers(4096)) {
            int _ = client.send(head).sendSome(WireClient.bytes(content));
            assertThat(client.nextBytes()).startsWith("HTTP/1.1 200 ");
            client.untilOver();
            assertThat(client.isReset()).isTrue();
        }
    }
}
