package caffeine.server.core;

import caffeine.http.HttpException;
import caffeine.http.RequestHead;

import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 on one client's connection, whatever engine drives it: bytes and time are pushed in, and
 * answers go out through a {@link Transport}. One exchange at a time; what a client pipelines
 * behind it waits.
 *
 * <pre>
 *            first byte            head complete               content complete
 *   IDLE ──────────────────▶ HEAD ───────────────▶ CONTENT ──────────────────────▶ RESPONSE
 *    ▲                                                                                │
 *    └──────────────────────── response complete, connection persists ────────────────┘
 *   any ── response complete and the last one, or an error ──▶ CLOSED (the transport lingers)
 * </pre>
 */
public final class Connection {

    enum State {
        IDLE,
        HEAD,
        CONTENT,
        RESPONSE,
        CLOSED
    }

    /** Content that nobody wants is read to its end when no more than this is missing. */
    static final int DISCARD_BYTES = 64 * 1024;

    final ConnectionContext context;
    final Transport transport;
    final ResponseOutput output;
    final HandlerCalls calls;

    private State state = State.IDLE;
    private final RequestInput input;
    private @Nullable RequestContent content;
    private @Nullable Exchange exchange;

    /** Input behind the request that is being answered. */
    private final HeldInput held;

    /** Some of that input is lost, so nothing behind this response can be understood. */
    private boolean inputLost;

    private boolean inputEnded;
    private boolean draining;
    private boolean processing;

    /** The client takes no answers: no further request is begun until it does. */
    private boolean congested;

    /** When the handler is due; never, unless it has asked. */
    private long answerByNs = Long.MAX_VALUE;

    private int requests;
    private long nowNs;
    private long idleSinceNs;

    /** Whether the client has the answer before this idle time, as far as anybody noticed. */
    private boolean answerTaken = true;

    public Connection(ConnectionContext context, Transport transport, long nowNs) {
        this.context = context;
        this.transport = transport;
        this.output = new ResponseOutput(context, transport);
        this.calls = new HandlerCalls(context);
        this.input = new RequestInput(context);
        this.held = new HeldInput(context.input);
        this.nowNs = nowNs;
        this.idleSinceNs = nowNs;
        transport.deadline(nowNs + context.deadlines.idleNs());
    }

    /** Whether no request is under way, so that closing now loses nothing. */
    public boolean isIdle() {
        return state == State.IDLE && held.isEmpty();
    }

    /** Whether no request has been under way for so long. */
    public boolean isIdleFor(long ns) {
        return isIdle() && context.nowNs() - idleSinceNs >= ns;
    }

    /** The exchange under way, if any. */
    @Nullable Exchange exchange() {
        return exchange;
    }

    /** Bytes came; the array is valid during the call only. */
    public void received(byte[] bytes, int from, int to, long atNs) {
        nowNs = atNs;
        if (state == State.RESPONSE || congested) {
            hold(bytes, from, to);
        } else if (state != State.CLOSED) {
            process(bytes, from, to);
        }
    }

    /** The client will send no more, but may still read. */
    public void ended(long atNs) {
        nowNs = atNs;
        inputEnded = true;
        if (state == State.RESPONSE || state == State.CLOSED || congested) {
            return;
        }
        Exchange current = exchange;
        if (current != null) {
            context.events.refused(transport.client(), 400, "RFC 9112 §8", "content ended early");
            if (current.isResponding() && !current.isDone()) {
                reset(); // a response that the connection's end ends would look whole
                return;
            }
        }
        abandon();
        close();
    }

    /** The connection is broken: nothing arrives there any more. */
    public void failed(int errno, long atNs) {
        nowNs = atNs;
        if (state != State.CLOSED) {
            context.events.debug("connection", "failed with errno " + errno);
            reset();
        }
    }

    /** The client takes its response too slowly. */
    public void tooSlow(String limit, long atNs) {
        nowNs = atNs;
        if (state != State.CLOSED) {
            context.events.limitReached(transport.client(), limit, "cut off a client");
            reset();
        }
    }

    /** The time asked for with {@link Transport#deadline} has come. */
    public void expired(long atNs) {
        nowNs = atNs;
        switch (state) {
            case IDLE -> idleExpired();
            case HEAD -> timedOut("head");
            case CONTENT -> contentExpired();
            case RESPONSE -> calls.expired(exchange);
            case CLOSED -> {}
        }
    }

    /**
     * Closes an idle connection, unless its client is busy with the last answer: the idle time
     * begins when that is taken. That it ever is, the transport's own deadline sees to.
     */
    private void idleExpired() {
        boolean taken = transport.untakenBytes() == 0;
        if (taken && answerTaken) {
            context.events.debug("connection", "idle for too long");
            close();
            return;
        }
        answerTaken = taken;
        transport.deadline(nowNs + context.deadlines.idleNs());
    }

    /** All that was sent has gone out. */
    public void drained(long atNs) {
        nowNs = atNs;
        Exchange current = exchange;
        if (current != null) {
            current.drained();
        } else if (congested) {
            congested = false;
            transport.deadline(nowNs + context.deadlines.idleNs());
            proceed();
        }
    }

    /** Closes as soon as no request is under way. */
    public void drain() {
        draining = true;
        if (isIdle()) {
            close();
        }
    }

    /** Whether a response whose head has yet to go out is the last one. */
    boolean isDraining() {
        return draining || context.isDraining();
    }

    /** The server made a mistake here. */
    public void broken(Throwable mistake) {
        try {
            Exchange current = exchange;
            if (current == null) {
                context.events.mistake("connection", mistake);
            } else {
                current.tellMistake("connection", mistake);
            }
        } finally {
            reset();
        }
    }

    /** Runs what a handler had to do here, coming from elsewhere. */
    void run(Runnable task) {
        nowNs = context.nowNs();
        try {
            task.run();
        } catch (Throwable e) {
            broken(e);
        }
    }

    /** Ends everything now; a response under way is cut. */
    public void reset() {
        if (state != State.CLOSED) {
            abandon();
            finishClosing();
            transport.reset();
        }
    }

    private void process(byte[] bytes, int start, int to) {
        int from = start;
        processing = true;
        try {
            while (from < to && isOpenForInput()) {
                from = state == State.CONTENT ? decode(bytes, from, to) : parse(bytes, from, to);
            }
            continueIfAwaited();
        } catch (HttpException e) {
            refuse(e);
        } finally {
            processing = false;
        }
        if (from < to && state != State.CLOSED) {
            hold(bytes, from, to);
        }
    }

    private boolean isOpenForInput() {
        if (state == State.IDLE && transport.unsentBytes() >= Exchange.HIGH_WATER_BYTES) {
            congested = true;
            transport.deadline(Long.MAX_VALUE); // the transport has one for sending
        }
        return !congested && state != State.RESPONSE && state != State.CLOSED;
    }

    private int parse(byte[] bytes, int from, int to) {
        int next = input.parse(transport, bytes, from, to);
        RequestHead head = input.head();
        if (head != null) {
            begin(head, to - next);
        } else if (state == State.IDLE && input.isStarted()) {
            state = State.HEAD;
            transport.deadline(nowNs + context.deadlines.headNs());
        }
        return next;
    }

    private void begin(RequestHead head, int inHand) {
        requests++;
        int max = context.limits.requestsPerConnection();
        boolean last = max > 0 && requests >= max;
        RequestContent body = content;
        if (body == null) {
            body = new RequestContent(context, transport);
            content = body;
        }
        Exchange current = new Exchange(this, body, head, !last && head.persistent(), nowNs);
        exchange = current;
        state = State.CONTENT;
        answerByNs = Long.MAX_VALUE;
        body.start(head, inHand, nowNs);
        boolean contentIsHere = !head.isChunked() && head.contentLength() <= inHand;
        current.begin(contentIsHere);
        contentProgressed(current, body);
    }

    private int decode(byte[] bytes, int from, int to) {
        RequestContent body = content;
        Exchange current = exchange;
        if (body == null || current == null) {
            throw new IllegalStateException("content without an exchange");
        }
        int next = body.decode(bytes, from, to, calls);
        contentProgressed(current, body);
        return next;
    }

    private void contentProgressed(Exchange current, RequestContent body) {
        if (state != State.CONTENT) {
            return;
        }
        if (body.isComplete()) {
            contentComplete(current);
        } else {
            body.expectMore(nowNs);
        }
    }

    private void contentComplete(Exchange current) {
        state = State.RESPONSE;
        transport.deadline(answerByNs);
        current.requestComplete();
    }

    void pauseContent() {
        RequestContent body = content;
        if (state == State.CONTENT && body != null && !body.isPaused()) {
            body.pause(context.nowNs());
            transport.deadline(answerByNs);
        }
    }

    /** A deadline for the handler, which counts while nothing is awaited from the client. */
    void answerBy(long atNs) {
        answerByNs = atNs;
        RequestContent body = content;
        if (state == State.RESPONSE
                || (state == State.CONTENT && body != null && body.isPaused())) {
            transport.deadline(atNs);
        }
    }

    private void contentExpired() {
        RequestContent body = content;
        if (body != null && body.isPaused()) {
            calls.expired(exchange);
        } else {
            timedOut("content");
        }
    }

    void resumeContent() {
        RequestContent body = content;
        if (state == State.CONTENT && body != null && body.isPaused()) {
            nowNs = context.nowNs();
            body.resume(nowNs);
            continueIfAwaited();
        }
    }

    /** Within a response that has begun, an interim one would become part of its content. */
    private void continueIfAwaited() {
        Exchange current = exchange;
        RequestContent body = content;
        if (state == State.CONTENT
                && current != null
                && body != null
                && body.isContinueDue()
                && !current.isResponding()) {
            body.sendContinue();
        }
    }

    private void timedOut(String what) {
        context.events.limitReached(transport.client(), what + " deadline", "408");
        refuse(new HttpException(408, "RFC 9110 §15.5.9", what + " took too long"));
    }

    /** Answers a violation and closes: what follows on the connection cannot be trusted. */
    private void refuse(HttpException e) {
        context.events.refused(transport.client(), e.status(), e.section(), e.detail());
        Exchange current = exchange;
        if (current == null) {
            String method = input.seenMethod();
            String target = input.seenTarget();
            output.errorPage(e.status(), "HEAD".equals(method));
            context.events.exchangeEnded(
                    new ExchangeReport(
                            transport.client(), method, target, -1, null, e.status(), 0, 0, null));
            close();
        } else {
            current.refuse(e.status());
        }
    }

    /** The response is complete; the next request may come once this one is complete too. */
    void responseComplete(Exchange ended) {
        // Where all connections drain, one that could not say so yet says it with its next
        // response.
        boolean last = !ended.persists() || draining || inputLost;
        if (exchange != ended) {
            return;
        }
        if (state == State.CONTENT && !last) {
            resumeContent();
            return; // the rest of the content is read and discarded first
        }
        exchange = null;
        nowNs = context.nowNs();
        if (last) {
            close();
            return;
        }
        input.release();
        state = State.IDLE;
        idleSinceNs = nowNs;
        answerTaken = true;
        transport.deadline(nowNs + context.deadlines.idleNs());
        if (!processing) {
            proceed();
        }
    }

    /** Takes up what the client sent while a response was under way. */
    private void proceed() {
        if (!held.isEmpty()) {
            byte[] bytes = held.take();
            process(bytes, 0, bytes.length);
        }
        if (state == State.RESPONSE || state == State.CLOSED || congested) {
            return;
        }
        if (inputEnded) {
            abandon();
            close();
        } else {
            transport.resumeReading();
        }
    }

    private void hold(byte[] bytes, int from, int to) {
        transport.pauseReading();
        if (inputLost || held.add(bytes, from, to)) {
            return;
        }
        inputLost = true;
        context.events.limitReached(
                transport.client(), "memory for pipelined requests", "closing after the response");
        if (congested) {
            close();
        }
    }

    private void abandon() {
        Exchange current = exchange;
        exchange = null;
        if (current != null) {
            current.abandon();
        }
    }

    void close() {
        if (state != State.CLOSED) {
            finishClosing();
            transport.close();
        }
    }

    private void finishClosing() {
        state = State.CLOSED;
        held.take();
        input.release();
    }

    boolean isClosed() {
        return state == State.CLOSED;
    }
}
