package caffeine.http.h1;

import caffeine.http.Fields;
import caffeine.http.RequestHead;
import caffeine.http.RequestTarget;

import org.jspecify.annotations.Nullable;

/**
 * The head that a {@link HeadParser} found; there is one for each parser, filled anew each time.
 */
final class ParsedHead implements RequestHead {
    private final FieldTable fields;
    private final ListElements elements;
    private final ParsedTarget target = new ParsedTarget();
    private final Authority hostField = new Authority();

    private byte[] bytes = {};
    private int methodEnd;
    private int minorVersion;
    private long contentLength;
    private boolean persistent;
    private Expectation expectation = Expectation.NONE;
    private Authority authority = hostField;
    private @Nullable String method;

    ParsedHead(FieldTable fields) {
        this.fields = fields;
        elements = new ListElements(fields);
    }

    /** Takes a head whose syntax is known to be right, and checks what it means. */
    void set(byte[] head, RequestLine line) {
        bytes = head;
        fields.over(head);
        methodEnd = line.methodEnd();
        method = null;
        minorVersion = Math.min(line.minor(), 1);
        target.set(head, line);
        authority = HostField.resolve(fields, target, minorVersion, hostField);
        contentLength = MessageFraming.contentLength(fields, elements, minorVersion);
        persistent = Persistence.of(fields, elements, minorVersion);
        expectation = Expectations.of(fields, elements, minorVersion);
    }

    @Override
    public String method() {
        String name = method;
        if (name == null) {
            name = KnownNames.method(bytes, 0, methodEnd);
            method = name;
        }
        return name;
    }

    @Override
    public RequestTarget target() {
        return target;
    }

    @Override
    public int minorVersion() {
        return minorVersion;
    }

    @Override
    public Fields fields() {
        return fields;
    }

    @Override
    public long contentLength() {
        return contentLength;
    }

    @Override
    public boolean persistent() {
        return persistent;
    }

    @Override
    public Expectation expectation() {
        return expectation;
    }

    @Override
    public String host() {
        return authority.hasHost()
                ? Ascii.string(bytes, authority.hostStart(), authority.hostEnd())
                : "";
    }

    @Override
    public int port() {
        return authority.port();
    }

    /** The request line, for logs. */
    @Override
    public String toString() {
        return method() + " " + target.text() + " HTTP/1." + minorVersion;
    }
}
