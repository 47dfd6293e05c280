package caffeine.server.core;

import caffeine.http.ResponseHead;
import caffeine.http.Status;

import java.nio.charset.StandardCharsets;

/** What a client reads when something went wrong: the status and its reason, and nothing else. */
final class ErrorPage {

    private ErrorPage() {}

    static byte[] content(int status) {
        return (status + " " + Status.reason(status) + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    static ResponseHead head(int status) {
        ResponseHead head = ResponseHead.of(status);
        head.fields().add("Content-Type", "text/plain; charset=utf-8");
        head.fields().add("X-Content-Type-Options", "nosniff");
        if (status == 503) {
            head.fields().add("Retry-After", "1");
        }
        return head;
    }
}
