package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.options.App;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.WireClient;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Engines that serve one connection at a time. */
@ExtendWith(NoLeaks.class)
@ParameterizedClass(allowZeroInvocations = true)
@MethodSource("kinds")
class EngineSequentialTest {

    private static final int LONG_MS = 60_000;

    /** Longer than an idle connection stays when others wait. */
    private static final long LONGER_THAN_IDLE_NS = TimeUnit.MILLISECONDS.toNanos(1_500);

    private static final String ASK = "GET /missing HTTP/1.1\r\nHost: a.test\r\n\r\n";

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();

    static List<EngineUnderTest> kinds() {
        return EngineUnderTest.all().stream()
                .filter(each -> each.description().isSequential())
                .toList();
    }

    private RunningEngine hello(Path root) {
        return kind.start(
                new EngineFolder(root)
                        .options()
                        .withApp(App.HELLO)
                        .withDeadlines(EngineFolder.deadlines(LONG_MS, LONG_MS, LONG_MS)));
    }

    @Test
    void theNextClientWaitsWhileOneIsBusy(@TempDir Path root) {
        try (RunningEngine engine = hello(root);
                WireClient one = engine.connect()) {
            assertThat(one.ask(ASK).status()).isEqualTo(200);
            try (WireClient two = engine.connect()) {
                two.send(ASK);
                for (int i = 0; i < 100; i++) {
                    assertThat(one.ask(ASK).status()).isEqualTo(200);
                    assertThat(two.hasInput()).isFalse();
                }
                one.endOutput();
                assertThat(two.reply().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void anIdleConnectionIsClosedForTheNext(@TempDir Path root) {
        try (RunningEngine engine = hello(root);
                WireClient one = engine.connect();
                WireClient silent = engine.connect();
                WireClient two = engine.connect()) {
            assertThat(one.ask(ASK).status()).isEqualTo(200);
            two.send(ASK);
            assertThat(one.untilOver()).isEmpty();
            assertThat(one.isReset()).isFalse();
            assertThat(silent.untilOver()).isEmpty();
            assertThat(two.reply().status()).isEqualTo(200);
        }
    }

    /** Also after clients that came one by one, which looks most like a queue. */
    @Test
    void anIdleConnectionStaysWhenNoneWaits(@TempDir Path root) {
        try (RunningEngine engine = hello(root)) {
            for (int i = 0; i < 20; i++) {
                try (WireClient before = engine.connect()) {
                    assertThat(before.ask(ASK).status()).isEqualTo(200);
                }
            }
            try (WireClient idle = engine.connect()) {
                assertThat(idle.ask(ASK).status()).isEqualTo(200);
                LockSupport.parkNanos(LONGER_THAN_IDLE_NS);
                assertThat(idle.ask(ASK).status()).isEqualTo(200);
            }
        }
    }

    /** They have connected, so they are not reset. */
    @Test
    void clientsThatWaitAtAStopAreServed(@TempDir Path root) {
        EngineFolder folder = new EngineFolder(root);
        try (RunningEngine engine = kind.start(folder.options());
                WireClient one = engine.connect();
                WireClient two = engine.connect();
                WireClient three = engine.connect();
                WireClient silent = engine.connect()) {
            one.send("GET /cgi-bin/gated HTTP/1.1\r\nHost: a.test\r\n\r\n");
            int _ = folder.takePid("gated");
            two.send(ASK);
            three.send(ASK);
            engine.stop();
            engine.awaitRefusal();
            folder.openGate();
            assertThat(one.reply().text()).isEqualTo("passed\n");
            assertThat(two.reply().status()).isEqualTo(404);
            assertThat(three.reply().status()).isEqualTo(404);
            for (WireClient each : List.of(one, two, three, silent)) {
                assertThat(each.untilOver()).isEmpty();
                assertThat(each.isReset()).isFalse();
            }
            engine.awaitEnd();
        }
    }
}
