package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import caffeine.os.Descriptors;
import caffeine.os.Sockets;
import caffeine.os.linux.SocketFilter;
import caffeine.server.options.App;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.net.InetSocketAddress;
import java.nio.file.Path;

/** How any engine begins and ends. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@ExtendWith(NoLeaks.class)
class EngineStopTest {

    private static final int LONG_MS = 60_000;
    private static final int SHORT_MS = 100;
    private static final int ROUNDS = Boolean.getBoolean("caffeine.full") ? 25 : 2;
    private static final String END = " HTTP/1.1\r\nHost: a.test\r\n\r\n";

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();

    @Test
    void requestsInProgressEndAndNobodyElseIsLetIn(@TempDir Path root) {
        kind.servesSeveralAtOnce();
        EngineFolder folder = new EngineFolder(root);
        try (RunningEngine engine = kind.start(folder.options());
                WireClient direct = engine.connect();
                WireClient cgi = engine.connect();
                WireClient idle = engine.connect();
                WireClient silent = engine.connect()) {
            assertThat(idle.ask("GET /missing" + END).status()).isEqualTo(404);
            direct.send("GET /gated" + END);
            int _ = folder.takePid("gated");
            cgi.send("GET /cgi-bin/gated" + END);
            int _ = folder.takePid("gated");

            engine.stop();
            assertThat(idle.untilOver()).isEmpty();
            assertThat(silent.untilOver()).isEmpty();
            engine.awaitRefusal();

            folder.openGate();
            folder.awaitPassage();
            folder.openGate();
            assertThat(direct.reply().text()).isEqualTo("passed\n");
            assertThat(direct.untilOver()).isEmpty();
            Reply last = cgi.reply();
            assertThat(last.text()).isEqualTo("passed\n");
            assertThat(last.closes()).isTrue();
            assertThat(cgi.untilOver()).isEmpty();
            assertThat(cgi.isReset()).isFalse();
            engine.awaitEnd();
        }
    }

    /** Its answer is out: nothing is lost when it is not waited for. */
    @Test
    void whoGoesOnSendingHoldsNothingUp(@TempDir Path root) {
        String upload = "POST /missing HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9000000\r\n\r\n";
        try (RunningEngine engine =
                        kind.start(
                                new EngineFolder(root)
                                        .options()
                                        .withDeadlines(
                                                EngineFolder.deadlines(LONG_MS, LONG_MS, 3_600_000)
                                                        .withLinger(3_600_000_000_000L)));
                WireClient client = engine.connect();
                WireClient idle = engine.connect()) {
            assertThat(client.ask(upload).status()).isEqualTo(404);
            engine.stop();
            assertThat(idle.untilOver()).isEmpty();
            Until.holds("it is closed", () -> !client.trySending("x"));
            engine.awaitEnd();
        }
    }

    @Test
    void whoTakesLongerThanTheGraceIsCut(@TempDir Path root) {
        kind.servesSeveralAtOnce();
        EngineFolder folder = new EngineFolder(root);
        try (RunningEngine engine =
                        kind.start(
                                folder.options()
                                        .withDeadlines(
                                                EngineFolder.deadlines(
                                                        LONG_MS, LONG_MS, SHORT_MS)));
                WireClient direct = engine.connect();
                WireClient cgi = engine.connect()) {
            direct.send("GET /stuck" + END);
            int first = folder.takePid("stuck");
            cgi.send("GET /cgi-bin/stuck" + END);
            int second = folder.takePid("stuck");

            engine.stop();
            EngineFolder.awaitGone(first);
            EngineFolder.awaitGone(second);
            assertThat(direct.untilOver()).doesNotStartWith("HTTP/1.1 200");
            assertThat(cgi.untilOver()).doesNotStartWith("HTTP/1.1 200");
            engine.awaitEnd();
        }
    }

    @Test
    void aSecondStopCutsAtOnce(@TempDir Path root) {
        EngineFolder folder = new EngineFolder(root);
        try (RunningEngine engine = kind.start(folder.options());
                WireClient client = engine.connect();
                WireClient idle = engine.connect()) {
            client.send("GET /cgi-bin/stuck" + END);
            int script = folder.takePid("stuck");
            engine.stop();
            assertThat(idle.untilOver()).isEmpty(); // it drains
            engine.stop();
            assertThat(client.untilOver()).doesNotStartWith("HTTP/1.1 200");
            EngineFolder.awaitGone(script);
            engine.awaitEnd();
        }
    }

    /** Each of them is answered, or is told that nobody listens. */
    @Test
    void whoConnectsMeanwhileIsNotReset(@TempDir Path root) throws Exception {
        EngineFolder folder = new EngineFolder(root);
        for (int round = 0; round < ROUNDS; round++) {
            try (RunningEngine engine = kind.start(folder.options().withApp(App.HELLO))) {
                assumeTrue(canHide(engine.address()), "the kernel filters no connections here");
                Callers callers = new Callers(engine.address());
                callers.awaitAnswers(kind.description().isProcessPerConnection() ? 1 : 10);
                engine.stop();
                assertThat(callers.untilRefused()).isEmpty();
                engine.awaitEnd();
            }
        }
    }

    /** What an engine asks of the kernel, asked of another socket. */
    private static boolean canHide(InetSocketAddress address) {
        int fd = Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0);
        try {
            return Sockets.bind(fd, new InetSocketAddress(address.getAddress(), 0)) == 0
                    && Sockets.listen(fd, 1) == 0
                    && SocketFilter.dropConnectionAttempts(fd) == 0;
        } finally {
            Descriptors.close(fd);
        }
    }

    /** Those that own it: two would reap each other's scripts. */
    @Test
    void thereIsOneInAProcess(@TempDir Path root) throws Exception {
        EngineFolder folder = new EngineFolder(root);
        Engine second = kind.make(folder.options());
        try (RunningEngine _ = kind.start(folder.options())) {
            assertThatThrownBy(second::start)
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("another server runs in this process");
        }
        try (RunningEngine third = kind.start(folder.options());
                WireClient client = third.connect()) {
            assertThat(client.ask("GET /missing" + END).status()).isEqualTo(404);
        }
    }

    @Test
    void anAddressThatIsTakenIsTold(@TempDir Path root) {
        EngineFolder folder = new EngineFolder(root);
        try (RunningEngine engine = kind.start(folder.options())) {
            Engine second = kind.make(folder.options().withBind(engine.address()));
            assertThatThrownBy(second::start)
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining(String.valueOf(engine.address().getPort()))
                    .hasMessageContaining("in use");
        }
    }
}
