package caffeine.server.service;

import caffeine.http.Fields;
import caffeine.http.OutputBuffer;
import caffeine.server.core.ErrorPage;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.options.ErrorPages;
import caffeine.server.socket.ClientListener;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;

/**
 * Clients that are refused right after accept, without reading: 503, and a moment to read it before
 * the close resets the connection. Bounds the cost of refusals.
 */
final class RefusedClients implements AutoCloseable {

    private static final int MOST = 128;
    private static final long MOMENT_NS = 1_000_000_000L;

    /** The size that a client's receive window takes at once: the rest would be lost. */
    private static final int MOST_BYTES = 16 * 1024;

    private record Leaving(Runnable close, long closeNs) {}

    private final EventLoop loop;
    private ByteBuffer answer;
    private final ArrayDeque<Leaving> leaving = new ArrayDeque<>();
    private final Timer closing =
            new Timer() {
                @Override
                protected void expired(long nowNs) {
                    closeDue(nowNs);
                }
            };

    /**
     * @param pages the answer, from {@link #answer}
     */
    RefusedClients(EventLoop loop, ErrorPages pages) {
        this.loop = loop;
        this.answer = memory(answer(pages));
    }

    /** Sets the answer. */
    void answerWith(ErrorPages pages) {
        answer = memory(answer(pages));
    }

    private static ByteBuffer memory(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(0, bytes).asReadOnlyBuffer();
    }

    /**
     * The answer, without a date, which would cost reading the clock.
     *
     * @param pages the error pages; a page of more than 16 KiB is left out
     */
    private static byte[] answer(ErrorPages pages) {
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

    /** Answers the client that the listener has accepted last, and takes ownership of it. */
    void refuse(ClientListener listener) {
        if (leaving.size() >= MOST) {
            listener.drop();
            return;
        }
        long closeNs = loop.nowNs() + MOMENT_NS;
        leaving.add(new Leaving(listener.refuse(answer.duplicate()), closeNs));
        if (!closing.isScheduled()) {
            loop.timers().schedule(closing, closeNs);
        }
    }

    private void closeDue(long nowNs) {
        Leaving first = leaving.peek();
        while (first != null && first.closeNs() - nowNs <= 0) {
            leaving.remove().close().run();
            first = leaving.peek();
        }
        if (first != null) {
            loop.timers().schedule(closing, first.closeNs());
        }
    }

    @Override
    public void close() {
        loop.timers().cancel(closing);
        leaving.forEach(client -> client.close().run());
        leaving.clear();
    }
}
