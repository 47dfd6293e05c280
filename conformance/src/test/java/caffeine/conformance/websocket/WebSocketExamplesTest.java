package caffeine.conformance.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.websocket.Far.Event;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The scripts of examples/ws, on every engine. */
@ParameterizedClass
@MethodSource("caffeine.conformance.harness.EngineKind#all")
class WebSocketExamplesTest {

    private static @Nullable Server server;
    private static @Nullable Tree tree;

    @Parameter EngineKind engine = EngineKind.PREFORK;

    @BeforeParameterizedClassInvocation
    static void start(EngineKind engine) {
        Tree bus = new Tree();
        tree = bus;
        server =
                Server.of(Repository.root().resolve("examples"), engine)
                        .options("--pass-env", "TMPDIR")
                        .with("TMPDIR", bus.root().toString())
                        .start();
    }

    @AfterParameterizedClassInvocation
    static void stop() throws Exception {
        try (Tree _ = Objects.requireNonNull(tree);
                Server running = Objects.requireNonNull(server)) {
            running.stop();
        }
    }

    private static Far open(String target) throws IOException {
        Far far = new Far(Objects.requireNonNull(server).address());
        far.send(
                ("GET "
                                + target
                                + " HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\n"
                                + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        assertThat(far.head()).startsWith("HTTP/1.1 101 ");
        return far;
    }

    private static void say(Far far, String text) {
        far.send(Frames.of("text", text));
    }

    private static void leave(Far far) throws IOException {
        far.send(Frames.of("close", "1000"));
        Event event = far.next();
        while (event.name().equals("text")) {
            event = far.next();
        }
        assertThat(event.name()).isEqualTo("close");
    }

    @Test
    void countsMessages() throws IOException {
        try (Far far = open("/ws/count")) {
            for (int i = 1; i <= 3; i++) {
                say(far, "hello");
                assertThat(far.next()).hasToString("text(" + i + " hello)");
            }
            leave(far);
        }
    }

    @Test
    void echoesInPython() throws IOException {
        try (Far far = open("/ws/echo.py")) {
            say(far, "one");
            assertThat(far.next()).hasToString("text(one)");
            leave(far);
        }
    }

    @Test
    void chatsBetweenConnections() throws IOException {
        engine.servesSeveralAtOnce();
        try (Far ada = open("/ws/chat/Ada");
                Far bob = open("/ws/chat/Bob")) {
            say(ada, "hello");
            assertThat(ada.next()).hasToString("text(Ada: hello)");
            assertThat(bob.next()).hasToString("text(Ada: hello)");
            say(bob, "hello Ada");
            assertThat(ada.next()).hasToString("text(Bob: hello Ada)");
            leave(ada);
            leave(bob);
        }
    }

    @Test
    void showsAScreenEverySecond() throws IOException {
        try (Far far = open("/ws/top")) {
            assertThat(far.next().toString()).contains("UTC");
            assertThat(far.next().toString()).startsWith("text(load ");
            leave(far);
        }
        Objects.requireNonNull(server).awaitNoHandlers();
    }

    @Test
    void aPageForTheChat() {
        assertThat(Objects.requireNonNull(server).get("/chat").text())
                .contains("new WebSocket(address)");
    }
}
