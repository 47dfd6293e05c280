package caffeine.server.handler;

import caffeine.http.FieldList;
import caffeine.http.Fields;
import caffeine.http.RequestHead;
import caffeine.http.RequestTarget;

import org.jspecify.annotations.Nullable;

/**
 * A request's head that outlives its exchange: the parser's own is good only until the response is
 * complete, and on the thread that drives the connection.
 */
record SavedHead(
        String method,
        RequestTarget target,
        int minorVersion,
        Fields fields,
        long contentLength,
        boolean persistent,
        Expectation expectation,
        String host,
        int port)
        implements RequestHead {

    /** A copy that is about to be read. */
    static SavedHead of(RequestHead head) {
        return of(head, new FieldList().addAll(head.fields()));
    }

    /** A copy that is kept for long, and takes little memory. */
    static SavedHead packed(RequestHead head) {
        return of(head, new PackedFields(head.fields()));
    }

    private static SavedHead of(RequestHead head, Fields fields) {
        return new SavedHead(
                head.method(),
                SavedTarget.of(head.target()),
                head.minorVersion(),
                fields,
                head.contentLength(),
                head.persistent(),
                head.expectation(),
                head.host(),
                head.port());
    }

    private record SavedTarget(
            Form form,
            String text,
            String rawPath,
            @Nullable String rawQuery,
            @Nullable String host,
            int port)
            implements RequestTarget {

        static SavedTarget of(RequestTarget target) {
            String text = target.text();
            String path = target.rawPath();
            return new SavedTarget(
                    target.form(),
                    text,
                    path.equals(text) ? text : path,
                    target.rawQuery(),
                    target.host(),
                    target.port());
        }
    }
}
