package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.options.App;
import caffeine.server.testing.NoLeaks;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Whatever a client does after it has said that a request is its last, it can read the whole
 * answer: a close with unread input, or one that meets input, sends a reset, which may destroy what
 * the client has not read (RFC 9112 §9.6).
 */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@ExtendWith(NoLeaks.class)
class EngineLastRequestsTest {

    private static final boolean FULL = Boolean.getBoolean("caffeine.full");
    private static final int CLIENTS = 8;
    private static final int SMALL = FULL ? 100_000 : 2_000;
    private static final int LARGE = FULL ? 400 : 16;
    private static final int LONGEST_PAUSE_NS = 200_000;

    private static final String LAST = " HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
    private static final byte[] NEXT = bytes("GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n");

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();

    /** What a client does once its last request is out. */
    private enum Then {
        READS,
        HALF_CLOSES,
        PIPELINES_AT_ONCE,
        PIPELINES,
        PIPELINES_LATER,
        PIPELINES_WHEN_THE_ANSWER_COMES,
        SENDS_AN_EMPTY_LINE,
        RESETS_WHEN_THE_ANSWER_COMES
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void canReadSmallAnswersWhole(@TempDir Path root) throws Exception {
        try (RunningEngine engine =
                kind.start(new EngineFolder(root).options().withApp(App.HELLO))) {
            ask(engine, "GET /" + LAST, SMALL, bytes("Hello, World!"), 13);
        }
    }

    @Test
    void canReadLargeAnswersWhole(@TempDir Path root) throws Exception {
        EngineFolder folder = new EngineFolder(root);
        folder.script(
                "cgi-bin/large",
                "printf 'Content-Type: a/b\\nContent-Length: 3000000\\n\\n'; "
                        + "head -c 3000000 /dev/zero");
        try (RunningEngine engine = kind.start(folder.options())) {
            ask(engine, "GET /cgi-bin/large" + LAST, LARGE, new byte[100], 3_000_000);
        }
    }

    @Test
    void canReadTheAnswerToContentWhole(@TempDir Path root) throws Exception {
        String head = "POST /" + LAST.replace("\r\n\r\n", "\r\nContent-Length: 300000\r\n\r\n");
        try (RunningEngine engine =
                kind.start(new EngineFolder(root).options().withApp(App.ECHO))) {
            ask(engine, head + "x".repeat(300_000), LARGE, bytes("xxx"), 300_000);
        }
    }

    private void ask(RunningEngine engine, String request, int times, byte[] end, int content)
            throws Exception {
        InetSocketAddress address = engine.address();
        int each = kind.connections(times) / CLIENTS;
        List<Future<?>> clients = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
            for (int client = 0; client < CLIENTS; client++) {
                int first = client;
                Random random = new Random(client);
                clients.add(
                        threads.submit(
                                () -> {
                                    for (int i = 0; i < each; i++) {
                                        Then then =
                                                Then.values()[(first + i) % Then.values().length];
                                        new Asking(address, then, random)
                                                .ask(bytes(request), end, content);
                                    }
                                    return null;
                                }));
            }
        }
        for (Future<?> client : clients) {
            client.get();
        }
    }

    /** One client. */
    private record Asking(InetSocketAddress address, Then then, Random random) {

        void ask(byte[] request, byte[] end, int content) throws IOException {
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            String how = "to its end";
            try (Socket socket = new Socket()) {
                socket.setTcpNoDelay(true);
                socket.connect(address);
                socket.setSoTimeout((int) TimeUnit.MINUTES.toMillis(1));
                send(socket, request);
                byte[] buffer = new byte[64 * 1024];
                try {
                    int count = socket.getInputStream().read(buffer, 0, 1);
                    while (count > 0) {
                        boolean first = answer.size() == 0;
                        answer.write(buffer, 0, count);
                        if (first && then == Then.RESETS_WHEN_THE_ANSWER_COMES) {
                            socket.setSoLinger(true, 0);
                            return;
                        }
                        if (first && then == Then.PIPELINES_WHEN_THE_ANSWER_COMES) {
                            trySend(socket, NEXT);
                        }
                        count = socket.getInputStream().read(buffer);
                    }
                } catch (IOException e) {
                    how = "to " + e.getMessage(); // after what had come
                }
            }
            check(answer.toByteArray(), end, content, how);
        }

        private void send(Socket socket, byte[] request) throws IOException {
            if (then == Then.PIPELINES_AT_ONCE) {
                byte[] both = new byte[request.length + NEXT.length];
                System.arraycopy(request, 0, both, 0, request.length);
                System.arraycopy(NEXT, 0, both, request.length, NEXT.length);
                socket.getOutputStream().write(both);
                return;
            }
            socket.getOutputStream().write(request);
            switch (then) {
                case HALF_CLOSES -> socket.shutdownOutput();
                case PIPELINES -> trySend(socket, NEXT);
                case PIPELINES_LATER -> {
                    LockSupport.parkNanos(random.nextInt(LONGEST_PAUSE_NS));
                    trySend(socket, NEXT);
                }
                case SENDS_AN_EMPTY_LINE -> trySend(socket, bytes("\r\n"));
                default -> {}
            }
        }

        /** The server may have closed; what it has sent before can be read all the same. */
        private static void trySend(Socket socket, byte[] bytes) {
            try {
                socket.getOutputStream().write(bytes);
            } catch (IOException _) {
                // a reset
            }
        }

        private void check(byte[] answer, byte[] end, int content, String how) {
            String text = new String(answer, StandardCharsets.ISO_8859_1);
            assertThat(text.substring(0, Math.min(200, text.length())))
                    .as("%s, read %s", then, how)
                    .startsWith("HTTP/1.1 200");
            assertThat(answer.length - text.indexOf("\r\n\r\n") - 4)
                    .as("%s, read %s: content", then, how)
                    .isEqualTo(content);
            assertThat(text).endsWith(new String(end, StandardCharsets.ISO_8859_1));
        }
    }
}
