package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.Limits;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ServerLimits;
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

import java.nio.file.Path;

/** Who wants more than there is, on any engine. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@ExtendWith(NoLeaks.class)
class EngineLimitsTest {

    private static final int CONNECTIONS = 16_384;
    private static final String END = " HTTP/1.1\r\nHost: a.test\r\n\r\n";
    private static final String MISSING = "GET /missing" + END;

    private static final int UPLOAD_BYTES = 15_000_000;
    private static final String UPLOAD =
            "POST /missing HTTP/1.1\r\nHost: a.test\r\nContent-Length: "
                    + UPLOAD_BYTES
                    + "\r\n\r\n";

    /** Longer than any test waits. */
    private static final Deadlines LINGERING =
            EngineFolder.deadlines(60_000, 60_000, 60_000).withLinger(600_000_000_000L);

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();

    @Test
    void sizesAndCountsOfARequest(@TempDir Path root) {
        Limits http = new Limits(200, 300, 5, 1000, 16);
        ServerLimits limits = new ServerLimits(http, CONNECTIONS, 0, 3, 1, 1, 0);
        try (RunningEngine engine =
                kind.start(new EngineFolder(root).options().withLimits(limits))) {
            assertRefused(engine, 414, "GET /" + "x".repeat(200) + END);
            assertRefused(engine, 431, "GET / HTTP/1.1\r\nHost: a.test\r\nA: " + "x".repeat(300));
            assertRefused(engine, 431, "GET / HTTP/1.1\r\nHost: a.test\r\n" + "A: b\r\n".repeat(5));
            assertRefused(
                    engine,
                    413,
                    "POST /echo HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1001\r\n\r\n");
            try (WireClient client = engine.connect()) {
                assertThat(client.ask(MISSING).closes()).isFalse();
                assertThat(client.ask(MISSING).closes()).isFalse();
                assertThat(client.ask(MISSING).closes()).isTrue();
                assertThat(client.untilOver()).isEmpty();
            }
        }
    }

    private static void assertRefused(RunningEngine engine, int status, String request) {
        try (WireClient client = engine.connect()) {
            Reply reply = client.ask(request);
            assertThat(reply.status()).isEqualTo(status);
            assertThat(reply.closes()).isTrue();
            assertThat(client.untilOver()).isEmpty();
            assertThat(client.isReset()).isFalse();
        }
    }

    /** Of two that race for the last place both may be refused: then once more. */
    @Test
    void scriptsOfAllLoopsTogether(@TempDir Path root) {
        kind.servesSeveralAtOnce();
        EngineFolder folder = new EngineFolder(root);
        ServerLimits limits = new ServerLimits(Limits.DEFAULTS, CONNECTIONS, 0, 0, 1, 1, 0);
        try (RunningEngine engine = kind.start(folder.options().withLimits(limits))) {
            boolean waited = false;
            for (int round = 0; round < 50 && !waited; round++) {
                waited = oneRunsAndOneOfTwoWaits(engine, folder);
            }
            assertThat(waited).as("one of two waited").isTrue();
        }
    }

    /** False when none of the two waited. */
    private static boolean oneRunsAndOneOfTwoWaits(RunningEngine engine, EngineFolder folder) {
        try (WireClient runs = engine.connect();
                WireClient one = engine.connect();
                WireClient other = engine.connect()) {
            runs.send("GET /cgi-bin/gated" + END);
            int _ = folder.takePid("gated");
            one.send("GET /cgi-bin/hello/one" + END);
            other.send("GET /cgi-bin/hello/other" + END);
            WireClient refused = whoIsAnswered(one, other);
            Reply busy = refused.reply();
            assertThat(busy.status()).isEqualTo(503);
            assertThat(busy.field("Retry-After")).isNotEmpty();

            folder.openGate();
            assertThat(runs.reply().text()).isEqualTo("passed\n");
            Reply last = (refused.equals(one) ? other : one).reply();
            assertThat(last.status()).isIn(200, 503);
            return last.text().startsWith("GET /o");
        }
    }

    /** One waits in the queue, and for the other there is no place in it. */
    private static WireClient whoIsAnswered(WireClient one, WireClient other) {
        WireClient[] first = {one};
        Until.holds(
                "one of two is answered",
                () -> {
                    first[0] = other.hasInput() ? other : one;
                    return first[0].hasInput();
                });
        return first[0];
    }

    @Test
    void connectionsOfOneAddress(@TempDir Path root) {
        kind.servesSeveralAtOnce();
        ServerLimits limits = new ServerLimits(Limits.DEFAULTS, CONNECTIONS, 2, 0, 8, 8, 0);
        try (RunningEngine engine =
                        kind.start(new EngineFolder(root).options().withLimits(limits));
                WireClient one = engine.connect();
                WireClient two = engine.connect()) {
            assertThat(one.ask(MISSING).status()).isEqualTo(404);
            assertThat(two.ask(MISSING).status()).isEqualTo(404);
            try (WireClient three = engine.connect()) {
                assertThat(three.ask(MISSING).status()).isEqualTo(503);
                assertThat(three.untilOver()).isEmpty();
            }
            assertThat(one.ask(MISSING).status()).isEqualTo(404);
        }
    }

    @Test
    void whoFindsNoRoomWaitsForIt(@TempDir Path root) {
        kind.servesSeveralAtOnce();
        EngineFolder folder = new EngineFolder(root);
        ServerLimits limits = new ServerLimits(Limits.DEFAULTS, 2, 0, 0, 8, 8, 0);
        try (RunningEngine engine = kind.start(folder.options().withLimits(limits));
                WireClient one = engine.connect();
                WireClient two = engine.connect()) {
            one.send("GET /cgi-bin/gated" + END);
            int _ = folder.takePid("gated");
            two.send("GET /cgi-bin/gated" + END);
            int _ = folder.takePid("gated");
            try (WireClient three = engine.connect()) {
                three.send(MISSING);
                folder.openGate();
                folder.awaitPassage();
                folder.openGate();
                assertThat(one.reply().text()).isEqualTo("passed\n");
                one.reset();
                assertThat(two.reply().text()).isEqualTo("passed\n");
                assertThat(three.reply().status()).isEqualTo(404);
            }
        }
    }

    /** Those that have their answer and go on sending make room for others. */
    @Test
    void whoFindsNoRoomGetsThePlaceOfOneThatLingers(@TempDir Path root) {
        kind.servesSeveralAtOnce();
        ServerLimits limits = new ServerLimits(Limits.DEFAULTS, 2, 0, 0, 8, 8, 0);
        try (RunningEngine engine =
                        kind.start(
                                new EngineFolder(root)
                                        .options()
                                        .withLimits(limits)
                                        .withDeadlines(LINGERING));
                WireClient one = engine.connect();
                WireClient two = engine.connect()) {
            assertThat(one.ask(UPLOAD).status()).isEqualTo(404);
            assertThat(two.ask(UPLOAD).status()).isEqualTo(404);
            try (WireClient three = engine.connect()) {
                three.send(MISSING);
                Until.holds(
                        "there is room",
                        () -> {
                            one.trySending("x");
                            two.trySending("x");
                            return three.hasInput();
                        });
                assertThat(three.reply().status()).isEqualTo(404);
            }
        }
    }

    @Test
    void contentThatIsNotWantedIsReadToItsEnd(@TempDir Path root) {
        try (RunningEngine engine = kind.start(new EngineFolder(root).options());
                WireClient client = engine.connect()) {
            client.send(UPLOAD).send("x".repeat(UPLOAD_BYTES));
            Reply reply = client.reply();
            assertThat(reply.status()).isEqualTo(404);
            assertThat(reply.closes()).isTrue();
            assertThat(client.untilOver()).isEmpty();
            assertThat(client.isReset()).isFalse();
        }
    }

    /** Its time counts in all, also where its output is passed on through a pipe. */
    @Test
    void aDirectScriptThatGoesOnAndOn(@TempDir Path root) {
        EngineFolder folder = new EngineFolder(root);
        try (RunningEngine engine =
                        kind.start(
                                folder.options()
                                        .withDeadlines(
                                                EngineFolder.deadlines(60_000, 4_000, 60_000)));
                WireClient client = engine.connect()) {
            client.send("GET /ticks" + END);
            assertThat(client.untilOver()).startsWith("HTTP/1.1 200 OK").contains("tick\ntick\n");
            EngineFolder.awaitGone(folder.takePid("ticks"));
        }
    }

    /** The answer comes when they have ended. */
    @Test
    void scriptsThatTakeTooLong(@TempDir Path root) {
        try (RunningEngine engine =
                kind.start(
                        new EngineFolder(root)
                                .options()
                                .withDeadlines(EngineFolder.deadlines(60_000, 150, 60_000)))) {
            for (String target : new String[] {"/stuck", "/cgi-bin/stuck"}) {
                try (WireClient client = engine.connect()) {
                    assertThat(client.ask("GET " + target + END).status()).isEqualTo(504);
                }
            }
        }
    }
}
