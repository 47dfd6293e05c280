package caffeine.server.core;

import caffeine.http.FieldList;
import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.http.ResponseHead;
import caffeine.http.Status;
import caffeine.http.forwarded.TrustedProxies;
import caffeine.http.h1.ResponseFraming;
import caffeine.server.options.ErrorPages;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/**
 * One request and its response. A handler answers with {@link #respond} and {@link #finish}, in one
 * go or in pieces, any time after it was called; or lends the client's socket to a process. On the
 * thread that drives the connection only.
 */
public final class Exchange {

    /** Above this many unsent bytes a handler should wait for {@link ExchangeListener#writable}. */
    public static final int HIGH_WATER_BYTES = 256 * 1024;

    private static final Fields NO_FIELDS = new FieldList();

    private final Connection connection;
    private final RequestContent content;
    private final RequestHead request;
    private final long startNs;
    private boolean persistent;
    private boolean lent;
    private boolean done;
    private boolean waitsForRoom;
    private boolean takesAllContent;
    private @Nullable HandlerEnd handlerEnd;

    /** Null where no proxy is trusted. */
    private @Nullable RequestOrigin origin;

    Exchange(
            Connection connection,
            RequestContent content,
            RequestHead request,
            boolean persistent,
            long startNs) {
        this.connection = connection;
        this.content = content;
        this.request = request;
        this.persistent = persistent;
        this.startNs = startNs;
        connection.output.reset();
    }

    /** The request's head; valid until the response is complete. */
    public RequestHead request() {
        return request;
    }

    /** Who asks: the connection's other end, or the client of a trusted proxy there. */
    public ClientAddress client() {
        return origin == null ? connection.transport.client() : origin.client();
    }

    /**
     * The port that the client connected to, here or at a trusted proxy. A Unix-domain socket has
     * none: what the request's authority names stands for it, else HTTP's own.
     */
    public int localPort() {
        return origin().port();
    }

    /** Whether the client asked by https, as a trusted proxy says. */
    public boolean isSecure() {
        return origin().isSecure();
    }

    private RequestOrigin origin() {
        return origin == null ? RequestOrigin.of(connection.transport, request) : origin;
    }

    /** The address that the client connected to, as it stands in a URL: IPv6 in brackets. */
    public String localHost() {
        return connection.transport.localHost();
    }

    /** When the request's head was complete. */
    public long startNs() {
        return startNs;
    }

    /**
     * Refuses the request, as a handler does that throws; for when there is no call to throw from.
     */
    public void refuse(HttpException e) {
        if (done) {
            return;
        }
        connection.context.events.refused(client(), e.status(), e.section(), e.detail());
        if (e.status() == 400) {
            persistent = false;
        }
        respondError(e.status(), e.fields());
    }

    /**
     * The server made a mistake in answering: costs this request its answer, and nobody else's.
     * Like {@link #refuse}, for when there is no call to throw from.
     */
    public void broken(String component, Throwable mistake) {
        try {
            tellMistake(component, mistake);
        } finally {
            if (takeBack() == 0) {
                respondError(500);
            }
        }
    }

    /** Tells of a mistake, and of the request that met it unless that is over. */
    void tellMistake(String component, Throwable mistake) {
        if (done) {
            connection.context.events.mistake(component, mistake);
        } else {
            connection.context.events.mistake(component, requestLine(), mistake);
        }
    }

    private String requestLine() {
        return request.method() + " " + request.target().text();
    }

    /**
     * The handler's time is over: 504 when nothing of a response has gone out, else it is cut, so
     * that it never looks whole. A warning tells which.
     */
    public void handlerTimedOut() {
        if (done) {
            return;
        }
        boolean cuts = connection.output.hasBegun() && !connection.output.takeBack();
        long durationNs = connection.context.nowNs() - startNs;
        long sentBytes = cuts ? connection.output.contentBytes() : ServerEvents.NOTHING_SENT;
        connection.context.events.handlerTimedOut(requestLine(), durationNs, sentBytes);
        if (cuts) {
            cut();
        } else {
            respondPage(504, NO_FIELDS);
        }
    }

    /** Whether a response has begun, so that no other can be sent. */
    public boolean isResponding() {
        return done || connection.output.hasBegun();
    }

    /** Whether nothing can be sent any more. */
    public boolean isDone() {
        return done;
    }

    /** Whether there is room; if not, {@link ExchangeListener#writable} will tell. */
    public boolean isWritable() {
        waitsForRoom = room() == 0;
        return !waitsForRoom;
    }

    /** How many bytes should be written now, so that memory is left for other clients. */
    public long room() {
        return connection.transport.room();
    }

    /** Asks for {@link ExchangeListener#writable} when the client has taken all that waits. */
    public void awaitRoom() {
        waitsForRoom = true;
    }

    /** How many bytes the client has not taken yet, of this response and of those before it. */
    public long unsentBytes() {
        return connection.transport.unsentBytes();
    }

    /**
     * Runs a task where the calls of this class belong: on the thread that drives the connection,
     * later, and after the tasks that were given before it. The one method that other threads may
     * call, and so their way back; its engine sees to it ({@link Transport#execute}). The task runs
     * also when the exchange is over by then: {@link #isDone()} tells. What it throws is logged,
     * and costs the client its connection.
     */
    public void execute(Runnable task) {
        connection.transport.execute(() -> connection.run(task));
    }

    /**
     * Asks for no more content until {@link #resumeContent}: the client is left waiting, and no
     * deadline runs for it. What has been read from it by now still comes: up to 64 KiB, and what
     * it sent ahead of an earlier answer.
     */
    public void pauseContent() {
        if (!done) {
            connection.pauseContent();
        }
    }

    /** Asks for content again. */
    public void resumeContent() {
        if (!done) {
            connection.resumeContent();
        }
    }

    /**
     * Says that all content will be taken, also after the response has begun. Otherwise a response
     * that begins long before the content's end is the connection's last.
     */
    public void takeAllContent() {
        takesAllContent = true;
    }

    /** How long a handler may take, as the server was told; 0: as long as it likes. */
    public long handlerNs() {
        return connection.context.deadlines.handlerNs();
    }

    /** The time of this turn. */
    public long nowNs() {
        return connection.context.nowNs();
    }

    /**
     * Asks for {@link ExchangeListener#expired} at a time, in place of what was asked before; it
     * does not come while content is awaited from the client, for which there is another deadline.
     *
     * @param atNs a {@link #nowNs}, or {@link Long#MAX_VALUE} for never
     */
    public void answerBy(long atNs) {
        if (!done) {
            connection.answerBy(atNs);
        }
    }

    /** What the log says of the process that answered; several after local redirects. */
    public void handlerEnded(HandlerEnd end) {
        HandlerEnd before = handlerEnd;
        handlerEnd = before == null ? end : end.after(before);
    }

    /**
     * Begins the response.
     *
     * @param contentLength how many bytes will be written, or -1 when that is not known yet
     * @throws IllegalArgumentException for an interim status (1xx), which is no response yet
     * @throws IllegalStateException when a response has begun
     */
    public void respond(ResponseHead head, long contentLength) {
        Status.requireFinal(head.status());
        requireNoResponse();
        ResponseFraming framing =
                ResponseFraming.of(
                        request.method(), request.minorVersion(), head.status(), contentLength);
        if (framing.endsConnection()) {
            persistent = false;
        }
        decidePersistence();
        connection.output.head(head, request, framing, !persistent);
    }

    /** A whole response. */
    public void respond(ResponseHead head, byte[] content) {
        respond(head, content.length);
        write(content, 0, content.length);
        finish();
    }

    /** The head says whether the connection closes, so what follows must be known by then. */
    private void decidePersistence() {
        boolean contentMissing =
                content.isContinueDue()
                        || (!takesAllContent && content.missingBytes() > Connection.DISCARD_BYTES);
        if (contentMissing || connection.isDraining()) {
            persistent = false;
        }
    }

    /** A whole response whose bytes are kept; the usual request is answered with a copy of them. */
    public void respond(PreparedResponse prepared) {
        decidePersistence();
        if (!persistent || request.minorVersion() == 0 || request.method().equals("HEAD")) {
            respond(prepared.head(), prepared.content());
            return;
        }
        requireNoResponse();
        connection.output.whole(prepared);
        complete();
    }

    /**
     * Begins a response whose every byte, status line included, is written as it is. The connection
     * closes after it.
     *
     * @param statusSeen what its status line says, for the log
     */
    public void respondRaw(int statusSeen) {
        requireNoResponse();
        connection.output.raw(statusSeen);
        persistent = false;
    }

    private void requireNoResponse() {
        if (isResponding()) {
            throw new IllegalStateException("the response has begun");
        }
    }

    /** Some of the response's content. What would pass a Content-Length is dropped. */
    public void write(byte[] bytes, int from, int to) {
        if (!done) {
            connection.output.write(bytes, from, to);
        }
    }

    /** Like {@link #write(byte[], int, int)}, by absolute indexes. */
    public void write(ByteBuffer bytes, int from, int to) {
        if (!done) {
            connection.output.write(bytes, from, to);
        }
    }

    /** How much content a response under way lacks of what it announced; 0 when it did not. */
    public long missingBytes() {
        return done ? 0 : connection.output.missingBytes();
    }

    /** Whether a response under way has less content yet than it announced. */
    public boolean isShort() {
        return !done && connection.output.isShort();
    }

    /** Ends the response. One that is shorter than it announced is cut by a reset instead. */
    public void finish() {
        if (done) {
            return;
        }
        if (connection.output.isShort()) {
            fail();
            return;
        }
        connection.output.last();
        complete();
    }

    /**
     * Gives up a response that cannot be completed: 502 when nothing of it has gone out, else it is
     * cut, so that it never looks whole.
     */
    public void fail() {
        fail(502);
    }

    private void fail(int errorStatus) {
        if (!done && connection.output.takeBack()) {
            respondPage(errorStatus, NO_FIELDS);
        } else if (!done) {
            cut();
        }
    }

    private void cut() {
        done = true;
        connection.calls.answered();
        report();
        connection.reset();
    }

    /**
     * Answers with an error page; when a response has begun, cuts it instead.
     *
     * @param errorStatus 400 to 599
     * @throws IllegalArgumentException for another
     */
    public void respondError(int errorStatus) {
        Status.requireError(errorStatus);
        respondError(errorStatus, NO_FIELDS);
    }

    private void respondError(int errorStatus, Fields fields) {
        if (done) {
            return;
        }
        if (isResponding()) {
            fail(errorStatus);
            return;
        }
        respondPage(errorStatus, fields);
    }

    private void respondPage(int errorStatus, Fields fields) {
        ErrorPages pages = connection.context.errorPages();
        ResponseHead head = ErrorPage.head(errorStatus, pages);
        head.fields().addAll(fields);
        respond(head, ErrorPage.content(errorStatus, pages));
    }

    /**
     * Lends the client's socket to a process that will write the whole response.
     *
     * @return the descriptor; or {@link Transport#UNSENT}, after which {@link
     *     ExchangeListener#writable} says when to try again; or {@link Transport#NO_DESCRIPTOR}
     */
    public int lend() {
        int fd = connection.transport.lend();
        if (fd >= 0) {
            lent = true;
            persistent = false;
        } else if (fd == Transport.UNSENT) {
            waitsForRoom = true;
        }
        return fd;
    }

    /**
     * Ends the loan without a response having begun, for a launch that failed or a process that
     * wrote nothing, or with it.
     *
     * @return how many bytes the process wrote; when there are any, the exchange is over
     */
    public long takeBack() {
        if (!lent || done) {
            return 0;
        }
        lent = false;
        long written = connection.transport.takeBack();
        if (written > 0) {
            connection.output.writtenElsewhere(written);
            complete();
        }
        return written;
    }

    private void complete() {
        done = true;
        connection.calls.answered();
        report();
        connection.responseComplete(this);
    }

    private void report() {
        if (!connection.context.events.wantsExchanges()) {
            return;
        }
        connection.context.events.exchangeEnded(
                new ExchangeReport(
                        client(),
                        request.method(),
                        request.target().text(),
                        request.minorVersion(),
                        request.fields(),
                        connection.output.status(),
                        connection.output.contentBytes(),
                        connection.context.nowNs() - startNs,
                        handlerEnd));
    }

    // ---- what the connection tells

    boolean persists() {
        return persistent;
    }

    /** The head is complete; what is wrong with it as a whole comes before any handler. */
    void begin(boolean contentIsHere) {
        TrustedProxies proxies = connection.context.proxies();
        if (!proxies.isEmpty()) {
            try {
                origin = RequestOrigin.of(connection.transport, request, proxies);
            } catch (HttpException e) {
                refuse(e);
                return;
            }
        }
        if (request.expectation() == RequestHead.Expectation.UNKNOWN) {
            persistent &= contentIsHere; // otherwise the client may keep it back
            refuse(new HttpException(417, "RFC 9110 §10.1.1", "unknown expectation"));
        } else {
            connection.calls.begin(this);
        }
    }

    void requestComplete() {
        if (done) {
            connection.responseComplete(this);
        } else {
            connection.calls.end(this);
        }
    }

    void drained() {
        if (waitsForRoom) {
            waitsForRoom = false;
            connection.calls.writable(this);
        }
    }

    /** The request broke a rule or a limit on its way; the connection closes. */
    void refuse(int errorStatus) {
        connection.calls.abandoned();
        persistent = false;
        if (done) {
            connection.close();
        } else {
            respondError(errorStatus);
        }
    }

    /** The connection is gone. */
    void abandon() {
        if (!done) {
            done = true;
            if (lent) {
                connection.output.writtenElsewhere(0);
            }
            report();
        }
        connection.calls.abandoned();
    }
}
