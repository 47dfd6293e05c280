package caffeine.server.handler;

import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.http.RequestPath;
import caffeine.server.core.ClientAddress;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A request and all of its content. Immutable except for the array of the content, and valid
 * without limit.
 */
public final class Request {

    private final RequestHead head;
    private final ClientAddress client;
    private final byte[] content;

    Request(RequestHead head, ClientAddress client, byte[] content) {
        this.head = head;
        this.client = client;
        this.content = content;
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

    /** The query, as sent, or null without a question mark. */
    public @Nullable String query() {
        return head.target().rawQuery();
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

    /**
     * The content as text.
     *
     * @throws HttpException 400, which answers the request unless it is caught, when it is not in
     *     UTF-8
     */
    public String text() {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
        } catch (CharacterCodingException _) {
            throw new HttpException(400, "RFC 3629 §3", "content that is not in UTF-8");
        }
    }

    /** The request line, for logs. */
    @Override
    public String toString() {
        return head.method() + " " + head.target().text();
    }
}
