package caffeine.server.options;

import caffeine.http.Status;
import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

import java.util.Map;

/**
 * Pages for errors that the server itself answers with, instead of status and reason. Responses of
 * scripts and handlers stay as they are.
 *
 * @param pages by status, 400 to 599; 4 and 5 are for all others of the class
 */
public record ErrorPages(Map<Integer, Page> pages) {

    /** Status and reason alone. */
    public static final ErrorPages NONE = new ErrorPages(Map.of());

    /**
     * Keeps a copy.
     *
     * @throws IllegalArgumentException for a key that is neither a status of an error nor a class
     */
    public ErrorPages {
        pages = Map.copyOf(pages);
        for (int status : pages.keySet()) {
            if (status != 4 && status != 5) {
                Status.requireError(status);
            }
        }
    }

    /**
     * A page.
     *
     * @param contentType the value of Content-Type
     * @param content a character for each byte (ISO 8859-1)
     */
    public record Page(String contentType, String content) {

        /**
         * Checks the type.
         *
         * @throws IllegalArgumentException when the type is no field value (RFC 9110 §5.5)
         */
        public Page {
            if (!Syntax.isFieldValue(contentType)) {
                throw new IllegalArgumentException(
                        "a content type with a character that no field value may have");
            }
        }
    }

    /** The page of a status; null when it has none. */
    public @Nullable Page of(int status) {
        Page page = pages.get(status);
        return page != null ? page : pages.get(status / 100);
    }
}
