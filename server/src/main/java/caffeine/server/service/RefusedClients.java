package caffeine.server.service;

import caffeine.os.Descriptors;
import caffeine.os.Sockets;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;

/**
 * Clients that are turned away unread, as soon as they are accepted: 503, and a moment to take it
 * before the close resets what they sent. Bounded, so that who is refused costs next to nothing.
 */
public final class RefusedClients {

    private static final int MOST = 128;
    private static final long MOMENT_NS = 1_000_000_000L;
    private static final String CONTENT = "503 Service Unavailable\n";
    private static final byte[] ANSWER =
            ("HTTP/1.1 503 Service Unavailable\r\n"
                            + "Content-Type: text/plain; charset=utf-8\r\n"
                            + "X-Content-Type-Options: nosniff\r\n"
                            + "Retry-After: 1\r\n"
                            + "Content-Length: "
                            + CONTENT.length()
                            + "\r\nConnection: close\r\n\r\n"
                            + CONTENT)
                    .getBytes(StandardCharsets.US_ASCII);

    private record Leaving(int fd, long closeNs) {}

    private final EventLoop loop;
    private final MemorySegment answer = Arena.ofAuto().allocate(ANSWER.length);
    private final ArrayDeque<Leaving> leaving = new ArrayDeque<>();
    private final Timer closing =
            new Timer() {
                @Override
                protected void expired(long nowNs) {
                    closeDue(nowNs);
                }
            };

    RefusedClients(EventLoop loop) {
        this.loop = loop;
        MemorySegment.copy(ANSWER, 0, answer, ValueLayout.JAVA_BYTE, 0, ANSWER.length);
    }

    /** What they are told. */
    public static byte[] answer() {
        return ANSWER.clone();
    }

    /** Answers and takes over the descriptor. */
    void refuse(int fd) {
        if (leaving.size() >= MOST) {
            Descriptors.close(fd);
            return;
        }
        Sockets.send(fd, answer, 0, ANSWER.length, Sockets.MSG_DONTWAIT);
        Sockets.shutdown(fd, Sockets.SHUT_WR);
        leaving.add(new Leaving(fd, loop.nowNs() + MOMENT_NS));
        if (!closing.isScheduled()) {
            loop.timers().schedule(closing, loop.nowNs() + MOMENT_NS);
        }
    }

    private void closeDue(long nowNs) {
        Leaving first = leaving.peek();
        while (first != null && first.closeNs() - nowNs <= 0) {
            Descriptors.close(first.fd());
            leaving.remove();
            first = leaving.peek();
        }
        if (first != null) {
            loop.timers().schedule(closing, first.closeNs());
        }
    }

    void close() {
        loop.timers().cancel(closing);
        for (Leaving client : leaving) {
            Descriptors.close(client.fd());
        }
        leaving.clear();
    }
}
