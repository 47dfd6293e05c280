package caffeine.server.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import caffeine.http.ResponseHead;
import caffeine.server.core.Handler;
import caffeine.server.engine.EngineUnderTest;
import caffeine.server.engine.StartException;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.options.ServerOptions;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** The server in somebody's program, over real sockets, whichever engine serves. */
@Timeout(600)
class ServerTest {

    private static final String HOST = " HTTP/1.1\r\nHost: a.test\r\n";
    private static final String GET = "GET /" + HOST + "\r\n";

    private static final ServerOptions ANY = ServerOptions.onPort(0);

    private static Server start(EngineUnderTest kind, Handler handler) throws StartException {
        return Server.start(kind.embedded(ANY, handler));
    }

    // ---- one line

    @Test
    void oneLineStartsAServer() throws Exception {
        try (Server server = Server.start(0, request -> Response.text("Hello"));
                Client client = new Client(server)) {
            assertThat(server.url()).isEqualTo("http://127.0.0.1:" + server.port());
            assertThat(client.send(GET).head()).startsWith("HTTP/1.1 200 OK\r\n");
            assertThat(client.text(5)).isEqualTo("Hello");
        }
    }

    @Test
    void ipv6AddressesHaveBracketsInUrls() throws Exception {
        InetSocketAddress bind = new InetSocketAddress(InetAddress.ofLiteral("::1"), 0);
        try (Server server = Server.start(ANY.withBind(bind), _ -> Response.of(204))) {
            assertThat(server.url()).startsWith("http://[::1]:");
        }
    }

    @Test
    void severalAddresses(@TempDir Path folder) throws Exception {
        InetSocketAddress first = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
        InetSocketAddress second = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.2"), 0);
        SocketAddress third = UnixDomainSocketAddress.of(folder.resolve("socket"));
        ServerOptions options = ANY.withAddresses(List.of(first, second, third));
        try (Server server = Server.start(options, _ -> Response.of(204))) {
            int port = server.port();
            assertThat(server.addresses())
                    .containsExactly(
                            new InetSocketAddress(first.getAddress(), port),
                            new InetSocketAddress(second.getAddress(), port),
                            third);
            assertThat(server.address()).isEqualTo(server.addresses().getFirst());
            for (SocketAddress address : server.addresses()) {
                try (SocketChannel client = SocketChannel.open(address)) {
                    client.write(US_ASCII.encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
                    ByteBuffer answer = ByteBuffer.allocate(1000);
                    client.read(answer);
                    assertThat(US_ASCII.decode(answer.flip()).toString())
                            .startsWith("HTTP/1.1 204 ");
                }
            }
        }
    }

    @Test
    void unixDomainSockets(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("socket");
        SocketAddress bind = UnixDomainSocketAddress.of(file);
        try (Server server = Server.start(ANY.withBind(bind), _ -> Response.of(204));
                SocketChannel client = SocketChannel.open(bind)) {
            assertThat(server.url()).isEqualTo("unix:" + file);
            assertThat(server.port()).isZero();
            client.write(US_ASCII.encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
            ByteBuffer answer = ByteBuffer.allocate(1000);
            client.read(answer);
            assertThat(US_ASCII.decode(answer.flip()).toString()).startsWith("HTTP/1.1 204 ");
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void aTakenPortIsSaid() throws Exception {
        try (Server server = Server.start(0, _ -> Response.of(204))) {
            int port = server.port();
            assertThatThrownBy(() -> Server.start(port, _ -> Response.of(204)))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining(Integer.toString(port));
        }
    }

    @Test
    void theProcessKeepsItsSignalHandlers() throws Exception {
        List<String> before = signals();
        try (Server _ = Server.start(0, _ -> Response.of(204))) {
            assertThat(signals()).isEqualTo(before);
        }
    }

    private static List<String> signals() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("SigCgt") || line.startsWith("SigIgn"))
                .toList();
    }

    // ---- functions

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void manyClientsAtOnce(EngineUnderTest kind) throws Exception {
        kind.servesSeveralAtOnce();
        Handler handler = Handlers.of(r -> Response.text(r.path() + " " + r.text()));
        try (Server server = start(kind, handler)) {
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                clients.add(new Client(server));
            }
            for (int round = 0; round < 20; round++) {
                for (Client client : clients) {
                    client.send("POST /" + round + HOST + "Content-Length: 3\r\n\r\nabc");
                }
                for (Client client : clients) {
                    String expected = "/" + round + " abc";
                    assertThat(client.head()).contains("Content-Length: " + expected.length());
                    assertThat(client.text(expected.length())).isEqualTo(expected);
                }
            }
            for (Client client : clients) {
                client.close();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void oneThatBlocksHoldsNobodyUp(EngineUnderTest kind) throws Exception {
        kind.servesSeveralAtOnce();
        CountDownLatch allHere = new CountDownLatch(50);
        Handler handler =
                Handlers.blocking(
                        request -> {
                            allHere.countDown();
                            allHere.await(); // all of them wait at the same time
                            return Response.text(request.path());
                        });
        try (Server server = start(kind, handler)) {
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                clients.add(new Client(server).send(GET));
            }
            for (Client client : clients) {
                assertThat(client.head()).startsWith("HTTP/1.1 200");
                assertThat(client.text(1)).isEqualTo("/");
                client.close();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void whatAFunctionThrowsIsNotShown(EngineUnderTest kind) throws Exception {
        Handler handler =
                Handlers.blocking(
                        _ -> {
                            throw new IOException("secret");
                        });
        try (Server server = start(kind, handler);
                Client client = new Client(server)) {
            assertThat(client.send(GET).head()).startsWith("HTTP/1.1 500 ");
            assertThat(client.text(26)).isEqualTo("500 Internal Server Error\n");
            assertThat(client.send(GET).head()).startsWith("HTTP/1.1 500 "); // it goes on
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void whoHalfClosesStillGetsTheAnswer(EngineUnderTest kind) throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Handler handler =
                Handlers.blocking(
                        _ -> {
                            go.await();
                            return Response.text("late");
                        });
        try (Server server = start(kind, handler);
                Client client = new Client(server)) {
            client.send(GET).socket.shutdownOutput();
            go.countDown();
            assertThat(client.head()).startsWith("HTTP/1.1 200 OK");
            assertThat(client.text(4)).isEqualTo("late");
            assertThat(client.in.read()).isEqualTo(-1);
        }
    }

    // ---- streams

    /**
     * What the kernel keeps for both sides (tcp_rmem and tcp_wmem allow 32 and 4 MiB), and what is
     * under way in the server.
     */
    private static final long MOST_AHEAD = 64L << 20;

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void aSlowReaderOfAGigabyteCostsNoMemory(EngineUnderTest kind) throws Exception {
        long length = 1L << 30;
        AtomicLong written = new AtomicLong();
        Handler handler =
                Handlers.streaming(
                        exchange -> {
                            byte[] piece = new byte[1 << 16];
                            try (OutputStream out =
                                    exchange.respond(ResponseHead.of(200), length)) {
                                while (written.get() < length) {
                                    out.write(piece);
                                    written.addAndGet(piece.length);
                                }
                            }
                        });
        try (Server server = start(kind, handler);
                Client client = new Client(server)) {
            assertThat(client.send(GET).head()).contains("Content-Length: " + length);
            byte[] some = new byte[1 << 20];
            long taken = 0;
            while (taken < length) {
                int count = client.in.read(some);
                assertThat(count).isPositive();
                taken += count;
                assertThat(written.get() - taken).isLessThan(MOST_AHEAD);
                if (taken >> 27 != (taken - count) >> 27) {
                    awaitStandstill(written); // each 128 MiB: reads nothing until nothing moves
                }
            }
            assertThat(taken).isEqualTo(length);
        }
    }

    /** Waits until the writer waits. */
    private static void awaitStandstill(AtomicLong written) throws InterruptedException {
        long before;
        do {
            before = written.get();
            Thread.sleep(20);
        } while (written.get() != before);
    }

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void contentStreamsBothWays(EngineUnderTest kind) throws Exception {
        Handler handler =
                Handlers.streaming(
                        exchange ->
                                exchange.content()
                                        .transferTo(exchange.respond(ResponseHead.of(200))));
        int length = 8 << 20;
        try (Server server = start(kind, handler);
                Client client = new Client(server)) {
            client.send("POST /" + HOST + "Content-Length: " + length + "\r\n\r\n");
            Thread sender = Thread.ofVirtual().start(() -> client.sendAll(length));
            assertThat(client.head()).contains("Transfer-Encoding: chunked");
            assertThat(client.chunkedBytes()).isEqualTo(length);
            sender.join();
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void whoGoesInMidResponseEndsIt(EngineUnderTest kind) throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        Handler handler =
                Handlers.streaming(
                        exchange -> {
                            try (OutputStream out = exchange.respond(ResponseHead.of(200))) {
                                while (true) {
                                    out.write(new byte[10_000]);
                                }
                            } finally {
                                ended.countDown();
                            }
                        });
        try (Server server = start(kind, handler)) {
            try (Client client = new Client(server)) {
                assertThat(client.send(GET).head()).startsWith("HTTP/1.1 200");
                client.socket.setSoLinger(true, 0); // closing resets
            }
            ended.await();
        }
    }

    // ---- the end

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void closingWaitsForWhatIsInProgress(EngineUnderTest kind) throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Handler handler =
                Handlers.blocking(
                        _ -> {
                            asked.countDown();
                            go.await();
                            return Response.text("done");
                        });
        Server server = start(kind, handler);
        try (Client client = new Client(server).send(GET)) {
            asked.await();
            server.stop();
            Thread closing = Thread.ofVirtual().start(server::close); // and does not cut
            go.countDown();
            assertThat(client.head()).startsWith("HTTP/1.1 200 OK");
            assertThat(client.text(4)).isEqualTo("done");
            assertThat(client.in.read()).isEqualTo(-1);
            client.socket.close(); // or the server would linger for it
            closing.join();
        } finally {
            server.close();
        }
        assertThatThrownBy(() -> new Client(server)).isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void aSecondStopInterruptsWhatIsInProgress(EngineUnderTest kind) throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        Handler handler =
                Handlers.blocking(
                        _ -> {
                            asked.countDown();
                            try {
                                new CountDownLatch(1).await();
                            } finally {
                                interrupted.countDown();
                            }
                            return Response.of(204);
                        });
        Server server = start(kind, handler);
        try (Client _ = new Client(server).send(GET)) {
            asked.await();
            server.stop();
            server.stop();
            interrupted.await();
            server.awaitEnd();
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.server.engine.EngineUnderTest#thatTakeHandlers")
    void aHandlerMayStopItsServer(EngineUnderTest kind) throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        Server[] self = new Server[1];
        Handler handler =
                Handlers.of(
                        _ -> {
                            started.await();
                            self[0].stop();
                            return Response.text("bye");
                        });
        Server server = start(kind, handler);
        self[0] = server;
        started.countDown();
        try (Client client = new Client(server)) {
            assertThat(client.send(GET).head()).startsWith("HTTP/1.1 200");
        } finally {
            server.awaitEnd();
        }
    }

    /** A client in plain sockets. */
    private static final class Client implements AutoCloseable {

        final Socket socket;
        final InputStream in;

        Client(Server server) throws IOException {
            socket = new Socket();
            socket.connect(server.address());
            in = socket.getInputStream();
        }

        Client send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(US_ASCII));
            return this;
        }

        void sendAll(int length) {
            try {
                socket.getOutputStream().write(new byte[length]);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        /** The next head, or line of a chunk, to its empty line. */
        String head() throws IOException {
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                head.append(next());
            }
            return head.toString();
        }

        private char next() throws IOException {
            int b = in.read();
            assertThat(b).as("the next byte").isNotNegative();
            return (char) b;
        }

        String text(int length) throws IOException {
            return new String(in.readNBytes(length), ISO_8859_1);
        }

        /** Reads chunks to the last; how much they had in all. */
        long chunkedBytes() throws IOException {
            long all = 0;
            while (true) {
                StringBuilder line = new StringBuilder();
                while (line.indexOf("\r\n") < 0) {
                    line.append(next());
                }
                int length = Integer.parseInt(line.substring(0, line.length() - 2), 16);
                assertThat(in.readNBytes(length + 2)).hasSize(length + 2).endsWith('\r', '\n');
                if (length == 0) {
                    return all;
                }
                all += length;
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
