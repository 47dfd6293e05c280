package caffeine.server.testing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The client's side of a connection, which tests use, talks to a server of others: npm's {@code
 * ws}. So the two sides of ours do not only understand each other.
 */
class NodeServerTest {

    /** Where {@code .ci/run} installs it, and where Debian's node-ws is. */
    private static final List<Path> FOLDERS =
            List.of(
                    Path.of("../conformance/target/npm/node_modules").toAbsolutePath(),
                    Path.of("/usr/share/nodejs"));

    private static final String SERVER =
            """
            const { WebSocketServer } = require('ws');
            const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
            server.on('listening', () => console.log(server.address().port));
            server.on('connection', socket => {
                socket.ping('there?');
                socket.on('pong', data => socket.send('pong ' + data));
                socket.on('message', (data, binary) => {
                    if (data.toString() === 'fragments') {
                        socket.send('one ', { fin: false });
                        socket.ping('between');
                        socket.send('two', { fin: true });
                    } else if (data.toString() === 'close') {
                        socket.close(4001, 'bye');
                    } else {
                        socket.send(data, { binary });
                    }
                });
            });
            """;

    /** A server, and a client of it. */
    private static final class Talk implements AutoCloseable {
        private final Process node;
        final WireWebSocket client;

        Talk() {
            Assumptions.assumeTrue(
                    Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "node"))),
                    "node is not installed (apt-get install nodejs)");
            Assumptions.assumeTrue(
                    FOLDERS.stream().anyMatch(folder -> Files.exists(folder.resolve("ws"))),
                    "npm's ws is not installed (.ci/run installs it)");
            ProcessBuilder builder =
                    new ProcessBuilder("node", "-e", SERVER)
                            .redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().put("NODE_PATH", FOLDERS.getFirst() + ":" + FOLDERS.getLast());
            try {
                node = builder.start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            try {
                InetAddress here = InetAddress.getLoopbackAddress();
                client = new WireWebSocket(new InetSocketAddress(here, awaitPort()), "/");
            } catch (RuntimeException | AssertionError e) {
                node.destroyForcibly();
                throw e;
            }
        }

        private int awaitPort() {
            try {
                BufferedReader lines =
                        new BufferedReader(
                                new InputStreamReader(
                                        node.getInputStream(), StandardCharsets.UTF_8));
                return Integer.parseInt(Objects.requireNonNull(lines.readLine(), "node ended"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            client.close();
            node.destroyForcibly().onExit().join();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 125, 126, 65_535, 65_536, 1_000_000})
    void messagesComeBack(int length) {
        try (Talk talk = new Talk()) {
            assertThat(talk.client.head()).startsWith("HTTP/1.1 101 ");
            assertThat(talk.client.text()).isEqualTo("pong there?");
            String text = "x".repeat(length);
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            assertThat(talk.client.send(text).text()).isEqualTo(text);
            assertThat(talk.client.send(bytes).binary()).isEqualTo(bytes);
            assertThat(talk.client.send("größer als 5 €").text()).isEqualTo("größer als 5 €");
        }
    }

    @Test
    void fragmentsAreJoinedAroundAPing() {
        try (Talk talk = new Talk()) {
            assertThat(talk.client.text()).isEqualTo("pong there?");
            assertThat(talk.client.send("fragments").text()).isEqualTo("one two");
            assertThat(talk.client.text()).isEqualTo("pong between");
        }
    }

    @Test
    void bothSidesCanClose() {
        try (Talk talk = new Talk()) {
            assertThat(talk.client.send("close").closeCode()).isEqualTo(4001);
            assertThat(talk.client.endsInOrder()).isTrue();
        }
        try (Talk talk = new Talk()) {
            assertThat(talk.client.close(4002).closeCode()).isEqualTo(4002);
            assertThat(talk.client.endsInOrder()).isTrue();
        }
    }
}
