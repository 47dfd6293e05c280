package caffeine.server.service;

import caffeine.http.Fields;
import caffeine.http.OutputBuffer;
import caffeine.os.Descriptors;
import caffeine.os.Sockets;
import caffeine.server.core.ErrorPage;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.options.ErrorPages;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;

/**
 * Clients that are turned away unread, as soon as they are accepted: 503, and a moment to take it
 * before the close resets what they sent. Bounded, so that who is refused costs next to nothing.
 */
public final class RefusedClients implements AutoCloseable {

    private static final int MOST = 128;
    private static final long MOMENT_NS = 1_000_000_000L;

    /** What a client's receive window takes at once; nobody waits to send it the rest. */
    private static final int MOST_BYTES = 16 * 1024;

    private record Leaving(int fd, long closeNs) {}

    private final EventLoop loop;
    private MemorySegment answer;
    private final ArrayDeque<Leaving> leaving = new ArrayDeque<>();
    private final Timer closing =
            new Timer() {
                @Override
                protected void expired(long nowNs) {
                    closeDue(nowNs);
                }
            };

    /**
     * @param pages what they read, as {@link #answer} takes it
     */
    RefusedClients(EventLoop loop, ErrorPages pages) {
        this.loop = loop;
        this.answer = memory(answer(pages));
    }

    /** Tells them this from now on. */
    void answerWith(ErrorPages pages) {
        answer = memory(answer(pages));
    }

    private static MemorySegment memory(byte[] bytes) {
        MemorySegment memory = Arena.ofAuto().allocate(bytes.length);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return memory;
    }

    /**
     * What they are told, without a date: nobody here has read the clock for it.
     *
     * @param pages what they read; a page of more than 16 KiB is left out
     */
    public static byte[] answer(ErrorPages pages) {
        byte[] own = encode(pages);
        return own.length > MOST_BYTES ? encode(ErrorPages.NONE) : own;
    }

    private static byte[] encode(ErrorPages pages) {
        OutputBuffer out = new OutputBuffer();
        byte[] content = ErrorPage.content(503, pages);
        StringBuilder head = new StringBuilder("HTTP/1.1 503 Service Unavailable\r\n");
        Fields fields = ErrorPage.head(503, pages).fields();
        for (int i = 0; i < fields.size(); i++) {
            head.append(fields.name(i)).append(": ").append(fields.value(i)).append("\r\n");
        }
        head.append("Content-Length: ").append(content.length);
        head.append("\r\nConnection: close\r\n\r\n");
        out.put(head.toString().getBytes(StandardCharsets.US_ASCII));
        out.put(content);
        return out.toByteArray();
    }

    /** Answers and takes over the descriptor. */
    void refuse(int fd) {
        if (leaving.size() >= MOST) {
            Descriptors.close(fd);
            return;
        }
        Sockets.send(fd, answer, 0, answer.byteSize(), Sockets.MSG_DONTWAIT);
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

    @Override
    public void close() {
        loop.timers().cancel(closing);
        for (Leaving client : leaving) {
            Descriptors.close(client.fd());
        }
        leaving.clear();
    }
}
