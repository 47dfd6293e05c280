package caffeine.server.handler;

import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.http.RequestPath;
import caffeine.http.form.Cookies;
import caffeine.http.form.ParameterizedValue;
import caffeine.http.form.Parameters;
import caffeine.server.core.ClientAddress;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request and all of its content. Immutable except for the array of the content, and valid
 * without limit.
 *
 * <pre>{@code
 * // GET /notes/7?lang=de
 * int id = request.pathInt("id");                         // of the route /notes/{id}
 * String language = request.query("lang").orElse("en");
 * Optional<String> session = request.cookie("session");
 * Optional<String> title = request.form("title");         // of a form that was sent
 * }</pre>
 *
 * <p>A method that takes a part of the request to pieces throws an {@link HttpException} when that
 * is malformed, which answers the request unless it is caught.
 */
public final class Request {

    private final RequestHead head;
    private final ClientAddress client;
    private final byte[] content;
    private final Map<String, String> path;

    /** What filters have found out about it. */
    private final Map<String, Object> attributes;

    /** Parsed when they are first needed. By several threads maybe, with the same result. */
    private volatile @Nullable Parameters query;

    private volatile @Nullable Cookies cookies;
    private volatile @Nullable Form form;

    Request(RequestHead head, ClientAddress client, byte[] content, Map<String, String> path) {
        this(head, client, content, path, Map.of());
    }

    private Request(
            RequestHead head,
            ClientAddress client,
            byte[] content,
            Map<String, String> path,
            Map<String, Object> attributes) {
        this.head = head;
        this.client = client;
        this.content = content;
        this.path = path;
        this.attributes = attributes;
    }

    /**
     * This request with something that a filter has found out, for the handlers behind it:
     *
     * <pre>{@code
     * router.filter((request, next) -> next.answer(request.with("user", userOf(request))));
     * router.get("/me", request -> Response.text(request.attribute("user", User.class).name()));
     * }</pre>
     */
    public Request with(String name, Object value) {
        Map<String, Object> more = new HashMap<>(attributes);
        more.put(name, value);
        return new Request(head, client, content, path, more);
    }

    /**
     * An attribute that a filter has added.
     *
     * @throws IllegalStateException when there is none of that name and type
     */
    public <T> T attribute(String name, Class<T> type) {
        Object value = attributes.get(name);
        if (!type.isInstance(value)) {
            throw new IllegalStateException(
                    "the request has no attribute " + name + " of " + type + ": a filter adds it");
        }
        return type.cast(value);
    }

    /** The head. */
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

    /**
     * The path taken apart: triples decoded as UTF-8, dot segments removed, the last segment empty
     * when the path ends in a slash. {@code /caf%C3%A9/} has {@code "café"} and {@code ""}.
     *
     * @throws HttpException 400, which answers the request unless it is caught, for a path that is
     *     not in UTF-8, holds a malformed triple, an encoded slash or NUL, or climbs out at its top
     */
    public List<String> segments() {
        return RequestPath.of(path()).segments();
    }

    /**
     * A parameter of the path, decoded: {@code path("id")} of {@code /notes/{id}}.
     *
     * @throws IllegalArgumentException when the route has no parameter of that name
     */
    public String path(String name) {
        String value = path.get(name);
        if (value == null) {
            throw new IllegalArgumentException(
                    "the route has no parameter {" + name + "}, but " + path.keySet());
        }
        return value;
    }

    /**
     * A parameter of the path as a number.
     *
     * @throws HttpException 404 when it is none, because there is nothing at such an address
     * @throws IllegalArgumentException when the route has no parameter of that name
     */
    public int pathInt(String name) {
        long value = pathLong(name);
        if (value != (int) value) {
            throw noNumber(name);
        }
        return (int) value;
    }

    /** The same for a larger number. */
    public long pathLong(String name) {
        String text = path(name);
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException _) {
            throw noNumber(name);
        }
    }

    private static HttpException noNumber(String name) {
        return new HttpException(404, "RFC 9110 §15.5.5", "no number in the path as " + name);
    }

    /** The query, as sent, or null without a question mark. */
    public @Nullable String query() {
        return head.target().rawQuery();
    }

    /**
     * The first value of a parameter of the query, decoded; {@code q} of {@code ?q=a+b} is {@code
     * "a b"}.
     *
     * @throws HttpException 400 for a malformed query
     */
    public Optional<String> query(String name) {
        return Optional.ofNullable(queries().first(name));
    }

    /**
     * All parameters of the query, in their order; empty without a query.
     *
     * @throws HttpException 400 for a malformed query
     */
    public Parameters queries() {
        Parameters known = query;
        if (known == null) {
            known = Parameters.ofQuery(query());
            query = known;
        }
        return known;
    }

    /**
     * The first value of a field of the form that was sent. Empty also when the content is no form.
     *
     * @throws HttpException as {@link #form()}
     */
    public Optional<String> form(String name) {
        return form().value(name);
    }

    /**
     * The form that was sent: {@code application/x-www-form-urlencoded} or {@code
     * multipart/form-data} (RFC 7578). Without fields when the content is neither.
     *
     * @throws HttpException 400 for malformed content, 413 for more fields than a form may have
     */
    public Form form() {
        Form known = form;
        if (known == null) {
            known = Form.of(fields(), content);
            form = known;
        }
        return known;
    }

    /** The value of a cookie. What is no cookie is ignored (RFC 6265 §5.4). */
    public Optional<String> cookie(String name) {
        return Optional.ofNullable(cookies().first(name));
    }

    /** All cookies. */
    public Cookies cookies() {
        Cookies known = cookies;
        if (known == null) {
            known = Cookies.of(fields());
            cookies = known;
        }
        return known;
    }

    /** The field section. */
    public Fields fields() {
        return head.fields();
    }

    /** The value of the first field line of that name, whatever its letter case, or null. */
    public @Nullable String field(String name) {
        return head.fields().first(name);
    }

    /** The client. */
    public ClientAddress client() {
        return client;
    }

    /** The content, transfer coding removed; empty when there is none. Not copied. */
    public byte[] content() {
        return content;
    }

    /** The content as a stream. */
    public InputStream stream() {
        return new ByteArrayInputStream(content);
    }

    /**
     * The content as text, in the charset that its Content-Type names; UTF-8 without one.
     *
     * @throws HttpException 400 for bytes that the charset does not have, 415 for a charset that is
     *     not known here
     */
    public String text() {
        Charset charset = charset();
        try {
            return charset.newDecoder().decode(ByteBuffer.wrap(content)).toString();
        } catch (CharacterCodingException _) {
            throw new HttpException(400, "RFC 9110 §8.3.2", "content that is not in " + charset);
        }
    }

    private Charset charset() {
        String field = field("Content-Type");
        ParameterizedValue type = field == null ? null : ParameterizedValue.of(field);
        String name = type == null ? null : type.parameter("charset");
        try {
            return name == null ? StandardCharsets.UTF_8 : Charset.forName(name);
        } catch (IllegalArgumentException _) {
            throw new HttpException(415, "RFC 9110 §8.3.2", "a charset that is not known: " + name);
        }
    }

    /** The request line, for logs. */
    @Override
    public String toString() {
        return head.method() + " " + head.target().text();
    }
}
