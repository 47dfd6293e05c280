package caffeine.server.core;

import caffeine.http.HttpException;
import caffeine.http.OutputBuffer;
import caffeine.http.RequestHead;
import caffeine.http.ResponseHead;
import caffeine.http.h1.BodyDecoder;
import caffeine.http.h1.HeadEncoder;
import caffeine.http.h1.HeadParser;
import caffeine.http.h1.ResponseFraming;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/**
 * HTTP/1.1 on one client's connection, whatever engine drives it: receives bytes and times, and
 * answers through a {@link Transport}. One exchange at a time; requests that are pipelined behind
 * it wait here, as bytes.
 *
 * <pre>
 *            first byte            head complete               content complete
 *   IDLE ──────────────────▶ HEAD ───────────────▶ CONTENT ──────────────────────▶ RESPONSE
 *    ▲                                                                                │
 *    └──────────────────────── response complete, connection persists ────────────────┤
 *   any ── response complete and the last one, or an error ──▶ CLOSED                 │
 *   UPGRADED: another protocol has the connection ◀── 101 (Switching Protocols) ──────┘
 * </pre>
 */
public final class Http1 implements Protocol {

    private enum State {
        IDLE,
        HEAD,
        CONTENT,
        RESPONSE,
        UPGRADED,
        CLOSED
    }

    /** Unwanted content is read to its end if at most this much is missing. */
    private static final int DISCARD_BYTES = 64 * 1024;

    private static final byte[] NOTHING = {};

    final ConnectionContext context;
    final Transport transport;

    private State state = State.IDLE;
    private @Nullable Http1Exchange exchange;

    /** On loan while there is a head to parse or to keep. */
    private @Nullable HeadParser parser;

    /** Memory of {@link ConnectionContext#input} for that head. */
    private int headBytes;

    /** Of the first request on, each one's. */
    private @Nullable BodyDecoder decoder;

    /** The content's length as declared; a large number when it is not. */
    private long declaredBytes;

    /** The client waits for 100 (Continue), RFC 9110 §10.1.1. */
    private boolean continueDue;

    /** From when on the content is awaited; without the times for which it was paused. */
    private long contentStartNs;

    /** The handler takes no content for now, since {@link #pausedSinceNs}. */
    private boolean contentPaused;

    private long pausedSinceNs;

    /** Input after the current request. */
    private byte[] held = NOTHING;

    /** A part of that input was dropped, so this response is the last one. */
    private boolean inputLost;

    private boolean inputEnded;

    /** The client has said that this request is its last, and nothing has come behind it. */
    private boolean lastRequest;

    private boolean draining;
    private boolean processing;

    /** The client takes no responses: no further request begins until it does. */
    private boolean congested;

    /** The handler's deadline; never, unless requested. */
    private long answerByNs = Long.MAX_VALUE;

    private int requests;
    private long nowNs;
    private long idleSinceNs;

    /** Whether the client took the whole response before this idle time, as far as is known. */
    private boolean responseTaken = true;

    /** After an upgrade. */
    private @Nullable Protocol successor;

    /** A new connection, whose deadline for the first request begins now. */
    public Http1(ConnectionContext context, Transport transport, long nowNs) {
        this.context = context;
        this.transport = transport;
        this.nowNs = nowNs;
        this.idleSinceNs = nowNs;
        transport.deadline(nowNs + context.deadlines.idleNs());
    }

    // ---- what the transport tells

    @Override
    public void received(byte[] bytes, int from, int to, long atNs) {
        nowNs = atNs;
        if (state == State.RESPONSE || congested) {
            hold(bytes, from, to);
        } else if (state != State.CLOSED) {
            process(bytes, from, to);
        }
    }

    @Override
    public void ended(long atNs) {
        nowNs = atNs;
        inputEnded = true;
        if (state == State.RESPONSE || state == State.CLOSED || congested) {
            return;
        }
        Http1Exchange current = exchange;
        if (current != null) {
            context.events.refused(transport.client(), 400, "RFC 9112 §8", "content ended early");
            if (current.isResponding() && !current.isDone()) {
                reset(); // a response that ends with the connection would look complete
                return;
            }
        }
        abandon();
        close();
    }

    @Override
    public void failed(int errno, long atNs) {
        nowNs = atNs;
        context.events.connectionFailed(transport.client(), errno);
        if (state != State.CLOSED) {
            reset();
        }
    }

    @Override
    public void tooSlow(String limit, long atNs) {
        nowNs = atNs;
        if (state != State.CLOSED) {
            context.events.limitReached(transport.client(), limit, "disconnected a client");
            reset();
        }
    }

    @Override
    public void expired(long atNs) {
        nowNs = atNs;
        switch (state) {
            case IDLE -> idleExpired();
            case HEAD -> timedOut("head");
            case CONTENT -> {
                if (contentPaused) {
                    handlerExpired();
                } else {
                    timedOut("content");
                }
            }
            case RESPONSE -> handlerExpired();
            case UPGRADED, CLOSED -> {}
        }
    }

    /**
     * Closes an idle connection, unless its client still takes the last response: the idle time
     * begins after that. The transport's own deadline limits this.
     */
    private void idleExpired() {
        boolean taken = transport.untakenBytes() == 0;
        if (taken && responseTaken) {
            context.events.debug("connection", "idle for too long");
            close();
            return;
        }
        responseTaken = taken;
        transport.deadline(nowNs + context.deadlines.idleNs());
    }

    private void handlerExpired() {
        Http1Exchange current = exchange;
        if (current != null) {
            current.expired();
        }
    }

    @Override
    public void drained(long atNs) {
        nowNs = atNs;
        Http1Exchange current = exchange;
        if (current != null) {
            current.drained();
        } else if (congested) {
            congested = false;
            transport.deadline(nowNs + context.deadlines.idleNs());
            proceed();
        }
    }

    @Override
    public void drain() {
        draining = true;
        if (isIdle()) {
            close();
        }
    }

    @Override
    public boolean isIdle() {
        return state == State.IDLE && held.length == 0;
    }

    @Override
    public boolean isIdleFor(long ns) {
        return isIdle() && context.nowNs() - idleSinceNs >= ns;
    }

    @Override
    public void broken(Throwable mistake) {
        try {
            Http1Exchange current = exchange;
            if (current == null) {
                context.events.mistake("connection", mistake);
            } else {
                current.report("connection", mistake);
            }
        } finally {
            reset();
        }
    }

    /** Ends everything now; a response in progress is cut. */
    @Override
    public void reset() {
        if (state == State.UPGRADED) {
            if (successor != null) {
                successor.reset();
            }
        } else if (state != State.CLOSED) {
            abandon();
            releaseInput();
            transport.reset();
        }
    }

    /** Runs a task of a handler, from another thread. */
    void run(Runnable task) {
        nowNs = context.nowNs();
        try {
            task.run();
        } catch (Throwable e) {
            broken(e);
        }
    }

    // ---- input

    private void process(byte[] bytes, int start, int to) {
        int from = start;
        processing = true;
        try {
            while (from < to && isOpenForInput()) {
                from = state == State.CONTENT ? decode(bytes, from, to) : parse(bytes, from, to);
            }
            sendContinueIfAwaited();
        } catch (HttpException e) {
            refuse(e);
        } finally {
            processing = false;
        }
        if (successor != null) {
            handOver(bytes, from, to);
        } else if (from < to && state != State.CLOSED) {
            hold(bytes, from, to);
        }
    }

    private boolean isOpenForInput() {
        if (state == State.IDLE && transport.unsentBytes() >= Exchange.HIGH_WATER_BYTES) {
            congested = true;
            transport.deadline(Long.MAX_VALUE); // the transport has one for sending
        }
        return !congested && state.compareTo(State.RESPONSE) < 0;
    }

    /**
     * Parses a head, and begins the exchange when it is complete.
     *
     * @return the index behind the last byte consumed
     * @throws HttpException at the first byte that proves a violation, and 503 when there is no
     *     memory for the head
     */
    private int parse(byte[] bytes, int from, int to) {
        HeadParser current = parser;
        if (current == null) {
            current = context.leaseParser();
            parser = current;
        }
        int next = current.parse(bytes, from, to);
        if (!context.input.reserve(next - from)) {
            context.events.limitReached(transport.client(), "memory for requests", "503");
            throw new HttpException(503, "RFC 9110 §15.6.4", "no memory for another head");
        }
        headBytes += next - from;
        if (current.isComplete()) {
            begin(current.head(), to - next);
        } else if (state == State.IDLE && current.isStarted()) {
            state = State.HEAD;
            transport.deadline(nowNs + context.deadlines.headNs());
        }
        return next;
    }

    /**
     * Begins an exchange.
     *
     * @param inHand how many bytes have come behind the head
     */
    private void begin(RequestHead head, int inHand) {
        requests++;
        int max = context.limits.requestsPerConnection();
        boolean last = max > 0 && requests >= max;
        BodyDecoder body = decoder;
        if (body == null) {
            body = new BodyDecoder();
            decoder = body;
        }
        Http1Exchange current = new Http1Exchange(this, head, !last && head.persistent(), nowNs);
        exchange = current;
        answerByNs = Long.MAX_VALUE;
        contentPaused = false;
        contentStartNs = nowNs;
        long length = head.contentLength();
        boolean chunked = length == RequestHead.CHUNKED;
        declaredBytes = chunked ? Long.MAX_VALUE : length;
        body.start(length, context.limits.http());
        lastRequest = body.isComplete() && inHand == 0 && !head.persistent();
        continueDue = !body.isComplete() && inHand == 0 && head.expectsContinue();
        if (body.isComplete()) {
            state = State.RESPONSE;
            current.begin(true);
            if (state == State.RESPONSE) {
                transport.deadline(answerByNs);
                current.requestComplete();
            }
        } else {
            state = State.CONTENT;
            current.begin(!chunked && length <= inHand);
            contentProgressed(current, body);
        }
    }

    private int decode(byte[] bytes, int from, int to) {
        Http1Exchange current = exchange;
        BodyDecoder body = decoder;
        if (current == null || body == null) {
            throw new IllegalStateException("content without an exchange");
        }
        continueDue = false;
        int next = body.decode(bytes, from, to, current);
        contentProgressed(current, body);
        return next;
    }

    private void contentProgressed(Http1Exchange current, BodyDecoder body) {
        if (state != State.CONTENT) {
            return;
        }
        if (body.isComplete()) {
            state = State.RESPONSE;
            transport.deadline(answerByNs);
            current.requestComplete();
        } else {
            expectContent();
        }
    }

    /** The next byte is due within the idle time, and all of them at the least rate. */
    private void expectContent() {
        BodyDecoder body = decoder;
        if (contentPaused || body == null) {
            return; // the client is not to blame
        }
        long due = nowNs + context.deadlines.contentIdleNs();
        int rate = context.limits.minimumBytesPerSecond();
        if (rate > 0) {
            long earned = (long) (body.contentBytes() * 1e9 / rate);
            long slowest = contentStartNs + context.deadlines.contentIdleNs() + earned;
            due = slowest - due < 0 ? slowest : due;
        }
        transport.deadline(due);
    }

    /**
     * Whether a response whose head has yet to go out is the last one: the server drains, or so
     * much content of the request is missing, or may be, that it cannot be read and dropped.
     *
     * @param takesAll the handler takes all content
     */
    boolean isLast(boolean takesAll) {
        BodyDecoder body = decoder;
        return draining
                || context.draining
                || continueDue
                || (!takesAll
                        && state == State.CONTENT
                        && body != null
                        && declaredBytes - body.contentBytes() > DISCARD_BYTES);
    }

    /** Leaves the content in the kernel; bytes read before still reach the handler. */
    void pauseContent() {
        if (state == State.CONTENT && !contentPaused) {
            contentPaused = true;
            pausedSinceNs = context.nowNs();
            transport.pauseReading();
            transport.deadline(answerByNs);
        }
    }

    /** The time of the pause does not count for the rate that the client owes. */
    void resumeContent() {
        if (state == State.CONTENT && contentPaused) {
            nowNs = context.nowNs();
            contentPaused = false;
            contentStartNs += nowNs - pausedSinceNs;
            expectContent();
            transport.resumeReading();
            sendContinueIfAwaited();
        }
    }

    /** Within a response that has begun, an interim one would become part of its content. */
    private void sendContinueIfAwaited() {
        Http1Exchange current = exchange;
        if (state == State.CONTENT
                && continueDue
                && !contentPaused
                && current != null
                && !current.isResponding()) {
            continueDue = false;
            OutputBuffer out = context.output();
            out.clear();
            HeadEncoder.encodeInterim(out);
            transport.send(out.array(), 0, out.length());
        }
    }

    /** Keeps a copy of input until the current response is complete. */
    private void hold(byte[] bytes, int from, int to) {
        lastRequest = false;
        transport.pauseReading();
        if (inputLost) {
            return;
        }
        if (context.input.reserve(to - from)) {
            int kept = held.length;
            held = Arrays.copyOf(held, kept + to - from);
            System.arraycopy(bytes, from, held, kept, to - from);
            return;
        }
        inputLost = true;
        context.events.limitReached(
                transport.client(), "memory for pipelined requests", "closing after the response");
        if (congested) {
            close();
        }
    }

    private byte[] takeHeld() {
        byte[] taken = held;
        context.input.release(taken.length);
        held = NOTHING;
        return taken;
    }

    private void releaseHead() {
        HeadParser used = parser;
        if (used != null) {
            context.returnParser(used);
            context.input.release(headBytes);
            headBytes = 0;
            parser = null;
        }
    }

    private void releaseInput() {
        state = State.CLOSED;
        byte[] _ = takeHeld();
        releaseHead();
    }

    // ---- the handler's deadline

    /** A deadline for the handler, which counts while nothing is awaited from the client. */
    void answerBy(long atNs) {
        answerByNs = atNs;
        if (state == State.RESPONSE || (state == State.CONTENT && contentPaused)) {
            transport.deadline(atNs);
        }
    }

    private void timedOut(String what) {
        context.events.limitReached(transport.client(), what + " deadline", "408");
        refuse(new HttpException(408, "RFC 9110 §15.5.9", what + " took too long"));
    }

    // ---- the end of an exchange

    /** Answers a violation and closes: the rest of the input cannot be trusted. */
    private void refuse(HttpException e) {
        context.events.refused(transport.client(), e.status(), e.section(), e.detail());
        Http1Exchange current = exchange;
        if (current != null) {
            current.refuse(e.status());
            return;
        }
        HeadParser seen = parser;
        String method = seen == null ? null : seen.seenMethod();
        String target = seen == null ? null : seen.seenTarget();
        sendErrorPage(e.status(), "HEAD".equals(method));
        context.events.exchangeEnded(
                new ExchangeReport(
                        transport.client(), method, target, -1, null, e.status(), 0, 0, null));
        close();
    }

    /** An error page where no request was understood, so that there is no exchange. */
    private void sendErrorPage(int errorStatus, boolean isHead) {
        byte[] content = ErrorPage.content(errorStatus, context.errorPages());
        ResponseHead head = ErrorPage.head(errorStatus, context.errorPages());
        ResponseFraming framing =
                ResponseFraming.of(isHead ? "HEAD" : "GET", 1, errorStatus, content.length);
        OutputBuffer out = context.output();
        out.clear();
        HeadEncoder.encode(out, head, framing, true, 1, context.date());
        if (!isHead) {
            out.put(content, 0, content.length);
        }
        long _ = transport.beginResponse(out.array(), 0, out.length());
    }

    /** The response is complete; the next request may come once this one is complete too. */
    void responseComplete(Http1Exchange ended) {
        // While all connections drain, the next response has Connection: close.
        boolean last = !ended.persists() || draining || inputLost;
        if (exchange != ended) {
            return;
        }
        if (state == State.CONTENT && !last) {
            resumeContent();
            return; // the rest of the content is read and discarded first
        }
        exchange = null;
        if (!processing) {
            nowNs = context.nowNs();
        }
        if (last) {
            close();
            return;
        }
        releaseHead();
        state = State.IDLE;
        idleSinceNs = nowNs;
        responseTaken = true;
        transport.deadline(nowNs + context.deadlines.idleNs());
        if (!processing) {
            proceed();
        }
    }

    /** Continues with input from the time of the last response. */
    private void proceed() {
        if (held.length > 0) {
            byte[] bytes = takeHeld();
            process(bytes, 0, bytes.length);
        }
        if (state.compareTo(State.RESPONSE) >= 0 || congested) {
            return;
        }
        if (inputEnded) {
            abandon();
            close();
        } else {
            transport.resumeReading();
        }
    }

    private void abandon() {
        Http1Exchange current = exchange;
        exchange = null;
        if (current != null) {
            current.abandon();
        }
    }

    void close() {
        if (state != State.CLOSED) {
            releaseInput();
            if (lastRequest) {
                transport.finish();
            } else {
                transport.close();
            }
        }
    }

    boolean isClosed() {
        return state == State.CLOSED;
    }

    // ---- another protocol

    /** Whether the request is complete, so that further input belongs to another protocol. */
    boolean isRequestComplete() {
        BodyDecoder body = decoder;
        return body != null && body.isComplete();
    }

    /**
     * The 101 is sent. Input after the request goes to the new protocol, now or at the end of the
     * request.
     */
    void upgraded(Protocol.Factory next) {
        exchange = null;
        state = State.UPGRADED;
        releaseHead();
        transport.deadline(Long.MAX_VALUE);
        Protocol fresh = next.begin(transport, context.nowNs());
        successor = fresh;
        transport.upgrade(fresh);
        if (!processing) {
            handOver(NOTHING, 0, 0);
        }
    }

    private void handOver(byte[] bytes, int from, int to) {
        Protocol fresh = successor;
        if (fresh == null) {
            return;
        }
        transport.resumeReading(); // before the other protocol may pause it
        if (from < to) {
            fresh.received(bytes, from, to, nowNs);
        }
        byte[] behind = takeHeld();
        if (behind.length > 0) {
            fresh.received(behind, 0, behind.length, nowNs);
        }
        if (inputEnded) {
            fresh.ended(nowNs);
        }
        if (draining) {
            fresh.drain();
        }
    }
}
