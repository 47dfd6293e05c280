package caffeine.server.handler;

import caffeine.http.FieldList;
import caffeine.http.ResponseHead;

import java.nio.charset.StandardCharsets;

/**
 * A whole response. Immutable, so one may answer any number of requests:
 *
 * <pre>{@code
 * Response.text("It is " + LocalTime.now() + ".\n")
 * Response.json("{}").withStatus(201).with("Location", "/notes/7")
 * Response.of(404)
 * }</pre>
 *
 * <p>What depends on the connection is the server's: Date, Content-Length and Connection are added,
 * and content that may not be sent (to HEAD, in 204 and 304) is left out.
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
        return new Response(checked(status), new FieldList(), NOTHING);
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
        return new Response(checked(status), head.fields(), content);
    }

    /**
     * This response with one more field line.
     *
     * @throws IllegalArgumentException when they are no name or no value, RFC 9110 §5.1, §5.5
     */
    public Response with(String name, String value) {
        FieldList fields = new FieldList().addAll(head.fields()).add(name, value);
        return new Response(head.status(), fields, content);
    }

    /** The status. */
    public int status() {
        return head.status();
    }

    /** The head as it is; its list of fields is shared, so nobody adds to it. */
    ResponseHead head() {
        return head;
    }

    /** The content as it is. */
    byte[] content() {
        return content;
    }

    /** An interim status would leave the request without an answer. */
    private static int checked(int status) {
        if (status < 200) {
            throw new IllegalArgumentException("not a final status (RFC 9110 §15): " + status);
        }
        return status;
    }
}
