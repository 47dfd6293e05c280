package caffeine.server.core;

import caffeine.http.ResponseHead;
import caffeine.http.Status;
import caffeine.server.options.ErrorPages;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;

/** The content of an error response: the status and its reason only, or the operator's page. */
public final class ErrorPage {

    private ErrorPage() {}

    /** The content of the page for a status. */
    public static byte[] content(int status, ErrorPages pages) {
        ErrorPages.@Nullable Page page = pages.of(status);
        return page == null
                ? (status + " " + Status.reason(status) + "\n").getBytes(StandardCharsets.US_ASCII)
                : page.content().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The head of the response with this content. */
    public static ResponseHead head(int status, ErrorPages pages) {
        ErrorPages.@Nullable Page page = pages.of(status);
        ResponseHead head = ResponseHead.of(status);
        head.fields()
                .add(
                        "Content-Type",
                        page == null ? "text/plain; charset=utf-8" : page.contentType());
        head.fields().add("X-Content-Type-Options", "nosniff");
        if (status == 503) {
            head.fields().add("Retry-After", "1");
        }
        return head;
    }
}
