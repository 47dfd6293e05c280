package caffeine.http.h1;

import caffeine.http.HttpException;
import caffeine.http.RequestTarget;

import org.jspecify.annotations.Nullable;

/**
 * The request target of a head, RFC 9112 §3.2: which form it has, whether its method may use that
 * form, and where its parts lie. The characters were checked with the {@link RequestLine}.
 */
final class ParsedTarget implements RequestTarget {
    private static final String HTTP = "http://";
    private static final String HTTPS = "https://";

    private final Authority authority = new Authority();

    private byte[] bytes = {};
    private Form form = Form.ORIGIN;
    private int start;
    private int end;
    private int pathStart;
    private int pathEnd;
    private int query;
    private @Nullable String rawPath;

    /**
     * Takes the target that {@code line} found in {@code head}.
     *
     * @throws HttpException 400, or 421 for a resource that only a secured connection may ask for
     */
    void set(byte[] head, RequestLine line) {
        bytes = head;
        start = line.targetStart();
        end = line.targetEnd();
        query = line.query();
        pathStart = start;
        pathEnd = query < 0 ? end : query;
        rawPath = null;
        authority.clear();
        form = formFor(line.methodEnd());
        switch (form) {
            case ORIGIN, ASTERISK -> {}
            case AUTHORITY -> authorityForm();
            case ABSOLUTE -> absoluteForm();
        }
        if (line.hasPercent()) {
            requireTriples();
        }
    }

    /** CONNECT has a form of its own, RFC 9112 §3.2.3, and no other method has it. */
    private Form formFor(int methodEnd) {
        if (bytes[0] == 'C' && Ascii.equals(bytes, 0, methodEnd, "CONNECT")) {
            return Form.AUTHORITY;
        }
        if (bytes[start] == '/') {
            return Form.ORIGIN;
        }
        if (bytes[start] != '*' || end - start > 1) {
            return Form.ABSOLUTE;
        }
        if (!Ascii.equals(bytes, 0, methodEnd, "OPTIONS")) {
            throw new HttpException(400, "RFC 9112 §3.2.4", "asterisk-form, but not OPTIONS");
        }
        return Form.ASTERISK;
    }

    /** A tunnel needs a host and a port, RFC 9110 §9.3.6. */
    private void authorityForm() {
        if (!authority.parse(bytes, start, end) || !authority.hasHost() || authority.port() < 1) {
            throw new HttpException(400, "RFC 9112 §3.2.3", "CONNECT to no host and port");
        }
        pathStart = end;
        pathEnd = end;
        query = -1;
    }

    private void absoluteForm() {
        int authorityStart = start + schemeLength();
        int authorityEnd = authorityStart;
        while (authorityEnd < pathEnd && bytes[authorityEnd] != '/') {
            authorityEnd++;
        }
        if (!authority.parse(bytes, authorityStart, authorityEnd)) {
            throw new HttpException(400, "RFC 9112 §3.2.2", "not an authority in the target");
        }
        if (!authority.hasHost()) {
            throw new HttpException(400, "RFC 9110 §4.2.1", "an empty host in the target");
        }
        pathStart = authorityEnd;
    }

    /**
     * The scheme and the slashes behind it. A secured resource must not be served here, on a
     * connection that is not (RFC 9110 §7.4).
     */
    private int schemeLength() {
        if (startsWith(HTTP)) {
            return HTTP.length();
        }
        if (startsWith(HTTPS)) {
            throw new HttpException(421, "RFC 9110 §7.4", "https on a connection without TLS");
        }
        throw new HttpException(400, "RFC 9112 §3.2", "a target of no form that its method has");
    }

    private boolean startsWith(String lowerCase) {
        return end - start >= lowerCase.length() && Ascii.equalsIgnoreCase(bytes, start, lowerCase);
    }

    private void requireTriples() {
        for (int at = pathStart; at < pathEnd; at++) {
            if (bytes[at] == '%' && !Ascii.isPercentTriple(bytes, at, pathEnd)) {
                throw new HttpException(400, "RFC 3986 §2.1", "a percent sign without two digits");
            }
        }
    }

    Authority authority() {
        return authority;
    }

    /** Where the authority ends; it begins where its host does. */
    int authorityEnd() {
        return form == Form.ABSOLUTE ? pathStart : end;
    }

    @Override
    public Form form() {
        return form;
    }

    @Override
    public String text() {
        return Ascii.string(bytes, start, end);
    }

    @Override
    public String rawPath() {
        String path = rawPath;
        if (path == null) {
            path = pathStart < pathEnd ? Ascii.string(bytes, pathStart, pathEnd) : emptyPath();
            rawPath = path;
        }
        return path;
    }

    private String emptyPath() {
        return form == Form.ABSOLUTE ? "/" : "";
    }

    @Override
    public @Nullable String rawQuery() {
        return query < 0 ? null : Ascii.string(bytes, query + 1, end);
    }

    @Override
    public @Nullable String host() {
        return authority.hasHost()
                ? Ascii.string(bytes, authority.hostStart(), authority.hostEnd())
                : null;
    }

    @Override
    public int port() {
        return authority.port();
    }

    @Override
    public String toString() {
        return text();
    }
}
