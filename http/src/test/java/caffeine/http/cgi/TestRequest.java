package caffeine.http.cgi;

import caffeine.http.FieldList;
import caffeine.http.Fields;
import caffeine.http.RequestHead;
import caffeine.http.RequestTarget;

import org.jspecify.annotations.Nullable;

/** A request head made by hand: what a script is told does not depend on how it was parsed. */
record TestRequest(
        String method, Target target, int minorVersion, Fields fields, String host, int port)
        implements RequestHead {

    record Target(
            Form form,
            String text,
            String rawPath,
            @Nullable String rawQuery,
            @Nullable String host,
            int port)
            implements RequestTarget {}

    static Target origin(String text) {
        int mark = text.indexOf('?');
        return mark < 0
                ? new Target(RequestTarget.Form.ORIGIN, text, text, null, null, -1)
                : new Target(
                        RequestTarget.Form.ORIGIN,
                        text,
                        text.substring(0, mark),
                        text.substring(mark + 1),
                        null,
                        -1);
    }

    static TestRequest get(String target, String... fields) {
        return new TestRequest("GET", origin(target), 1, FieldList.of(fields), "x.test", -1);
    }

    TestRequest withMethod(String other) {
        return new TestRequest(other, target, minorVersion, fields, host, port);
    }

    TestRequest withTarget(Target other) {
        return new TestRequest(method, other, minorVersion, fields, host, port);
    }

    TestRequest withMinorVersion(int other) {
        return new TestRequest(method, target, other, fields, host, port);
    }

    TestRequest withHost(String other) {
        return new TestRequest(method, target, minorVersion, fields, other, port);
    }

    @Override
    public long contentLength() {
        return NO_LENGTH;
    }

    @Override
    public boolean persistent() {
        return true;
    }

    @Override
    public Expectation expectation() {
        return Expectation.NONE;
    }
}
