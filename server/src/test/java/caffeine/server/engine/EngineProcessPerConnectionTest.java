package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Processes;
import caffeine.server.options.App;
import caffeine.server.options.ServerOptions;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Engines whose processes serve one connection and end; two at a time here. */
@ExtendWith(NoLeaks.class)
@ParameterizedClass(allowZeroInvocations = true)
@MethodSource("kinds")
class EngineProcessPerConnectionTest {

    private static final int LONG_MS = 60_000;
    private static final int CONNECTIONS = Boolean.getBoolean("caffeine.full") ? 2_000 : 12;
    private static final int CLIENTS = 4;

    /** Longer than an idle connection stays when others wait. */
    private static final long LONGER_THAN_IDLE_NS = TimeUnit.MILLISECONDS.toNanos(1_500);

    private static final String END = " HTTP/1.1\r\nHost: a.test\r\n\r\n";
    private static final String ASK = "GET /missing" + END;

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();

    static List<EngineUnderTest> kinds() {
        return EngineUnderTest.all().stream()
                .filter(each -> each.description().isProcessPerConnection())
                .toList();
    }

    private RunningEngine start(ServerOptions options) {
        return new RunningEngine(kind.make(options, 2));
    }

    private static ServerOptions hello(Path root) {
        return new EngineFolder(root)
                .options()
                .withApp(App.HELLO)
                .withDeadlines(EngineFolder.deadlines(LONG_MS, LONG_MS, LONG_MS));
    }

    /** Of more clients than there may be children. */
    @Test
    void noClientIsLostAndNoZombieIsLeft(@TempDir Path root) throws Exception {
        try (RunningEngine engine = start(hello(root));
                ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                clients.add(threads.submit(() -> assertAnswered(engine)));
            }
            for (Future<?> client : clients) {
                client.get();
            }
            Until.holds("two spares alone are left", () -> children() == 2);
        }
        assertThat(children()).as("children after the end, zombies too").isZero();
    }

    private static void assertAnswered(RunningEngine engine) {
        try (WireClient client = engine.connect()) {
            assertThat(client.ask(ASK).status()).isEqualTo(200);
            assertThat(client.ask(ASK).status()).isEqualTo(200);
        }
    }

    private static int children() {
        return Processes.children(Processes.getpid()).length;
    }

    @Test
    void eachConnectionHasAProcessOfItsOwn(@TempDir Path root) {
        EngineFolder folder = new EngineFolder(root);
        folder.script("cgi-bin/parent", "printf 'Content-Type: a/b\\n\\n'; echo $PPID");
        Set<String> processes = new HashSet<>();
        try (RunningEngine engine = start(folder.options())) {
            for (int i = 0; i < 4; i++) {
                try (WireClient client = engine.connect()) {
                    String process = client.ask("GET /cgi-bin/parent" + END).text();
                    assertThat(process).isNotBlank();
                    assertThat(client.ask("GET /cgi-bin/parent" + END).text()).isEqualTo(process);
                    assertThat(processes.add(process)).as("a new process").isTrue();
                }
            }
        }
    }

    /** Both have always begun a request: an idle one would be closed for the next client. */
    @Test
    void clientsBeyondTheLimitWaitInTheKernel(@TempDir Path root) {
        String begin = "GET /missing HTTP/1.1\r\n";
        String rest = "Host: a.test\r\n\r\n";
        try (RunningEngine engine = start(hello(root));
                WireClient one = engine.connect().send(begin);
                WireClient two = engine.connect().send(begin)) {
            assertThat(one.ask(rest + begin).status()).isEqualTo(200);
            assertThat(two.ask(rest + begin).status()).isEqualTo(200);
            try (WireClient three = engine.connect()) {
                three.send(ASK);
                for (int i = 0; i < 100; i++) {
                    assertThat(one.ask(rest + begin).status()).isEqualTo(200);
                    assertThat(two.ask(rest + begin).status()).isEqualTo(200);
                    assertThat(three.hasInput()).isFalse();
                }
                assertThat(one.ask(rest).status()).isEqualTo(200);
                one.endOutput();
                assertThat(three.reply().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void anIdleConnectionIsClosedForTheNext(@TempDir Path root) {
        try (RunningEngine engine = start(hello(root));
                WireClient idle = engine.connect();
                WireClient silent = engine.connect();
                WireClient next = engine.connect()) {
            assertThat(idle.ask(ASK).status()).isEqualTo(200);
            next.send(ASK);
            assertThat(next.reply().status()).isEqualTo(200);
            assertThat(idle.untilOver()).isEmpty();
            assertThat(idle.isReset()).isFalse();
            assertThat(silent.untilOver()).isEmpty();
        }
    }

    @Test
    void anIdleConnectionStaysWhenNoneWaits(@TempDir Path root) {
        try (RunningEngine engine = start(hello(root));
                WireClient one = engine.connect();
                WireClient two = engine.connect()) {
            assertThat(one.ask(ASK).status()).isEqualTo(200);
            assertThat(two.ask(ASK).status()).isEqualTo(200);
            LockSupport.parkNanos(LONGER_THAN_IDLE_NS);
            assertThat(one.ask(ASK).status()).isEqualTo(200);
            assertThat(two.ask(ASK).status()).isEqualTo(200);
        }
    }

    /** They have connected, so they are not reset. */
    @Test
    void clientsThatWaitAtAStopAreServed(@TempDir Path root) {
        EngineFolder folder = new EngineFolder(root);
        try (RunningEngine engine = start(folder.options());
                WireClient one = engine.connect();
                WireClient two = engine.connect();
                WireClient three = engine.connect();
                WireClient four = engine.connect();
                WireClient silent = engine.connect()) {
            one.send("GET /cgi-bin/gated" + END);
            int _ = folder.takePid("gated");
            two.send("GET /cgi-bin/gated" + END);
            int _ = folder.takePid("gated");
            three.send(ASK);
            four.send(ASK);
            engine.stop();
            engine.awaitRefusal();
            folder.openGate();
            folder.awaitPassage();
            folder.openGate();
            assertThat(one.reply().text()).isEqualTo("passed\n");
            assertThat(two.reply().text()).isEqualTo("passed\n");
            assertThat(three.reply().status()).isEqualTo(404);
            assertThat(four.reply().status()).isEqualTo(404);
            for (WireClient each : List.of(one, two, three, four, silent)) {
                assertThat(each.untilOver()).isEmpty();
                assertThat(each.isReset()).isFalse();
            }
            engine.awaitEnd();
        }
    }

    @Test
    void aSecondStopEndsTheWaitToo(@TempDir Path root) {
        EngineFolder folder = new EngineFolder(root);
        try (RunningEngine engine = start(folder.options());
                WireClient one = engine.connect();
                WireClient two = engine.connect();
                WireClient waits = engine.connect()) {
            one.send("GET /cgi-bin/stuck" + END);
            int _ = folder.takePid("stuck");
            two.send("GET /cgi-bin/stuck" + END);
            int _ = folder.takePid("stuck");
            waits.send(ASK);
            engine.stop();
            engine.awaitRefusal();
            engine.stop();
            assertThat(waits.untilOver()).isEmpty();
            engine.awaitEnd();
        }
    }

    @Test
    void aChildThatIsKilledCostsItsClientOnly(@TempDir Path root) {
        EngineFolder folder = new EngineFolder(root);
        folder.script("cgi-bin/kill", "kill -9 $PPID");
        // Enough, so that no client waits for a child: the idle one would close for it.
        try (RunningEngine engine = new RunningEngine(kind.make(folder.options(), 8));
                WireClient other = engine.connect()) {
            assertThat(other.ask(ASK).status()).isEqualTo(404);
            for (int i = 0; i < 3; i++) {
                try (WireClient client = engine.connect()) {
                    client.send("GET /cgi-bin/kill" + END);
                    assertThat(client.untilOver()).isEmpty();
                }
            }
            assertThat(other.ask(ASK).status()).isEqualTo(404);
        }
    }
}
