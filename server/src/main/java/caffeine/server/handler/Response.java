package caffeine.server.handler;

import caffeine.http.FieldList;
import caffeine.http.Fields;
import caffeine.http.ResponseHead;
import caffeine.http.Status;
import caffeine.http.form.SetCookie;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A response. Immutable, so one may answer any number of requests:
 *
 * <pre>{@code
 * Response.text("It is " + LocalTime.now() + ".\n")
 * Response.json("{}").withStatus(201).with("Location", "/notes/7")
 * Response.text("a,b\n").set("Content-Type", "text/csv").with("Vary", "Accept")
 * Response.redirect("/login").with(SetCookie.of("next", "7").withHttpOnly())
 * Response.file(Path.of("report.pdf")).with("Content-Disposition", "attachment")
 * Response.stream("text/csv", out -> database.export(out))
 * Response.of(404)
 * }</pre>
 *
 * <p>The server adds Date, Content-Length and Connection (a Content-Length, Connection or
 * Transfer-Encoding of yours has no effect), and leaves out content that must not be sent (to HEAD,
 * in 204 and 304).
 */
public final class Response {

    private static final byte[] NOTHING = {};
    private static final int SEE_OTHER = 303;

    /** Stands for the response of a handler that answers in pieces, behind filters. */
    static final Response LATER = new Response(ok(new FieldList()), new Bytes(NOTHING), true);

    /** Its content. */
    private sealed interface Content {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Bytes(byte[] bytes) implements Content {}

    private record OfFile(Path path) implements Content {}

    private record Written(long length, OutputFunction function) implements Content {}

    private final ResponseHead head;
    private final Content content;
    private final boolean later;

    private Response(ResponseHead head, Content content, boolean later) {
        this.head = head;
        this.content = content;
        this.later = later;
    }

    private static ResponseHead ok(FieldList fields) {
        return new ResponseHead(200, null, fields);
    }

    private static Response ok(String type, Content content) {
        return new Response(ok(FieldList.of("Content-Type", type)), content, false);
    }

    /**
     * A response without fields and content.
     *
     * @param status 200 to 599
     * @throws IllegalArgumentException for another
     */
    public static Response of(int status) {
        ResponseHead head = new ResponseHead(Status.requireFinal(status), null, new FieldList());
        return new Response(head, new Bytes(NOTHING), false);
    }

    /** 200 with a text in UTF-8. */
    public static Response text(String text) {
        return ok("text/plain; charset=utf-8", utf8(text));
    }

    /** 200 with a page in UTF-8. */
    public static Response html(String page) {
        return ok("text/html; charset=utf-8", utf8(page));
    }

    /** 200 with JSON. */
    public static Response json(String json) {
        return ok("application/json", utf8(json));
    }

    private static Bytes utf8(String text) {
        return new Bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * 200 with content of any type.
     *
     * @param content copied
     * @throws IllegalArgumentException when the type is no field value, RFC 9110 §5.5
     */
    public static Response of(String type, byte[] content) {
        return ok(type, new Bytes(content.clone()));
    }

    /**
     * A problem, for programs that use an interface (RFC 9457): {@code {"status": 404, "title":
     * "Not Found", "detail": "..."}}.
     *
     * @param status 400 to 599
     * @param detail for this request; null: none
     */
    public static Response problem(int status, @Nullable String detail) {
        String reason = Status.reason(Status.requireError(status));
        StringBuilder json = new StringBuilder("{\"status\":").append(status);
        json.append(",\"title\":").append(quoted(reason));
        if (detail != null) {
            json.append(",\"detail\":").append(quoted(detail));
        }
        return ok("application/problem+json", utf8(json.append('}').toString())).withStatus(status);
    }

    /** A string in JSON, RFC 8259 §7. */
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append("\\u00").append(Character.forDigit(c >> 4, 16));
                quoted.append(Character.forDigit(c & 15, 16));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    /**
     * 303 (See Other): the client asks there with GET, also after a POST (RFC 9110 §15.4.4).
     * Another status is set by {@link #withStatus}.
     *
     * @param location a URI reference: {@code /notes/7}
     */
    public static Response redirect(String location) {
        return of(SEE_OTHER).with("Location", location);
    }

    /**
     * 200 with a file, as {@link Files} sends them: with its media type, ETag and Last-Modified,
     * conditions and ranges; fields of this response win. When there is no such file, 404.
     *
     * @param file a regular file; the caller checks that the client may read it
     */
    public static Response file(Path file) {
        return new Response(ok(new FieldList()), new OfFile(file.toAbsolutePath()), false);
    }

    /**
     * 200 with content that a function writes while the client takes it, however large.
     *
     * @param type its media type
     */
    public static Response stream(String type, OutputFunction function) {
        return stream(type, -1, function);
    }

    /**
     * The same with a known length. Less than that cuts the response.
     *
     * @param length in bytes; negative: unknown
     */
    public static Response stream(String type, long length, OutputFunction function) {
        return ok(type, new Written(Math.max(-1, length), Objects.requireNonNull(function)));
    }

    /**
     * The same with all that a stream has, which is closed after it; for one request.
     *
     * @param in read on a virtual thread
     */
    public static Response stream(String type, InputStream in) {
        return stream(
                type,
                out -> {
                    try (in) {
                        in.transferTo(out);
                    }
                });
    }

    /** This response with another status, 200 to 599. */
    public Response withStatus(int status) {
        ResponseHead other = new ResponseHead(Status.requireFinal(status), null, head.fields());
        return new Response(other, content, later);
    }

    /**
     * This response with one more field line, behind the others:
     *
     * <pre>{@code
     * response.with("Set-Cookie", "a=1").with("Set-Cookie", "b=2") // both
     * response.with("Content-Type", "text/csv") // instead of the one that it had
     * }</pre>
     *
     * <p>A field that a response {@linkplain Fields#isSingleton has once}, such as Content-Type or
     * ETag, takes the place of the one before, as with {@link #set}.
     *
     * @throws IllegalArgumentException when they are no name or no value, RFC 9110 §5.1, §5.5
     */
    public Response with(String name, String value) {
        if (Fields.isSingleton(name)) {
            return set(name, value);
        }
        return with(new FieldList().addAll(head.fields()).add(name, value));
    }

    /** This response with a cookie (RFC 6265 §4.1). */
    public Response with(SetCookie cookie) {
        return with("Set-Cookie", cookie.fieldValue());
    }

    /**
     * This response with that field line instead of all lines of its name, in any letter case:
     *
     * <pre>{@code
     * response.with("Vary", "Accept").with("Vary", "Cookie").set("Vary", "*") // Vary: *
     * }</pre>
     *
     * @throws IllegalArgumentException when they are no name or no value, RFC 9110 §5.1, §5.5
     */
    public Response set(String name, String value) {
        return with(new FieldList().addAll(head.fields()).set(name, value));
    }

    private Response with(FieldList fields) {
        return new Response(new ResponseHead(head.status(), null, fields), content, later);
    }

    /** This response with those of other fields that it does not have. */
    Response withMissing(Fields others) {
        Response response = this;
        for (int i = 0; i < others.size(); i++) {
            if (!head.fields().contains(others.name(i))) {
                response = response.with(others.name(i), others.value(i));
            }
        }
        return response;
    }

    /** The status. */
    public int status() {
        return head.status();
    }

    /** The value of the first field line of that name, whatever its letter case, or null. */
    public @Nullable String field(String name) {
        return head.fields().first(name);
    }

    /** The head as it is; its list of fields is shared and must not be changed. */
    ResponseHead head() {
        return head;
    }

    /** Whether it stands for the response of a handler that answers later. */
    boolean isLater() {
        return later;
    }

    /**
     * The content as it is.
     *
     * @throws IllegalStateException when it is made for each request
     */
    byte[] content() {
        if (content instanceof Bytes whole) {
            return whole.bytes;
        }
        throw new IllegalStateException("the content of a file or stream is not kept");
    }

    // ---- sending

    /**
     * Answers with it, on the thread that drives the connection.
     *
     * @return receives further events of the exchange
     * @throws caffeine.http.HttpException when its file is not there
     */
    ExchangeListener send(Exchange exchange) {
        return switch (content) {
            case Bytes whole -> {
                exchange.mayCompress();
                exchange.respond(head, whole.bytes);
                yield ExchangeListener.IGNORING;
            }
            case OfFile file -> Files.send(exchange, file.path, head);
            case Written written ->
                    new ResponseWriter(exchange, head, written.length).begin(written.function);
        };
    }

    /** Writes it, on the thread of a handler. */
    void writeTo(StreamingExchange exchange) throws IOException {
        long length =
                switch (content) {
                    case Bytes whole -> whole.bytes.length;
                    case OfFile file -> java.nio.file.Files.size(file.path);
                    case Written written -> written.length;
                };
        OutputStream out = exchange.respond(head, length);
        switch (content) {
            case Bytes whole -> out.write(whole.bytes);
            case OfFile file -> java.nio.file.Files.copy(file.path, out);
            case Written written -> write(written.function, out);
        }
        out.close(); // only now: a response that has failed must not look complete
    }

    private static void write(OutputFunction function, OutputStream out) throws IOException {
        try {
            function.write(out);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
