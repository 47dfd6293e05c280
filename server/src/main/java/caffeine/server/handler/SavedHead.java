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

    static SavedHead of(RequestHead head) {
        return new SavedHead(
                head.method(),
                SavedTarget.of(head.target()),
                head.minorVersion(),
                new FieldList().addAll(head.fields()),
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
            return new SavedTarget(
                    target.form(),
                    target.text(),
                    target.rawPath(),
                    target.rawQuery(),
                    target.host(),
                    target.port());
        }
    }
}
