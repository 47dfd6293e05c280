package caffeine.server.core;

import caffeine.http.FieldList;
import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.OutputBuffer;
import caffeine.http.RequestHead;
import caffeine.http.RequestTarget;
import caffeine.http.ResponseHead;
import caffeine.http.Status;
import caffeine.http.forwarded.TrustedProxies;
import caffeine.http.h1.BodyEncoder;
import caffeine.http.h1.ContentSink;
import caffeine.http.h1.HeadEncoder;
import caffeine.http.h1.ResponseFraming;
import caffeine.http.representation.DynamicCoding;
import caffeine.http.representation.GzipEncoder;
import caffeine.server.options.ErrorPages;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * One request and its response on {@link Http1}: encodes the response (head, content in its
 * framing, end), calls the handler, and answers its exceptions.
 */
final class Http1Exchange implements Exchange, ContentSink {

    /** Content that is complete is coded up to this length. */
    private static final int MOST_CODED_BYTES = 1 << 20;

    /** Prepared content up to this length is sent in one piece with its head. */
    private static final int SMALL_BYTES = 4096;

    private static final byte[] CLOSE = ascii("Connection: close\r\n");
    private static final byte[] KEEP_ALIVE = ascii("Connection: keep-alive\r\n");
    private static final int LINE_END = 2;
    private static final byte[] NOTHING = {};
    private static final Fields NO_FIELDS = new FieldList();

    private final Http1 connection;
    private final RequestHead request;
    private final long startNs;

    /** The handler's listener; null before the handler has returned it, and after the end. */
    private @Nullable ExchangeListener listener;

    private boolean persistent;
    private boolean lent;
    private boolean done;
    private boolean waitsForRoom;
    private boolean takesAllContent;
    private @Nullable HandlerEnd handlerEnd;

    /** Null where no proxy is trusted. */
    private @Nullable RequestOrigin origin;

    // ---- the response

    private @Nullable ResponseFraming framing;
    private boolean raw;

    private boolean mayCompress;

    /** Null when the content is sent as it is. */
    private @Nullable Coding coding;

    private int status = ServerEvents.STATUS_NONE;

    /** Field lines for the response, whatever answers; null: none. */
    private @Nullable FieldList added;

    /** The bytes of content written, without framing. */
    private long contentBytes;

    /** The bytes sent on the connection before this response. */
    private long responseStart;

    /** The content is coded on its way: few responses need these fields. */
    private static final class Coding {

        final GzipEncoder encoder;

        /** The length that the handler has announced; -1: none. */
        final long announcedBytes;

        /** How many bytes were sent. */
        long codedBytes;

        Coding(GzipEncoder encoder, long announcedBytes) {
            this.encoder = encoder;
            this.announcedBytes = announcedBytes;
        }
    }

    Http1Exchange(Http1 connection, RequestHead request, boolean persistent, long startNs) {
        this.connection = connection;
        this.request = request;
        this.persistent = persistent;
        this.startNs = startNs;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private Transport transport() {
        return connection.transport;
    }

    @Override
    public RequestHead request() {
        return request;
    }

    @Override
    public ClientAddress client() {
        return origin == null ? transport().client() : origin.client();
    }

    @Override
    public int localPort() {
        if (origin != null) {
            return origin.port();
        }
        int local = transport().localPort();
        return local != 0 ? local : RequestOrigin.portOfAuthority(request, false);
    }

    @Override
    public boolean isSecure() {
        return origin != null && origin.isSecure();
    }

    @Override
    public String localHost() {
        return transport().localHost();
    }

    @Override
    public long startNs() {
        return startNs;
    }

    @Override
    public ServerEvents events() {
        return connection.context.events;
    }

    @Override
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

    @Override
    public void broken(String component, Throwable mistake) {
        try {
            report(component, mistake);
        } finally {
            if (takeBack() == 0) {
                respondError(500);
            }
        }
    }

    /** Reports a mistake, with its request unless that has ended. */
    void report(String component, Throwable mistake) {
        if (done) {
            connection.context.events.mistake(component, mistake);
        } else {
            connection.context.events.mistake(component, requestLine(), mistake);
        }
    }

    private String requestLine() {
        return request.method() + " " + request.target().text();
    }

    @Override
    public void handlerTimedOut() {
        if (done) {
            return;
        }
        boolean cuts = hasBegun() && !undo();
        long durationNs = connection.context.nowNs() - startNs;
        long sentBytes = cuts ? contentBytes : ServerEvents.NOTHING_SENT;
        connection.context.events.handlerTimedOut(requestLine(), durationNs, sentBytes);
        if (cuts) {
            cut();
        } else {
            respondPage(504, NO_FIELDS);
        }
    }

    @Override
    public boolean isResponding() {
        return done || hasBegun();
    }

    @Override
    public boolean isDone() {
        return done;
    }

    @Override
    public boolean isWritable() {
        waitsForRoom = room() == 0;
        return !waitsForRoom;
    }

    @Override
    public long room() {
        return transport().room();
    }

    @Override
    public void awaitRoom() {
        waitsForRoom = true;
    }

    @Override
    public long unsentBytes() {
        return transport().unsentBytes();
    }

    @Override
    public void execute(Runnable task) {
        transport().execute(() -> connection.run(task));
    }

    @Override
    public void pauseContent() {
        if (!done) {
            connection.pauseContent();
        }
    }

    @Override
    public void resumeContent() {
        if (!done) {
            connection.resumeContent();
        }
    }

    @Override
    public void takeAllContent() {
        takesAllContent = true;
    }

    @Override
    public long handlerNs() {
        return connection.context.deadlines.handlerNs();
    }

    @Override
    public long nowNs() {
        return connection.context.nowNs();
    }

    @Override
    public long epochSecond() {
        return connection.context.epochSecond();
    }

    @Override
    public void answerBy(long atNs) {
        if (!done) {
            connection.answerBy(atNs);
        }
    }

    @Override
    public void handlerEnded(HandlerEnd end) {
        HandlerEnd before = handlerEnd;
        handlerEnd = before == null ? end : end.after(before);
    }

    @Override
    public void respond(ResponseHead head, long contentLength) {
        Status.requireFinal(head.status());
        requireNoResponse();
        if (mayCompress && DynamicCoding.appliesTo(head, contentLength)) {
            // HTTP/1.0 keeps no connection without a length.
            boolean wanted = request.minorVersion() > 0 || contentLength < 0;
            if (wanted && DynamicCoding.isWanted(request.fields()) && beginCoding(contentLength)) {
                begin(DynamicCoding.coded(head), -1);
            } else {
                begin(DynamicCoding.uncoded(head), contentLength);
            }
        } else {
            begin(head, contentLength);
        }
    }

    /** Whether the content is coded; that of a response to HEAD would be. */
    private boolean beginCoding(long announcedBytes) {
        if (request.method().equals("HEAD")) {
            return true;
        }
        GzipEncoder encoder = GzipEncoder.open();
        coding = encoder == null ? null : new Coding(encoder, announcedBytes);
        return encoder != null;
    }

    private void begin(ResponseHead head, long contentLength) {
        ResponseFraming framing =
                ResponseFraming.of(
                        request.method(), request.minorVersion(), head.status(), contentLength);
        if (framing.endsConnection()) {
            persistent = false;
        }
        decidePersistence();
        this.framing = framing;
        sendHead(head, framing, !persistent);
    }

    @Override
    public void respond(ResponseHead head, byte[] content) {
        byte[] sent = content;
        ResponseHead sentHead = head;
        if (mayCompress) {
            mayCompress = false;
            // A loop has no time to code much at once.
            if (content.length <= MOST_CODED_BYTES
                    && DynamicCoding.appliesTo(head, content.length)) {
                byte[] shorter =
                        DynamicCoding.isWanted(request.fields())
                                ? GzipEncoder.encode(content)
                                : null;
                if (shorter != null && shorter.length < content.length) {
                    sent = shorter;
                    sentHead = DynamicCoding.coded(head);
                } else {
                    sentHead = DynamicCoding.uncoded(head);
                }
            }
        }
        respond(sentHead, sent.length);
        write(sent, 0, sent.length);
        finish();
    }

    @Override
    public void mayCompress() {
        mayCompress = connection.context.compresses();
    }

    /** The head says whether the connection closes, so what follows must be known by then. */
    private void decidePersistence() {
        if (connection.isLast(takesAllContent)) {
            persistent = false;
        }
    }

    @Override
    public void addField(String name, String value) {
        requireNoResponse();
        FieldList known = added;
        FieldList fields = known == null ? new FieldList() : known;
        added = fields.add(name, value);
    }

    @Override
    public void respond(PreparedResponse prepared) {
        if (added != null) {
            respond(prepared.head(), prepared.content());
            return;
        }
        requireNoResponse();
        decidePersistence();
        boolean hasContent = !request.method().equals("HEAD");
        status = prepared.status();
        contentBytes = hasContent ? prepared.contentBytes() : 0;
        OutputBuffer out = cleared();
        out.put(prepared.before());
        if (!prepared.isDated()) {
            out.put(connection.context.date());
        }
        byte[] after = prepared.after();
        int start = prepared.contentStart();
        if (persistent && request.minorVersion() != 0) {
            out.put(after, 0, start);
        } else {
            out.put(after, 0, start - LINE_END);
            out.put(persistent ? KEEP_ALIVE : CLOSE);
            out.put(after, start - LINE_END, start);
        }
        boolean isSmall = contentBytes <= SMALL_BYTES;
        out.put(after, start, isSmall ? start + (int) contentBytes : start);
        responseStart = transport().beginResponse(out.array(), 0, out.length());
        if (!isSmall) {
            transport().send(after, start, after.length);
        }
        complete();
    }

    @Override
    public void respondRaw(int statusSeen) {
        requireNoResponse();
        status = statusSeen;
        responseStart = transport().beginResponse(NOTHING, 0, 0);
        raw = true;
        persistent = false;
    }

    private void requireNoResponse() {
        if (isResponding()) {
            throw new IllegalStateException("the response has begun");
        }
    }

    @Override
    public void write(byte[] bytes, int from, int to) {
        int length = (int) admit(to - from);
        Coding current = coding;
        if (length > 0 && current != null) {
            current.encoder.write(bytes, from, from + length, this::sendCoded);
            current.encoder.flush(this::sendCoded);
        } else if (length > 0) {
            sendContent(bytes, from, from + length);
        }
    }

    private void sendCoded(byte[] bytes, int from, int to) {
        Coding current = coding;
        if (current != null) {
            current.codedBytes += to - from;
        }
        sendContent(bytes, from, to);
    }

    private void sendContent(byte[] bytes, int from, int to) {
        if (isChunked()) {
            OutputBuffer out = cleared();
            BodyEncoder.chunk(out, bytes, from, to);
            send(out);
        } else {
            transport().send(bytes, from, to);
        }
    }

    /** The response needs no encoder any more. */
    private void endCoding() {
        if (coding != null) {
            coding.encoder.close();
        }
    }

    @Override
    public void write(ByteBuffer bytes, int from, int to) {
        int length = (int) admit(to - from);
        Coding current = coding;
        if (length > 0 && current != null) {
            current.encoder.write(bytes, from, from + length, this::sendCoded);
            current.encoder.flush(this::sendCoded);
        } else if (length > 0) {
            beginChunk(length);
            transport().send(bytes, from, from + length);
            endChunk();
        }
    }

    @Override
    public void write(FileRange file) {
        if (coding != null) {
            file.close();
            throw new IllegalStateException("a file in a response that is compressed");
        }
        long length = admit(file.length());
        if (length > 0) {
            file.limit(length);
            beginChunk(length);
            transport().send(file);
            endChunk();
        } else {
            file.close();
        }
    }

    private void beginChunk(long length) {
        if (isChunked()) {
            OutputBuffer out = cleared();
            BodyEncoder.chunkHead(out, length);
            send(out);
        }
    }

    private void endChunk() {
        if (isChunked()) {
            OutputBuffer out = cleared();
            BodyEncoder.chunkTail(out);
            send(out);
        }
    }

    private boolean isChunked() {
        return framing != null && framing.kind() == ResponseFraming.Kind.CHUNKED;
    }

    /** How many of a handler's bytes the framing allows. */
    private long admit(long length) {
        ResponseFraming chosen = framing;
        if (done) {
            return 0;
        }
        if (chosen == null && !raw) {
            throw new IllegalStateException("content before the response's head");
        }
        if (chosen != null && !chosen.hasContent()) {
            return 0;
        }
        long admitted = length;
        if (chosen != null && announcedBytes(chosen) >= 0) {
            admitted = Math.min(length, announcedBytes(chosen) - contentBytes);
        }
        contentBytes += admitted;
        return admitted;
    }

    @Override
    public long missingBytes() {
        return done ? 0 : lacking();
    }

    @Override
    public boolean isShort() {
        return !done && lacking() > 0;
    }

    /** The length of content that the handler has announced; -1: none. */
    private long announcedBytes(ResponseFraming chosen) {
        return coding == null ? chosen.length() : coding.announcedBytes;
    }

    /** The bytes of content that are missing of the announced length. */
    private long lacking() {
        ResponseFraming chosen = framing;
        if (chosen == null && !raw) {
            throw new IllegalStateException("a response needs a head");
        }
        return chosen != null && chosen.hasContent()
                ? Math.max(0, announcedBytes(chosen) - contentBytes)
                : 0;
    }

    @Override
    public void finish() {
        if (done) {
            return;
        }
        if (lacking() > 0) {
            fail();
            return;
        }
        if (coding != null) {
            coding.encoder.finish(this::sendCoded);
        }
        if (isChunked()) {
            OutputBuffer out = cleared();
            BodyEncoder.last(out);
            send(out);
        }
        complete();
    }

    @Override
    public void fail() {
        fail(502);
    }

    private void fail(int errorStatus) {
        if (!done && undo()) {
            respondPage(errorStatus, NO_FIELDS);
        } else if (!done) {
            cut();
        }
    }

    private void cut() {
        endCoding();
        done = true;
        listener = null;
        report();
        connection.reset();
    }

    @Override
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

    @Override
    public int lend() {
        int fd = transport().lend();
        if (fd >= 0) {
            lent = true;
            persistent = false;
        } else if (fd == Transport.UNSENT) {
            waitsForRoom = true;
        }
        return fd;
    }

    @Override
    public long takeBack() {
        if (!lent || done) {
            return 0;
        }
        lent = false;
        long written = transport().takeBack();
        if (written > 0) {
            writtenElsewhere(written);
            complete();
        }
        return written;
    }

    @Override
    public void upgrade(ResponseHead head, Protocol.Factory next) {
        if (head.status() != 101 || head.fields().first("Upgrade") == null) {
            throw new IllegalArgumentException("an upgrade needs status 101 and the field Upgrade");
        }
        requireNoResponse();
        if (!connection.isRequestComplete() || request.minorVersion() == 0) {
            throw new IllegalStateException("no upgrade within a request, or of HTTP/1.0");
        }
        sendHead(head, ResponseFraming.of(request.method(), 1, 101, -1), false);
        done = true;
        listener = null;
        report();
        connection.upgraded(next);
    }

    // ---- the response as bytes

    private boolean hasBegun() {
        return status != ServerEvents.STATUS_NONE;
    }

    private void sendHead(ResponseHead head, ResponseFraming chosen, boolean close) {
        OutputBuffer out = cleared();
        HeadEncoder.encode(
                out,
                withAdded(head),
                chosen,
                close,
                request.minorVersion(),
                connection.context.date());
        status = head.status();
        responseStart = transport().beginResponse(out.array(), 0, out.length());
    }

    private ResponseHead withAdded(ResponseHead head) {
        FieldList more = added;
        if (more == null) {
            return head;
        }
        FieldList fields = new FieldList().addAll(head.fields());
        for (int i = 0; i < more.size(); i++) {
            if (Fields.isSingleton(more.name(i))) {
                fields.set(more.name(i), more.value(i));
            } else {
                fields.add(more.name(i), more.value(i));
            }
        }
        return new ResponseHead(head.status(), head.reason(), fields);
    }

    /** Undoes the response, if nothing of it has been sent. */
    private boolean undo() {
        if (!hasBegun() || !transport().unsend(transport().sentBytes() - responseStart)) {
            return false;
        }
        endCoding();
        coding = null;
        framing = null;
        raw = false;
        status = ServerEvents.STATUS_NONE;
        contentBytes = 0;
        return true;
    }

    /** Another process has written so many bytes of a response. */
    private void writtenElsewhere(long bytes) {
        status = ServerEvents.STATUS_UNKNOWN;
        contentBytes = bytes;
    }

    private OutputBuffer cleared() {
        OutputBuffer out = connection.context.output();
        out.clear();
        return out;
    }

    private void send(OutputBuffer out) {
        transport().send(out.array(), 0, out.length());
    }

    private void complete() {
        endCoding();
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
                new ExchangeReport(
                        client(),
                        request.method(),
                        request.target().text(),
                        request.minorVersion(),
                        request.fields(),
                        status,
                        coding == null ? contentBytes : coding.codedBytes,
                        connection.context.nowNs() - startNs,
                        handlerEnd));
    }

    // ---- what the connection tells

    boolean persists() {
        return persistent;
    }

    /** The head is complete; checks of the whole head come before any handler. */
    void begin(boolean contentIsHere) {
        TrustedProxies proxies = connection.context.proxies();
        if (!proxies.isEmpty()) {
            try {
                origin = RequestOrigin.of(transport(), request, proxies);
            } catch (HttpException e) {
                refuse(e);
                return;
            }
        }
        if (request.expectation() == RequestHead.Expectation.UNKNOWN) {
            persistent &= contentIsHere; // otherwise the client may keep it back
            refuse(new HttpException(417, "RFC 9110 §10.1.1", "unknown expectation"));
        } else {
            callHandler();
        }
    }

    void requestComplete() {
        if (done) {
            connection.responseComplete(this);
        } else {
            call(ExchangeListener::end);
        }
    }

    void expired() {
        call(ExchangeListener::expired);
    }

    void drained() {
        if (waitsForRoom) {
            waitsForRoom = false;
            call(ExchangeListener::writable);
        }
    }

    /** The request violated a rule or a limit; the connection closes. */
    void refuse(int errorStatus) {
        abandonHandler();
        persistent = false;
        if (done) {
            connection.close();
        } else {
            respondError(errorStatus);
        }
    }

    /** The connection is gone. */
    void abandon() {
        endCoding();
        if (!done) {
            done = true;
            if (lent) {
                writtenElsewhere(0);
            }
            report();
        }
        abandonHandler();
    }

    // ---- the handler

    private void callHandler() {
        try {
            ExchangeListener chosen =
                    serverAnswers() ? null : connection.context.handler.begin(this);
            if (!done) { // it may have answered at once
                listener = Objects.requireNonNull(chosen, "the handler returned no listener");
            }
        } catch (HttpException e) {
            refuse(e);
        } catch (Throwable e) {
            broken("handler", e);
        }
    }

    /** Requests that the server answers itself: CONNECT, TRACE, OPTIONS *. */
    private boolean serverAnswers() {
        String method = request.method();
        if (method.equals("CONNECT") || method.equals("TRACE")) {
            throw new HttpException(501, "RFC 9110 §9.3", method + " is not offered");
        }
        boolean isAsterisk =
                method.equals("OPTIONS") && request.target().form() == RequestTarget.Form.ASTERISK;
        if (isAsterisk) {
            respond(ResponseHead.of(204), 0);
            finish();
        }
        return isAsterisk;
    }

    /** Some of the request's content; it is dropped when no listener takes it. */
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
        } catch (Throwable e) {
            report("handler", e);
            throw new HttpException(500, "RFC 9110 §15.6.1", "the handler takes no content");
        }
    }

    /** Calls the handler; its exception ends this exchange. */
    private void call(Consumer<ExchangeListener> method) {
        ExchangeListener current = listener;
        if (current == null) {
            return;
        }
        try {
            method.accept(current);
        } catch (HttpException e) {
            abandonHandler();
            refuse(e);
        } catch (Throwable e) {
            abandonHandler();
            broken("handler", e);
        }
    }

    /** Calls the handler's end, and nothing after it. */
    private void abandonHandler() {
        ExchangeListener current = listener;
        listener = null;
        if (current == null) {
            return;
        }
        try {
            current.abandoned();
        } catch (Throwable e) {
            connection.context.events.mistake("handler", e); // there is no response left to fail
        }
    }
}
