package caffeine.server;

import org.jspecify.annotations.Nullable;

import java.util.Map;

/**
 * What clients read when the server itself answers with an error, in place of status and reason
 * alone. What scripts and handlers answer with is theirs.
 *
 * @param pages by status, 400 to 599; 4 and 5 are for all others of the class
 */
public record ErrorPages(Map<Integer, Page> pages) {

    /** Status and reason alone. */
    public static final ErrorPages NONE = new ErrorPages(Map.of());

    public ErrorPages {
        pages = Map.copyOf(pages);
    }

    /**
     * A page.
     *
     * @param contentType the value of Content-Type
     * @param content a character for each byte (ISO 8859-1)
     */
    public record Page(String contentType, String content) {}

    /** The page of a status; null when it has none. */
    public @Nullable Page of(int status) {
        Page page = pages.get(status);
        return page != null ? page : pages.get(status / 100);
    }
}
