package caffeine.conformance.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.websocket.Far.Event;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInfo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Messages of the largest size, and scripts in a folder {@code ws} that is not at the top. */
class LargeMessagesTest {

    private static final int LARGEST = 16 << 20;
    private static final byte[] TRY_AGAIN_LATER = {1013 >> 8, (byte) 1013};

    @TestFactory
    Stream<DynamicTest> oneGoesThroughAScriptAndBack(TestInfo test) {
        return EngineKind.some(test).stream()
                .map(
                        engine ->
                                DynamicTest.dynamicTest(
                                        engine + "", () -> goesAndComesBack(engine)));
    }

    private static void goesAndComesBack(EngineKind engine) throws IOException {
        byte[] text = new byte[LARGEST];
        Arrays.fill(text, (byte) 'x');
        try (Tree tree = new Tree().sh("deep/er/ws/cat", "exec cat\n");
                Server server = Server.of(tree.root(), engine).start();
                Far far = open(server, "/deep/er/ws/cat")) {
            far.send(Frames.frame(Frames.TEXT, text));
            Event event = far.next();
            assertThat(event.is("text", text)).as(event + "").isTrue();
            far.send(Frames.of("close", "1000"));
            assertThat(far.next().name()).isEqualTo("close");
            server.stop();
        }
    }

    /** More than there is memory for: some connections end, and not the worker with all of them. */
    @Test
    void manyForAScriptThatTakesNoneDoNotEndItsWorker() throws Exception {
        LinkedBlockingQueue<Event> ends = new LinkedBlockingQueue<>();
        List<Far> clients = new ArrayList<>();
        try (Tree tree = new Tree().sh("ws/stuck", "exec sleep 600\n").sh("ws/cat", "exec cat\n");
                Server server =
                        Server.of(tree.root(), EngineKind.PREFORK)
                                .options("--workers=1", "--max-handlers=20")
                                .start()) {
            List<Integer> workers = server.workers();
            byte[] frame = Frames.frame(Frames.TEXT, new byte[LARGEST]);
            for (int i = 0; i < 12; i++) {
                Far client = open(server, "/ws/stuck");
                clients.add(client);
                client.send(frame);
                Thread.startVirtualThread(
                        () -> {
                            try {
                                ends.add(client.next());
                            } catch (IOException | AssertionError _) {
                                // The others are open until the test ends.
                            }
                        });
            }
            Event end = ends.poll(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(end).isEqualTo(Event.of("close", TRY_AGAIN_LATER));
            try (Far far = open(server, "/ws/cat")) {
                far.send(Frames.of("text", "hi"));
                assertThat(far.next()).hasToString("text(hi)");
            }
            assertThat(server.workers()).isEqualTo(workers);
            for (Far client : clients) {
                client.close();
            }
        }
    }

    private static Far open(Server server, String target) throws IOException {
        Far far = new Far(server.address());
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
}
