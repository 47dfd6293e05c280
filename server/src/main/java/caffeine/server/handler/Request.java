package caffeine.server.handler;

import caffeine.http.Fields;
import caffeine.http.RequestHead;
import caffeine.server.core.ClientAddress;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;

/**
 * A request and all of its content. Immutable but for the content's array, and good for as long as
 * anybody wants it.
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

    /** All that the head says. */
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

    /** What follows the question mark, as sent, or null without one. */
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

    /** Who asks. */
    public ClientAddress client() {
        return client;
    }

    /** The content, transfer coding removed; empty when there is none. Not copied. */
    public byte[] content() {
        return content;
    }

    /** The content as UTF-8. */
    public String text() {
        return new String(content, StandardCharsets.UTF_8);
    }

    /** The request line, for logs. */
    @Override
    public String toString() {
        return head.method() + " " + head.target().text();
    }
}
