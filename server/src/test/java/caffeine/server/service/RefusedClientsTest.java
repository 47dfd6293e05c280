package caffeine.server.service;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Sockets;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.ErrorPages;
import caffeine.server.poll.EpollPoller;
import caffeine.server.testing.ManualClock;
import caffeine.server.testing.NoLeaks;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

@ExtendWith(NoLeaks.class)
class RefusedClientsTest {

    private final ManualClock clock = new ManualClock();
    private final EventLoop loop = new EventLoop(EpollPoller.open(), clock);
    private final RefusedClients refused = new RefusedClients(loop, ErrorPages.NONE);
    private final MemorySegment memory = Arena.ofAuto().allocate(4096);
    private final List<Integer> clients = new ArrayList<>();

    @AfterEach
    void close() {
        refused.close();
        loop.close();
        clients.forEach(Descriptors::close);
    }

    private int[] refuse() {
        return refuse(refused);
    }

    private int[] refuse(RefusedClients by) {
        int[] ends = new int[2];
        assertThat(Sockets.socketPair(Sockets.SOCK_STREAM, ends)).isZero();
        clients.add(ends[0]);
        by.refuse(ends[1]);
        return ends;
    }

    private String read(int client) {
        long count = Sockets.recv(client, memory, 0, 4096, Sockets.MSG_DONTWAIT);
        assertThat(count).isNotNegative();
        byte[] bytes = memory.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    private static boolean isOpen(int fd) {
        return Descriptors.getFlags(fd) >= 0;
    }

    @Test
    void getThePageForThatIfItIsShort() {
        try (RefusedClients others = new RefusedClients(loop, page("<p>later</p>"))) {
            assertThat(read(refuse(others)[0]))
                    .contains("\r\nContent-Type: text/html\r\n", "\r\nContent-Length: 12\r\n")
                    .contains("\r\nRetry-After: 1\r\n")
                    .endsWith("\r\n\r\n<p>later</p>");
        }
        try (RefusedClients others = new RefusedClients(loop, page("x".repeat(16 * 1024)))) {
            assertThat(read(refuse(others)[0])).endsWith("\r\n\r\n503 Service Unavailable\n");
        }
    }

    private static ErrorPages page(String content) {
        return new ErrorPages(Map.of(503, new ErrorPages.Page("text/html", content)));
    }

    @Test
    void get503AndTheEnd() {
        int client = refuse()[0];
        String answer = read(client);
        assertThat(answer)
                .startsWith("HTTP/1.1 503 Service Unavailable\r\n")
                .contains("\r\nRetry-After: 1\r\n", "\r\nConnection: close\r\n")
                .contains("\r\nX-Content-Type-Options: nosniff\r\n");
        int content = answer.indexOf("\r\n\r\n") + 4;
        assertThat(answer).contains("\r\nContent-Length: " + (answer.length() - content) + "\r\n");
        assertThat(read(client)).isEmpty();
    }

    @Test
    void haveAMomentToTakeIt() {
        int first = refuse()[1];
        clock.advanceSeconds(0.6);
        loop.doWork(0);
        int second = refuse()[1];
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
    void areNeverMany() {
        int open = 0;
        for (int i = 0; i < 300; i++) {
            open += isOpen(refuse()[1]) ? 1 : 0;
        }
        assertThat(open).isEqualTo(128);
        clock.advanceSeconds(1);
        loop.doWork(0);
        assertThat(isOpen(refuse()[1])).isTrue();
    }

    @Test
    void areClosedAtTheEnd() {
        int fd = refuse()[1];
        refused.close();
        assertThat(isOpen(fd)).isFalse();
    }
}
