package caffeine.server.handler;

import caffeine.http.FieldList;
import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.http.ResponseHead;
import caffeine.http.Status;
import caffeine.server.core.ClientAddress;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Objects;

/**
 * One request and its response as streams, for the thread of a {@link StreamingFunction}. When the
 * client disconnects or violates the protocol, this thread is interrupted, and every read and write
 * throws an {@link IOException}.
 *
 * <pre>{@code
 * try (OutputStream out = exchange.respond(ResponseHead.of(200))) {
 *     exchange.content().transferTo(out);
 * }
 * }</pre>
 */
public final class StreamingExchange implements AutoCloseable {

    private static final int COPY_BYTES = 64 * 1024;

    private final Request request;
    private final ContentStream content;
    private final ResponseStream response;
    private @Nullable Form form;

    StreamingExchange(Request request, ContentStream content, ResponseStream response) {
        this.request = request;
        this.content = content;
        this.response = response;
    }

    /** The request; its content is read from {@link #content} instead. */
    public Request request() {
        return request;
    }

    /** The head of the request. */
    public RequestHead head() {
        return request.head();
    }

    /** The method, in the letter case in which it was sent. */
    public String method() {
        return request.method();
    }

    /** The path with its percent-triples, from its first slash on; {@code *} for no path at all. */
    public String path() {
        return request.path();
    }

    /** A parameter of the path, as {@link Request#path(String)}. */
    public String path(String name) {
        return request.path(name);
    }

    /** The query, as sent, or null without a question mark. */
    public @Nullable String query() {
        return request.query();
    }

    /** The value of the first field line of that name, whatever its letter case, or null. */
    public @Nullable String field(String name) {
        return request.field(name);
    }

    /** The client. */
    public ClientAddress client() {
        return request.client();
    }

    /**
     * Sets how long this handler may be silent from now on, instead of {@code Deadlines.handlerNs}:
     * between two pieces of content or output.
     *
     * @param time zero: without limit
     */
    public void timeLimit(Duration time) {
        response.timeLimit(time.toNanos());
    }

    /**
     * Stores all content as a file. It has its name when it is complete, in the place of one that
     * was there; what has come of content that is not complete is deleted.
     *
     * @param file in a folder that exists
     * @return its size in bytes
     * @throws IOException when the client disconnects, or the file system fails
     */
    public long saveTo(Path file) throws IOException {
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
        Path part = Files.createTempFile(folder, ".upload-", "");
        try {
            long size;
            try (OutputStream out = Files.newOutputStream(part)) {
                size = copy(out);
            }
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
            return size;
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private long copy(OutputStream out) throws IOException {
        byte[] bytes = new byte[COPY_BYTES];
        long size = 0;
        int count = content.read(bytes, 0, bytes.length);
        while (count >= 0) {
            out.write(bytes, 0, count);
            size += count;
            count = content.read(bytes, 0, bytes.length);
        }
        return size;
    }

    /**
     * The form that is sent as content. Files above 64 KiB are stored on disk until the handler
     * returns; {@link Form.File#saveTo} keeps one.
     *
     * @throws HttpException 400 for a malformed form, 413 for one beyond the limits, 415 when the
     *     content is no form
     * @throws IOException when the client disconnects, or the file system fails
     */
    public Form form() throws IOException {
        Form known = form;
        if (known == null) {
            known = Form.of(request.fields(), content);
            form = known;
        }
        return known;
    }

    /** Deletes stored files of a form. The server calls this when the handler has returned. */
    @Override
    public void close() {
        Form known = form;
        if (known != null) {
            known.close();
        }
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
     * @throws IOException when the client disconnects
     * @throws IllegalStateException when a response has begun
     */
    public void respond(Response whole) throws IOException {
        whole.writeTo(this);
    }

    /** The request line, for logs. */
    @Override
    public String toString() {
        return request.toString();
    }
}
