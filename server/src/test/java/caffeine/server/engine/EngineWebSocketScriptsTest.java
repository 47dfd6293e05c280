package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.options.Deadlines;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.ServerOptions;
import caffeine.server.options.WebSocketOptions;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;
import caffeine.server.testing.WireWebSocket;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Scripts that talk WebSocket, on every engine. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@TestInstance(Lifecycle.PER_CLASS)
@ExtendWith(NoLeaks.class)
class EngineWebSocketScriptsTest {

    private static final int SMALL_BUFFERS = 4096;
    private static final int BUFFERS = 65_536;
    private static final int LARGEST = 100_000;
    private static final int LINES = 4_000;
    private static final int LINE_BYTES = 10_000;
    private static final long GRACE_NS = 300_000_000;
    private static final long HANDLER_NS = 1_000_000_000;

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();
    private Path root = Path.of("");
    private @Nullable EngineFolder scripts;
    private @Nullable RunningEngine started;

    @BeforeAll
    void start(@TempDir Path folder) {
        root = folder;
        EngineFolder made = new EngineFolder(folder);
        scripts = made;
        String pid = "echo $$ >" + folder + "/${0##*/}.pid; ";
        made.script("ws/cat", "exec cat");
        made.script("ws/got", "while read -r line; do echo \"got $line\"; done");
        made.script(
                "ws/env",
                "echo \"$REQUEST_METHOD $PATH_INFO $QUERY_STRING $HTTP_SEC_WEBSOCKET_VERSION"
                        + " $HTTP_HOST $REMOTE_ADDR $SERVER_PROTOCOL\"");
        made.script("ws/ends", "read -r line; echo first; printf \"last $line\"");
        made.script("ws/fails", "echo last; exit 3");
        made.script("ws/quits", "cat >/dev/null; touch " + folder + "/quit");
        String stays = "while :; do sleep 0.1; done";
        made.script("ws/child", pid + "trap '' TERM; " + stays);
        made.script("ws/stays", pid + "trap '' TERM; ${0%/*}/child & echo on; " + stays);
        String onTerm = "trap 'touch " + folder + "/termed; exit 0' TERM; ";
        made.script(
                "ws/long", onTerm + "echo before; head -c 200000 /dev/zero | tr '\\0' x; " + stays);
        made.script("ws/latin", onTerm + "printf 'before\\n\\351t\\351\\n'; " + stays);
        made.script(
                "ws/writes",
                "i=0; while [ $i -lt "
                        + LINES
                        + " ]; do i=$((i + 1)); printf '%0"
                        + LINE_BYTES
                        + "d\\n' $i; echo $i >"
                        + folder
                        + "/written; done");
        made.script(
                "ws/leaves",
                "{ while :; do echo on; sleep 0.01; done; } & echo $! >"
                        + folder
                        + "/leaves.pid; read -r line");
        made.script("ws/marks", "touch " + folder + "/ran");
        made.script("ws/seq", "seq 1 100000");
        made.script("ws/stuck", pid + "exec sleep 600");
        made.script("ws/closes", "exec >&-; read -r line; exit 4");
        made.script("binary/cat", "exec cat");
        started = kind.start(options());
    }

    private ServerOptions options() {
        Deadlines some = Deadlines.DEFAULT;
        ServerOptions options = folder().options();
        RouteOptions binary =
                new RouteOptions(
                        "/binary",
                        Map.of(RouteSetting.MODE, "websocket", RouteSetting.WS_BINARY, true));
        ServerLimits limits = options.limits();
        return options.withScripts(options.scripts().withRoutes(List.of(binary)))
                .withWebSocket(WebSocketOptions.DEFAULT.withMessageBytes(LARGEST))
                .withLimits(
                        new ServerLimits(
                                limits.http(),
                                limits.connections(),
                                0,
                                0,
                                2,
                                limits.queue(),
                                limits.minimumBytesPerSecond()))
                .withDeadlines(
                        new Deadlines(
                                some.headNs(),
                                some.contentIdleNs(),
                                some.idleNs(),
                                some.sendIdleNs(),
                                HANDLER_NS,
                                GRACE_NS));
    }

    /** Closes its connection with 1001. */
    @AfterAll
    void stop() {
        try (RunningEngine engine = engine();
                WireWebSocket client = open("/ws/cat")) {
            assertThat(client.send("one").text()).isEqualTo("one");
            engine.stop();
            assertThat(client.closeCode()).isEqualTo(1001);
            engine.awaitEnd();
        }
    }

    private RunningEngine engine() {
        return Objects.requireNonNull(started);
    }

    private EngineFolder folder() {
        return Objects.requireNonNull(scripts);
    }

    private WireWebSocket open(String target) {
        return new WireWebSocket(engine().address(), target);
    }

    /** Closes in order, and waits for the free slot. */
    private static void leave(WireWebSocket client) {
        assertThat(client.close(1000).closeCode()).isEqualTo(1000);
    }

    private static void awaitEnd(int pid) {
        Until.holds("process " + pid + " ends", () -> !Files.exists(Path.of("/proc/" + pid)));
    }

    @Test
    void aTextMessageIsALineInBothDirections() {
        try (WireWebSocket client = open("/ws/got")) {
            assertThat(client.send("one").text()).isEqualTo("got one");
            client.send("two").send("thrée");
            assertThat(client.text()).isEqualTo("got two");
            assertThat(client.text()).isEqualTo("got thrée");
            leave(client);
        }
    }

    @Test
    void theEnvironmentIsThatOfCgi() {
        try (WireWebSocket client = open("/ws/env/a/b?c=d")) {
            assertThat(client.text()).isEqualTo("GET /a/b c=d 13 a.test 127.0.0.1 HTTP/1.1");
            assertThat(client.closeCode()).isEqualTo(1000);
        }
    }

    @Test
    void theExitClosesBehindTheLastLine() {
        try (WireWebSocket client = open("/ws/ends").send("words")) {
            assertThat(client.text()).isEqualTo("first");
            assertThat(client.text()).isEqualTo("last words");
            assertThat(client.closeCode()).isEqualTo(1000);
        }
    }

    @Test
    void aFailureIs1011() {
        try (WireWebSocket client = open("/ws/fails")) {
            assertThat(client.text()).isEqualTo("last");
            assertThat(client.closeCode()).isEqualTo(1011);
        }
        try (WireWebSocket client = open("/ws/closes").send("go")) {
            assertThat(client.closeCode()).isEqualTo(1011);
        }
    }

    @Test
    void aPlainRequestGets426() {
        try (WireClient client = engine().connect()) {
            String request = "GET /ws/cat HTTP/1.1\r\nHost: a.test\r\n\r\n";
            assertThat(client.ask(request).status()).isEqualTo(426);
        }
    }

    @Test
    void moreThanMaxHandlersGet503BeforeTheHandshake() {
        kind.servesSeveralAtOnce();
        try (WireWebSocket one = open("/ws/cat");
                WireWebSocket two = open("/ws/cat")) {
            assertThat(one.send("1").text()).isEqualTo("1");
            assertThat(two.send("2").text()).isEqualTo("2");
            try (WireWebSocket three = open("/ws/cat")) {
                assertThat(three.head()).startsWith("HTTP/1.1 503 ");
            }
            leave(one);
            leave(two);
        }
        Until.holds("a slot is free", this::canOpen);
    }

    private boolean canOpen() {
        try (WireWebSocket client = open("/ws/cat")) {
            return client.head().startsWith("HTTP/1.1 101 ");
        }
    }

    @Test
    void standardInputEndsWhenTheClientGoes() {
        try (WireWebSocket client = open("/ws/quits")) {
            client.send("one");
            client.reset();
        }
        Until.holds("the script sees the end", () -> Files.deleteIfExists(root.resolve("quit")));
    }

    /** TERM comes after the grace, and KILL after that, for its whole process group. */
    @Test
    void aScriptThatStaysIsKilled() {
        int pid;
        int child;
        try (WireWebSocket client = open("/ws/stays")) {
            assertThat(client.text()).isEqualTo("on");
            pid = folder().takePid("stays");
            child = folder().takePid("child");
            leave(client);
        }
        awaitEnd(pid);
        awaitEnd(child);
    }

    /** It ends when nothing reads its output any more. */
    @Test
    void aProcessThatItLeavesEndsWithItsOutput() {
        int pid;
        try (WireWebSocket client = open("/ws/leaves")) {
            assertThat(client.text()).isEqualTo("on");
            pid = folder().takePid("leaves");
            leave(client);
        }
        awaitEnd(pid);
    }

    @Test
    void aLineThatIsTooLongIs1009() {
        try (WireWebSocket client = open("/ws/long")) {
            assertThat(client.text()).isEqualTo("before");
            assertThat(client.closeCode()).isEqualTo(1009);
        }
        awaitTerm();
    }

    @Test
    void aLineThatIsNotUtf8Is1011() {
        try (WireWebSocket client = open("/ws/latin")) {
            assertThat(client.text()).isEqualTo("before");
            assertThat(client.closeCode()).isEqualTo(1011);
        }
        awaitTerm();
    }

    private void awaitTerm() {
        Until.holds("it gets TERM", () -> Files.deleteIfExists(root.resolve("termed")));
    }

    @Test
    void aMessageInTheSegmentOfTheHandshakeIsItsFirst() {
        byte[] behind = WireWebSocket.frame(0x81, "one");
        try (WireWebSocket client = new WireWebSocket(engine().address(), "/ws/got", 0, behind)) {
            assertThat(client.text()).isEqualTo("got one");
            leave(client);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, HTTP/1.1, 13, Origin: http://b.test, 403",
        "GET, HTTP/1.1, 12, Accept: */*, 426",
        "GET, HTTP/1.0, 13, Accept: */*, 426",
        "PUT, HTTP/1.1, 13, Accept: */*, 405",
        "GET, HTTP/1.1, 13, Content-Length: 1, 400"
    })
    void aRefusedHandshakeStartsNoScript(
            String method, String protocol, int version, String field, int status) {
        try (WireClient client = engine().connect()) {
            String request =
                    method
                            + " /ws/marks "
                            + protocol
                            + "\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                            + "Sec-WebSocket-Version: "
                            + version
                            + "\r\n"
                            + field
                            + "\r\n\r\n"
                            + (field.startsWith("Content") ? "x" : "");
            assertThat(client.ask(request).status()).isEqualTo(status);
        }
        assertThat(root.resolve("ran")).doesNotExist();
    }

    @Test
    void aMessageThatIsTooLongIs1009() {
        try (WireWebSocket client = open("/ws/cat")) {
            String text = "x".repeat(LARGEST);
            assertThat(client.send(text).text()).isEqualTo(text);
            assertThat(client.send(text + "x").closeCode()).isEqualTo(1009);
        }
    }

    @Test
    void aSlowClientGetsAllLines() {
        try (WireWebSocket client =
                new WireWebSocket(engine().address(), "/ws/seq", SMALL_BUFFERS, new byte[0])) {
            for (int i = 1; i <= 100_000; i++) {
                assertThat(client.text()).isEqualTo(Integer.toString(i));
            }
            assertThat(client.closeCode()).isEqualTo(1000);
        }
    }

    @Test
    void aSlowClientMakesTheScriptWait() throws InterruptedException {
        try (WireWebSocket client =
                new WireWebSocket(engine().address(), "/ws/writes", BUFFERS, new byte[0])) {
            assertThat(awaitStandstill()).isLessThan(LINES / 2);
            for (int i = 1; i <= LINES; i++) {
                assertThat(client.text()).hasSize(LINE_BYTES).endsWith("0" + i);
            }
            assertThat(client.closeCode()).isEqualTo(1000);
        }
    }

    /** How many lines it has written; if it only seems to stand still, less is asserted. */
    private int awaitStandstill() throws InterruptedException {
        int before = 0;
        int now = written();
        while (now == 0 || now != before) {
            TimeUnit.MILLISECONDS.sleep(300);
            before = now;
            now = written();
        }
        return now;
    }

    private int written() {
        try {
            return Integer.parseInt(Files.readString(root.resolve("written")).strip());
        } catch (IOException | NumberFormatException _) {
            return 0; // not yet, or within a change
        }
    }

    @Test
    void aScriptThatTakesNothingIs1011() {
        int pid;
        try (WireWebSocket client = open("/ws/stuck")) {
            pid = folder().takePid("stuck");
            Thread sender =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int i = 0; i < 100; i++) {
                                            client.send("y".repeat(50_000));
                                        }
                                    });
            assertThat(client.closeCode()).isEqualTo(1011);
            Until.holds("the sender ends", () -> !sender.isAlive());
        }
        awaitEnd(pid);
    }

    @Test
    void binaryIsAStreamInBothDirections() {
        byte[] piece = "z".repeat(50_000).getBytes(StandardCharsets.US_ASCII);
        try (WireWebSocket client = open("/binary/cat")) {
            for (int i = 0; i < 20; i++) {
                client.send(piece);
            }
            int count = 0;
            while (count < 20 * piece.length) {
                count += client.binary().length;
            }
            assertThat(count).isEqualTo(20 * piece.length);
            leave(client);
        }
    }

    @Test
    void binaryIsRefusedWhereLinesAreSpoken() {
        try (WireWebSocket client = open("/ws/cat")) {
            assertThat(client.send(new byte[] {1}).closeCode()).isEqualTo(1003);
        }
    }
}
