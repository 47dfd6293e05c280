package caffeine.server.service;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.server.engine.StartException;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.ErrorPages;
import caffeine.server.options.NetworkOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.socket.Listener;
import caffeine.server.testing.LoopBench;
import caffeine.server.testing.ManualClock;
import caffeine.server.testing.NoLeaks;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

@ExtendWith(NoLeaks.class)
class RefusedClientsTest {

    private final ManualClock clock = new ManualClock();
    private final EventLoop loop = new EventLoop(EpollPoller.open(), clock);
    private final RefusedClients refused = new RefusedClients(loop, ErrorPages.NONE);
    private final Listener listener;
    private final List<SocketChannel> clients = new ArrayList<>();

    RefusedClientsTest() throws StartException {
        listener = Listener.open(NetworkOptions.of(LoopBench.anyPort())).getFirst();
    }

    @AfterEach
    void close() throws IOException {
        refused.close();
        loop.close();
        listener.close();
        for (SocketChannel client : clients) {
            client.close();
        }
    }

    /** A client, and the descriptor that the server has of it. */
    private record Refused(SocketChannel client, int fd) {
        String read() {
            ByteBuffer bytes = ByteBuffer.allocate(4096);
            try {
                client.read(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return StandardCharsets.US_ASCII.decode(bytes.flip()).toString();
        }
    }

    private Refused refuse() throws IOException {
        return refuse(refused);
    }

    private Refused refuse(RefusedClients by) throws IOException {
        SocketChannel client = SocketChannel.open(listener.address());
        clients.add(client);
        int fd = listener.accept();
        assertThat(fd).isNotNegative();
        by.refuse(listener);
        return new Refused(client, fd);
    }

    private static boolean isOpen(int fd) {
        return Descriptors.getFlags(fd) >= 0;
    }

    @Test
    void getThePageForThatIfItIsShort() throws IOException {
        try (RefusedClients others = new RefusedClients(loop, page("<p>later</p>"))) {
            assertThat(refuse(others).read())
                    .contains("\r\nContent-Type: text/html\r\n", "\r\nContent-Length: 12\r\n")
                    .contains("\r\nRetry-After: 1\r\n")
                    .endsWith("\r\n\r\n<p>later</p>");
        }
        try (RefusedClients others = new RefusedClients(loop, page("x".repeat(16 * 1024)))) {
            assertThat(refuse(others).read()).endsWith("\r\n\r\n503 Service Unavailable\n");
        }
    }

    private static ErrorPages page(String content) {
        return new ErrorPages(Map.of(503, new ErrorPages.Page("text/html", content)));
    }

    @Test
    void get503AndTheEnd() throws IOException {
        Refused client = refuse();
        String answer = client.read();
        assertThat(answer)
                .startsWith("HTTP/1.1 503 Service Unavailable\r\n")
                .contains("\r\nRetry-After: 1\r\n", "\r\nConnection: close\r\n")
                .contains("\r\nX-Content-Type-Options: nosniff\r\n");
        int content = answer.indexOf("\r\n\r\n") + 4;
        assertThat(answer).contains("\r\nContent-Length: " + (answer.length() - content) + "\r\n");
        assertThat(client.read()).isEmpty();
    }

    @Test
    void haveAMomentToTakeIt() throws IOException {
        int first = refuse().fd();
        clock.advanceSeconds(0.6);
        loop.doWork(0);
        int second = refuse().fd();
        clock.advanceSeconds(0.3);
        loop.doWork(0);
        assertThat(isOpen(first)).isTrue();
        clock.advanceSeconds(0.1);
        loop.doWork(0);
        assertThat(isOpen(first)).isFalse();
        assertThat(isOpen(second)).isTrue();
        clock.advanceSeconds(0.6);
        loop.doWork(0);
        assertThat(isOpen(second)).isFalse();
    }

    @Test
    void areNeverMany() throws IOException {
        int open = 0;
        for (int i = 0; i < 300; i++) {
            open += isOpen(refuse().fd()) ? 1 : 0;
        }
        assertThat(open).isEqualTo(128);
        clock.advanceSeconds(1);
        loop.doWork(0);
        assertThat(isOpen(refuse().fd())).isTrue();
    }

    @Test
    void areClosedAtTheEnd() throws IOException {
        int fd = refuse().fd();
        refused.close();
        assertThat(isOpen(fd)).isFalse();
    }
}
