package caffeine.server.handler;

import caffeine.http.FieldList;
import caffeine.http.RequestHead;
import caffeine.http.ResponseHead;
import caffeine.http.Status;
import caffeine.server.core.ClientAddress;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * One request and its response as streams, for the thread of a {@link StreamingFunction}. When the
 * client disconnects or violates the protocol, this thread is interrupted, and every read and write
 * throws an {@link IOException}.
 */
public final class StreamingExchange {

    private final RequestHead head;
    private final ClientAddress client;
    private final ContentStream content;
    private final ResponseStream response;

    StreamingExchange(
            RequestHead head,
            ClientAddress client,
            ContentStream content,
            ResponseStream response) {
        this.head = head;
        this.client = client;
        this.content = content;
        this.response = response;
    }

    /** The head of the request. */
    public RequestHead head() {
        return head;
    }

    /** The method, in the letter case in which it was sent. */
    public String method() {
        return head.method();
    }

    /** The path with its percent-triples, from its first slash on; {@code *} for no path at all. */
    public String path() {
        return head.target().rawPath();
    }

    /** The query, as sent, or null without a question mark. */
    public @Nullable String query() {
        return head.target().rawQuery();
    }

    /** The value of the first field line of that name, whatever its letter case, or null. */
    public @Nullable String field(String name) {
        return head.fields().first(name);
    }

    /** The client. */
    public ClientAddress client() {
        return client;
    }

    /**
     * The request's content, transfer coding removed, as it comes. Reading waits for the client; a
     * client that waits for 100 (Continue) gets it with the first read. Unread content is dropped
     * at the end of the exchange.
     */
    public InputStream content() {
        return content;
    }

    /**
     * Begins a response of a length that is not known yet. It is sent with the first flush, or
     * after about 16 KiB; a response that is complete before is sent with its length. Writing waits
     * for a slow client.
     *
     * @throws IllegalStateException when a response has begun
     * @throws IllegalArgumentException for an interim status (1xx)
     */
    public OutputStream respond(ResponseHead head) {
        return respond(head, -1);
    }

    /**
     * Begins a response of a known length. Less than that is a failure of the handler, and more is
     * an IOException when it is written.
     *
     * @throws IllegalStateException when a response has begun
     * @throws IllegalArgumentException for an interim status (1xx)
     */
    public OutputStream respond(ResponseHead head, long contentLength) {
        Status.requireFinal(head.status());
        FieldList fields = new FieldList().addAll(head.fields());
        response.begin(new ResponseHead(head.status(), head.reason(), fields), contentLength);
        return response;
    }

    /**
     * Sends a whole response.
     *
     * @throws IllegalStateException when a response has begun
     */
    public void respond(Response whole) throws IOException {
        response.begin(whole.head(), whole.content().length);
        response.write(whole.content());
        response.close();
    }

    /** The request line, for logs. */
    @Override
    public String toString() {
        return head.method() + " " + head.target().text();
    }
}
