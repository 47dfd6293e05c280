package caffeine.server.core;

import caffeine.http.RequestHead;
import caffeine.http.h1.BodyDecoder;
import caffeine.http.h1.ContentSink;
import caffeine.http.h1.HeadEncoder;

/**
 * The content of the request under way: what is there of it, when the rest is due, and whether
 * anybody wants it now. One for each connection that has had a request.
 */
final class RequestContent {

    private final ConnectionContext context;
    private final Transport transport;
    private final BodyDecoder decoder = new BodyDecoder();

    /** As declared, or a large number when nobody knows. */
    private long declaredBytes;

    private boolean continueDue;
    private long startNs;

    /** The handler wants no more for now, since {@link #pausedSinceNs}. */
    private boolean paused;

    private long pausedSinceNs;

    RequestContent(ConnectionContext context, Transport transport) {
        this.context = context;
        this.transport = transport;
    }

    /**
     * Begins with a request's content.
     *
     * @param inHand how many bytes have come behind the head
     */
    void start(RequestHead head, int inHand, long nowNs) {
        paused = false;
        startNs = nowNs;
        declaredBytes = head.isChunked() ? Long.MAX_VALUE : head.contentLength();
        decoder.start(head, context.http());
        continueDue = head.expectsContinue() && !decoder.isComplete() && inHand == 0;
    }

    boolean isComplete() {
        return decoder.isComplete();
    }

    int decode(byte[] bytes, int from, int to, ContentSink sink) {
        continueDue = false;
        return decoder.decode(bytes, from, to, sink);
    }

    /** How much the client has yet to send; a large number when nobody knows. */
    long missingBytes() {
        return decoder.isComplete() ? 0 : declaredBytes - decoder.contentBytes();
    }

    /** The next byte is due within the idle time, and all of them at the least rate. */
    void expectMore(long nowNs) {
        if (paused) {
            return; // it is not the client who is slow
        }
        long due = nowNs + context.deadlines.contentIdleNs();
        int rate = context.limits.minimumBytesPerSecond();
        if (rate > 0) {
            long earned = (long) (decoder.contentBytes() * 1e9 / rate);
            long slowest = startNs + context.deadlines.contentIdleNs() + earned;
            due = slowest - due < 0 ? slowest : due;
        }
        transport.deadline(due);
    }

    // ---- wanted or not

    boolean isPaused() {
        return paused;
    }

    /** Leaves the content in the kernel; what has been read already still reaches the handler. */
    void pause(long nowNs) {
        paused = true;
        pausedSinceNs = nowNs;
        transport.pauseReading();
    }

    /** The time of the pause does not count for the rate that the client owes. */
    void resume(long nowNs) {
        paused = false;
        startNs += nowNs - pausedSinceNs;
        expectMore(nowNs);
        transport.resumeReading();
    }

    // ---- 100 (Continue), RFC 9110 §10.1.1

    /** Whether the client waits for a 100, which it will not get after a final response. */
    boolean isContinueDue() {
        return continueDue;
    }

    /** Asks for the content, where a handler wants it. */
    void sendContinue() {
        if (!paused) {
            continueDue = false;
            context.output.clear();
            HeadEncoder.encodeInterim(context.output);
            transport.send(context.output.array(), 0, context.output.length());
        }
    }
}
