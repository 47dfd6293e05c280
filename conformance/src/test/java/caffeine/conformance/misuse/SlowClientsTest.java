package caffeine.conformance.misuse;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Many clients that send a byte of a head each second. */
class SlowClientsTest {

    private static final boolean FULL = Boolean.getBoolean("caffeine.full");
    private static final int CLIENTS = FULL ? 10_000 : 1_000;

    /** All of them must have sent what they send before the first is cut. */
    private static final String HEAD_TIMEOUT = FULL ? "40" : "15";

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final long KIB_FOR_A_CLIENT = 8;
    private static final long SLACK_KIB = 64 * 1024;

    private static final Tree TREE = new Tree();

    @RegisterExtension
    static final LeakCheck LEAKS =
            LeakCheck.serving(TREE, "--head-timeout", HEAD_TIMEOUT, "--idle-timeout", "5m");

    static {
        Beside.prepare(TREE);
    }

    @Test
    void areCutAtTheDeadlineWhileAQuickOneIsServed() throws IOException {
        Server server = LEAKS.server();
        long before = privateKiB(server);
        List<SocketChannel> clients = new ArrayList<>();
        try {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(connect(server));
            }
            for (byte b : Requests.bytes("GET")) {
                sendToEach(clients, b);
                Beside.isServed(server);
                assertThat(privateKiB(server))
                        .isLessThan(before + SLACK_KIB + CLIENTS * KIB_FOR_A_CLIENT);
                Await.holdsWithin(SECOND, () -> false);
            }
            for (SocketChannel client : clients) {
                assertThat(readToEnd(client)).startsWith("HTTP/1.1 408 ");
            }
        } finally {
            for (SocketChannel client : clients) {
                client.close();
            }
        }
        Beside.isServed(server);
    }

    private static SocketChannel connect(Server server) throws IOException {
        SocketChannel client = SocketChannel.open(server.address());
        client.configureBlocking(false);
        return client;
    }

    /** Who came first may have been cut already: then the answer is there, and that is all. */
    private static void sendToEach(List<SocketChannel> clients, byte b) {
        for (SocketChannel client : clients) {
            try {
                client.write(ByteBuffer.wrap(new byte[] {b}));
            } catch (IOException cut) {
                assertThat(client.isOpen()).isTrue();
            }
        }
    }

    private static String readToEnd(SocketChannel client) throws IOException {
        ByteBuffer answer = ByteBuffer.allocate(4096);
        client.configureBlocking(true);
        client.socket().setSoTimeout((int) Await.PATIENCE.toMillis());
        int count = 0;
        while (count >= 0 && answer.hasRemaining()) {
            count = client.socket().getInputStream().read(answer.array(), answer.position(), 1024);
            answer.position(answer.position() + Math.max(0, count));
        }
        return new String(answer.array(), 0, answer.position(), StandardCharsets.ISO_8859_1);
    }

    private static long privateKiB(Server server) {
        return server.workers().stream().mapToLong(Procs::privateKiB).sum();
    }
}
