package caffeine.server.core;

import caffeine.http.OutputBuffer;
import caffeine.http.RequestHead;
import caffeine.http.ResponseHead;
import caffeine.http.h1.BodyEncoder;
import caffeine.http.h1.HeadEncoder;
import caffeine.http.h1.ResponseFraming;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/**
 * The response of the exchange under way as bytes: its head, its content in the framing that the
 * head announced, its end. One for each connection.
 */
final class ResponseOutput {

    private final ConnectionContext context;
    private final Transport transport;
    private @Nullable ResponseFraming framing;
    private boolean raw;
    private int status = ServerEvents.STATUS_NONE;
    private long contentBytes;

    /** How much had been sent on the connection before this response. */
    private long start;

    ResponseOutput(ConnectionContext context, Transport transport) {
        this.context = context;
        this.transport = transport;
    }

    /** Forgets the response before, for the next. */
    void reset() {
        framing = null;
        raw = false;
        status = ServerEvents.STATUS_NONE;
        contentBytes = 0;
    }

    /** Whether anything of a response has been given out. */
    boolean hasBegun() {
        return status != ServerEvents.STATUS_NONE;
    }

    int status() {
        return status;
    }

    /** How much content was written, whatever the framing made of it. */
    long contentBytes() {
        return contentBytes;
    }

    // ---- beginning

    void head(ResponseHead head, RequestHead request, ResponseFraming chosen, boolean close) {
        begin(head.status());
        framing = chosen;
        OutputBuffer out = cleared();
        HeadEncoder.encode(out, head, chosen, close, request.minorVersion(), context.date());
        send(out);
    }

    /** A whole response, as the usual request gets it. */
    void whole(PreparedResponse prepared) {
        begin(prepared.head().status());
        contentBytes = prepared.content().length;
        byte[] bytes = prepared.bytes(context.date());
        transport.send(bytes, 0, bytes.length);
    }

    /** What is written from now on goes out as it is. */
    void raw(int statusSeen) {
        begin(statusSeen);
        raw = true;
    }

    private void begin(int newStatus) {
        status = newStatus;
        transport.responseBegins();
        start = transport.sentBytes();
    }

    /** Another process has written so much of a response of which nothing else is known. */
    void writtenElsewhere(long bytes) {
        status = ServerEvents.STATUS_UNKNOWN;
        contentBytes = bytes;
    }

    /** An error page where no request was understood, so that there is no exchange. */
    void errorPage(int errorStatus, boolean isHead) {
        byte[] content = ErrorPage.content(errorStatus, context.errorPages());
        String method = isHead ? "HEAD" : "GET";
        ResponseFraming chosen = ResponseFraming.of(method, 1, errorStatus, content.length);
        OutputBuffer out = cleared();
        ResponseHead head = ErrorPage.head(errorStatus, context.errorPages());
        HeadEncoder.encode(out, head, chosen, true, 1, context.date());
        if (!isHead) {
            out.put(content, 0, content.length);
        }
        send(out);
    }

    // ---- content

    void write(byte[] bytes, int from, int to) {
        int length = admit(to - from);
        if (length == 0) {
            return;
        }
        if (isChunked()) {
            OutputBuffer out = cleared();
            BodyEncoder.chunk(out, bytes, from, from + length);
            send(out);
        } else {
            transport.send(bytes, from, from + length);
        }
    }

    void write(ByteBuffer bytes, int from, int to) {
        int length = admit(to - from);
        if (length == 0) {
            return;
        }
        boolean chunked = isChunked();
        if (chunked) {
            OutputBuffer out = cleared();
            BodyEncoder.chunkHead(out, length);
            send(out);
        }
        transport.send(bytes, from, from + length);
        if (chunked) {
            OutputBuffer out = cleared();
            BodyEncoder.chunkTail(out);
            send(out);
        }
    }

    private boolean isChunked() {
        return framing != null && framing.kind() == ResponseFraming.Kind.CHUNKED;
    }

    /** How much of what a handler writes the framing lets through. */
    private int admit(int length) {
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
        int admitted = length;
        if (chosen.length() >= 0) {
            admitted = (int) Math.min(length, chosen.length() - contentBytes);
        }
        contentBytes += admitted;
        return admitted;
    }

    // ---- ending

    /** Whether less content was written than the head announced. */
    boolean isShort() {
        return missingBytes() > 0;
    }

    /** How much less. */
    long missingBytes() {
        ResponseFraming chosen = framing;
        if (chosen == null && !raw) {
            throw new IllegalStateException("a response needs a head");
        }
        return chosen != null && chosen.hasContent()
                ? Math.max(0, chosen.length() - contentBytes)
                : 0;
    }

    /** What ends the content, where the framing has something for it. */
    void last() {
        if (isChunked()) {
            OutputBuffer out = cleared();
            BodyEncoder.last(out);
            send(out);
        }
    }

    /** Undoes the response, if nothing of it has gone out. */
    boolean takeBack() {
        if (!hasBegun() || !transport.unsend(transport.sentBytes() - start)) {
            return false;
        }
        reset();
        return true;
    }

    private OutputBuffer cleared() {
        OutputBuffer out = context.output;
        out.clear();
        return out;
    }

    private void send(OutputBuffer out) {
        transport.send(out.array(), 0, out.length());
    }
}
