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

    /** Takes a head with valid syntax, and checks its semantics. */
    void set(byte[] head, RequestLine line) {
        bytes = head;
        fields.over(head);
        methodEnd = line.methodEnd();
        method = null;
        minorVersion = Math.min(line.minor(), 1);
        target.set(head, line);
        authority = Authority.resolve(fields, target, minorVersion, hostField);
        contentLength = MessageFraming.contentLength(fields, elements, minorVersion);
        persistent = persists();
        expectation = expected();
    }

    /**
     * Whether the client wants the connection to outlive the exchange, RFC 9112 §9.3: by the
     * Connection options (RFC 9110 §7.6.1): {@code close} ends it in any case; HTTP/1.0 persists
     * only if {@code keep-alive} asks for it.
     */
    private boolean persists() {
        boolean wanted = minorVersion > 0;
        if (fields.find(FieldTable.Role.CONNECTION, 0) < 0) {
            return wanted;
        }
        elements.begin(FieldTable.Role.CONNECTION);
        while (elements.next()) {
            if (elements.is("close")) {
                return false;
            }
            wanted |= elements.is("keep-alive");
        }
        return wanted;
    }

    /**
     * The Expect field, RFC 9110 §10.1.1. HTTP/1.0 has no Expect; the RFC requires to ignore it
     * there.
     */
    private Expectation expected() {
        Expectation found = Expectation.NONE;
        if (minorVersion == 0 || fields.find(FieldTable.Role.EXPECT, 0) < 0) {
            return found;
        }
        elements.begin(FieldTable.Role.EXPECT);
        while (elements.next()) {
            if (!elements.is("100-continue")) {
                return Expectation.UNKNOWN;
            }
            found = Expectation.CONTINUE;
        }
        return found;
    }

    @Override
    public String method() {
        String name = method;
        if (name == null) {
            name = Ascii.method(bytes, 0, methodEnd);
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
