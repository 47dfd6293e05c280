package caffeine.conformance.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.charset.StandardCharsets;

/** What the log has of a script that talks WebSocket. */
class WebSocketLogTest {

    private static final String HANDSHAKE =
            """
            GET /ws/talks HTTP/1.1
            Host: a.test
            Upgrade: websocket
            Connection: Upgrade
            Sec-WebSocket-Version: 13
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

            """;

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void hasItsStandardErrorAndItsEnd(EngineKind engine) throws Exception {
        try (Tree tree = new Tree()) {
            tree.sh("ws/talks", "read -r line; echo \"trouble with $line\" >&2; exit 3");
            try (Server server = Server.of(tree.root(), engine).start();
                    Far far = new Far(server.address())) {
                far.send(HANDSHAKE.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII));
                assertThat(far.head()).startsWith("HTTP/1.1 101 ");
                far.send(Frames.of("text", "this"));
                server.log().await("WARN.*/ws/talks: stderr: trouble with this");
                assertThat(far.next().name()).isEqualTo("close");
                far.send(Frames.of("close", "1011"));
                server.log().await("INFO.*\"GET /ws/talks HTTP/1.1\" 1011 .*");
                server.stop();
            }
        }
    }
}
