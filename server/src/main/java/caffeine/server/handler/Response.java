package caffeine.server.handler;

import caffeine.http.FieldList;
import caffeine.http.Fields;
import caffeine.http.ResponseHead;
import caffeine.http.Status;

import java.nio.charset.StandardCharsets;

/**
 * A whole response. Immutable, so one may answer any number of requests:
 *
 * <pre>{@code
 * Response.text("It is " + LocalTime.now() + ".\n")
 * Response.json("{}").withStatus(201).with("Location", "/notes/7")
 * Response.text("a,b\n").set("Content-Type", "text/csv").with("Vary", "Accept")
 * Response.of(404)
 * }</pre>
 *
 * <p>The server adds Date, Content-Length and Connection (a Content-Length, Connection or
 * Transfer-Encoding of yours has no effect), and leaves out content that must not be sent (to HEAD,
 * in 204 and 304).
 */
public final class Response {

    private static final byte[] NOTHING = {};

    private final ResponseHead head;
    private final byte[] content;

    private Response(int status, FieldList fields, byte[] content) {
        this.head = new ResponseHead(status, null, fields);
        this.content = content;
    }

    /**
     * A response without fields and content.
     *
     * @param status 200 to 599
     * @throws IllegalArgumentException for another
     */
    public static Response of(int status) {
        return new Response(Status.requireFinal(status), new FieldList(), NOTHING);
    }

    /** 200 with a text in UTF-8. */
    public static Response text(String text) {
        return of("text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    /** 200 with a page in UTF-8. */
    public static Response html(String page) {
        return of("text/html; charset=utf-8", page.getBytes(StandardCharsets.UTF_8));
    }

    /** 200 with JSON. */
    public static Response json(String json) {
        return of("application/json", json.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * 200 with content of any type.
     *
     * @param content copied
     * @throws IllegalArgumentException when the type is no field value, RFC 9110 §5.5
     */
    public static Response of(String type, byte[] content) {
        return new Response(200, FieldList.of("Content-Type", type), content.clone());
    }

    /** This response with another status, 200 to 599. */
    public Response withStatus(int status) {
        return new Response(Status.requireFinal(status), head.fields(), content);
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
        FieldList fields = new FieldList().addAll(head.fields()).add(name, value);
        return new Response(head.status(), fields, content);
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
        FieldList fields = new FieldList().addAll(head.fields()).set(name, value);
        return new Response(head.status(), fields, content);
    }

    /** The status. */
    public int status() {
        return head.status();
    }

    /** The head as it is; its list of fields is shared and must not be changed. */
    ResponseHead head() {
        return head;
    }

    /** The content as it is. */
    byte[] content() {
        return content;
    }
}
