package caffeine.server.core;

import caffeine.http.HttpException;
import caffeine.http.OutputBuffer;
import caffeine.http.RequestHead;
import caffeine.http.RequestTarget;
import caffeine.http.ResponseHead;
import caffeine.http.h1.BodyEncoder;
import caffeine.http.h1.ContentSink;
import caffeine.http.h1.HeadEncoder;
import caffeine.http.h1.ResponseFraming;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/**
 * One request and its response. A handler answers with {@link #respond} and {@link #finish}, in one
 * go or in pieces, any time after it was called; or lends the client's socket to a process. On the
 * thread that drives the connection only.
 */
public final class Exchange implements ContentSink {

    /** Above this many unsent bytes a handler should wait for {@link ExchangeListener#writable}. */
    public static final int HIGH_WATER_BYTES = 256 * 1024;

    private final Connection connection;
    private final RequestHead request;
    private final long startNs;
    private @Nullable ExchangeListener listener;
    private @Nullable ResponseFraming framing;
    private boolean persistent;
    private boolean lent;
    private boolean raw;
    private boolean done;
    private boolean waitsForRoom;
    private boolean takesAllContent;
    private int status = ServerEvents.STATUS_NONE;
    private long contentBytes;

    /** How much had been sent on the connection before this response. */
    private long responseStart;

    private @Nullable String handlerOutcome;

    Exchange(Connection connection, RequestHead request, boolean persistent, long startNs) {
        this.connection = connection;
        this.request = request;
        this.persistent = persistent;
        this.startNs = startNs;
    }

    /** The request's head; valid until the response is complete. */
    public RequestHead request() {
        return request;
    }

    public ClientAddress client() {
        return connection.transport.client();
    }

    /** The port that the client connected to. */
    public int localPort() {
        return connection.transport.localPort();
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
        if (!done) {
            refuseByHandler(e);
        }
    }

    /**
     * The server made a mistake in answering: costs this request its answer, and nobody else's.
     * Like {@link #refuse}, for when there is no call to throw from.
     */
    public void broken(String component, RuntimeException mistake) {
        connection.context.events.mistake(component, mistake);
        if (takeBack() == 0) {
            respondError(500);
        }
    }

    /** Whether a response has begun, so that no other can be sent. */
    public boolean isResponding() {
        return status != ServerEvents.STATUS_NONE;
    }

    /** Whether nothing can be sent any more. */
    public boolean isDone() {
        return done;
    }

    /** Whether there is room; if not, {@link ExchangeListener#writable} will tell. */
    public boolean isWritable() {
        boolean room = connection.transport.unsentBytes() < HIGH_WATER_BYTES;
        waitsForRoom = !room;
        return room;
    }

    /** How many bytes the client has not taken yet, of this response and of those before it. */
    public long unsentBytes() {
        return connection.transport.unsentBytes();
    }

    /**
     * Runs a task where the calls of this class belong: on the thread that drives the connection,
     * later, and after the tasks that were given before it. The one method that other threads may
     * call, and so their way back; {@link ConnectionContext} says what an engine has to do for it.
     * The task runs also when the exchange is over by then: {@link #isDone()} tells. What it throws
     * is logged, and costs the client its connection.
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

    /** What the log says of the process that answered. */
    public void handlerOutcome(String outcome) {
        handlerOutcome = outcome;
    }

    /**
     * Begins the response.
     *
     * @param contentLength how many bytes will be written, or -1 when that is not known yet
     */
    public void respond(ResponseHead head, long contentLength) {
        if (isResponding() || done) {
            throw new IllegalStateException("the response has begun");
        }
        status = head.status();
        responseStart = connection.transport.sentBytes();
        framing = sendHead(head, contentLength);
    }

    /** A whole response. */
    public void respond(ResponseHead head, byte[] content) {
        respond(head, content.length);
        write(content, 0, content.length);
        finish();
    }

    private ResponseFraming sendHead(ResponseHead head, long contentLength) {
        ResponseFraming chosen =
                ResponseFraming.of(
                        request.method(), request.minorVersion(), head.status(), contentLength);
        if (chosen.endsConnection()) {
            persistent = false;
        }
        decidePersistence();
        OutputBuffer out = connection.context.output;
        out.clear();
        HeadEncoder.encode(
                out, head, chosen, !persistent, request.minorVersion(), connection.context.date());
        connection.transport.send(out.array(), 0, out.length());
        return chosen;
    }

    /** The head says whether the connection closes, so what follows must be known by then. */
    private void decidePersistence() {
        boolean contentMissing =
                connection.continueIsDue()
                        || (!takesAllContent
                                && connection.missingContentBytes() > Connection.DISCARD_BYTES);
        if (contentMissing || connection.context.isDraining()) {
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
        if (isResponding() || done) {
            throw new IllegalStateException("the response has begun");
        }
        Transport transport = connection.transport;
        status = prepared.head().status();
        responseStart = transport.sentBytes();
        contentBytes = prepared.content().length;
        byte[] bytes = prepared.bytes(connection.context.date());
        transport.send(bytes, 0, bytes.length);
        complete();
    }

    /**
     * Begins a response whose every byte, status line included, is written as it is. The connection
     * closes after it.
     *
     * @param statusSeen what its status line says, for the log
     */
    public void respondRaw(int statusSeen) {
        if (isResponding() || done) {
            throw new IllegalStateException("the response has begun");
        }
        status = statusSeen;
        responseStart = connection.transport.sentBytes();
        raw = true;
        persistent = false;
    }

    /** Some of the response's content. What would pass a Content-Length is dropped. */
    public void write(byte[] bytes, int from, int to) {
        int length = (int) admit(to - from);
        if (length == 0) {
            return;
        }
        Transport transport = connection.transport;
        if (isChunked()) {
            OutputBuffer out = connection.context.output;
            out.clear();
            BodyEncoder.chunk(out, bytes, from, from + length);
            transport.send(out.array(), 0, out.length());
        } else {
            transport.send(bytes, from, from + length);
        }
    }

    /** Like {@link #write(byte[], int, int)}, by absolute indexes. */
    public void write(ByteBuffer bytes, int from, int to) {
        int length = (int) admit(to - from);
        if (length == 0) {
            return;
        }
        Transport transport = connection.transport;
        OutputBuffer out = connection.context.output;
        boolean chunked = isChunked();
        if (chunked) {
            out.clear();
            BodyEncoder.chunkHead(out, length);
            transport.send(out.array(), 0, out.length());
        }
        transport.send(bytes, from, from + length);
        if (chunked) {
            out.clear();
            BodyEncoder.chunkTail(out);
            transport.send(out.array(), 0, out.length());
        }
    }

    private boolean isChunked() {
        return framing != null && framing.kind() == ResponseFraming.Kind.CHUNKED;
    }

    /** How much of what a handler writes the framing lets through. */
    private long admit(long length) {
        if (done) {
            return 0;
        }
        if (raw) {
            contentBytes += length;
            return length;
        }
        ResponseFraming chosen = framing;
        if (chosen == null) {
            throw new IllegalStateException("content before the response's head");
        }
        if (!chosen.hasContent()) {
            return 0;
        }
        long admitted = length;
        if (chosen.length() >= 0) {
            admitted = Math.min(length, chosen.length() - contentBytes);
        }
        contentBytes += admitted;
        return admitted;
    }

    /** Ends the response. One that is shorter than it announced is cut by a reset instead. */
    public void finish() {
        if (done) {
            return;
        }
        ResponseFraming chosen = framing;
        if (chosen == null && !raw) {
            throw new IllegalStateException("a response needs a head");
        }
        if (chosen != null
                && chosen.hasContent()
                && chosen.length() >= 0
                && contentBytes < chosen.length()) {
            fail();
            return;
        }
        if (isChunked()) {
            OutputBuffer out = connection.context.output;
            out.clear();
            BodyEncoder.last(out);
            connection.transport.send(out.array(), 0, out.length());
        }
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
        if (!done && takeBackResponse()) {
            respond(ErrorPage.head(errorStatus), ErrorPage.content(errorStatus));
        } else if (!done) {
            done = true;
            listener = null;
            report();
            connection.reset();
        }
    }

    private boolean takeBackResponse() {
        Transport transport = connection.transport;
        if (!isResponding() || !transport.unsend(transport.sentBytes() - responseStart)) {
            return false;
        }
        status = ServerEvents.STATUS_NONE;
        framing = null;
        raw = false;
        contentBytes = 0;
        return true;
    }

    /** Answers with an error page; when a response has begun, cuts it instead. */
    public void respondError(int errorStatus) {
        if (done) {
            return;
        }
        if (isResponding()) {
            fail(errorStatus);
            return;
        }
        respond(ErrorPage.head(errorStatus), ErrorPage.content(errorStatus));
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
            status = ServerEvents.STATUS_UNKNOWN;
            contentBytes = written;
            complete();
        }
        return written;
    }

    private void complete() {
        done = true;
        listener = null;
        report();
        connection.responseComplete(this);
    }

    private void report() {
        if (!connection.context.events.wantsExchanges()) {
            return;
        }
        connection.context.events.exchangeEnded(
                client(),
                request.method(),
                request.target().text(),
                request.minorVersion(),
                status,
                contentBytes,
                connection.context.nowNs() - startNs,
                handlerOutcome);
    }

    // ---- what the connection tells

    boolean persists() {
        return persistent;
    }

    void begin(Handler handler, boolean contentIsHere) {
        try {
            if (request.expectation() == RequestHead.Expectation.UNKNOWN) {
                persistent &= contentIsHere; // otherwise the client may keep it back
                throw new HttpException(417, "RFC 9110 §10.1.1", "unknown expectation");
            }
            ExchangeListener chosen = serverAnswers() ? null : handler.begin(this);
            listener = done ? null : chosen; // it may have answered at once
        } catch (HttpException e) {
            refuseByHandler(e);
        } catch (RuntimeException e) {
            handlerBroke(e);
        }
    }

    /** What the server answers itself, whatever the handler (DESIGN: CONNECT, TRACE, OPTIONS *). */
    private boolean serverAnswers() {
        String method = request.method();
        if (method.equals("CONNECT") || method.equals("TRACE")) {
            throw new HttpException(501, "RFC 9110 §9.3", method + " is not offered");
        }
        if (method.equals("OPTIONS") && request.target().form() == RequestTarget.Form.ASTERISK) {
            respond(ResponseHead.of(204), 0);
            finish();
            return true;
        }
        return false;
    }

    @Override
    public void content(byte[] bytes, int from, int to) {
        ExchangeListener current = listener;
        if (current == null) {
            return;
        }
        try {
            current.content(bytes, from, to);
        } catch (HttpException e) {
            throw e;
        } catch (RuntimeException e) {
            connection.context.events.mistake("handler", e);
            throw new HttpException(500, "RFC 9110 §15.6.1", "the handler takes no content");
        }
    }

    void requestComplete() {
        ExchangeListener current = listener;
        if (current == null) {
            connection.responseComplete(this);
            return;
        }
        try {
            current.end();
        } catch (HttpException e) {
            listener = null;
            current.abandoned();
            refuseByHandler(e);
        } catch (RuntimeException e) {
            listener = null;
            current.abandoned();
            handlerBroke(e);
        }
    }

    /**
     * A handler in Java threw what no handler should: its client gets 500, and the log the rest.
     */
    private void handlerBroke(RuntimeException e) {
        broken("handler", e);
    }

    private void refuseByHandler(HttpException e) {
        connection.context.events.refused(client(), e.status(), e.section(), e.detail());
        if (e.status() == 400) {
            persistent = false;
        }
        respondError(e.status());
    }

    void drained() {
        if (waitsForRoom) {
            waitsForRoom = false;
            ExchangeListener current = listener;
            if (current != null) {
                current.writable();
            }
        }
    }

    /** The request broke a rule or a limit on its way; the connection closes. */
    void refuse(int errorStatus) {
        ExchangeListener current = listener;
        listener = null;
        if (current != null) {
            current.abandoned();
        }
        persistent = false;
        if (done) {
            connection.close();
        } else {
            respondError(errorStatus);
        }
    }

    /** The connection is gone. */
    void abandon() {
        ExchangeListener current = listener;
        listener = null;
        if (!done) {
            done = true;
            if (lent) {
                status = ServerEvents.STATUS_UNKNOWN;
            }
            report();
        }
        if (current != null) {
            current.abandoned();
        }
    }

    /** Answers where no request was understood. */
    static void sendErrorPage(Connection connection, int status, boolean isHead) {
        byte[] content = ErrorPage.content(status);
        OutputBuffer out = connection.context.output;
        out.clear();
        HeadEncoder.encode(
                out,
                ErrorPage.head(status),
                ResponseFraming.of(isHead ? "HEAD" : "GET", 1, status, content.length),
                true,
                1,
                connection.context.date());
        if (!isHead) {
            out.put(content, 0, content.length);
        }
        connection.transport.send(out.array(), 0, out.length());
    }
}
