package caffeine.http;

import org.jspecify.annotations.Nullable;

/** The target of the request line, RFC 9112 §3.2. Checked, but not decoded. */
public interface RequestTarget {

    /** The four forms, RFC 9112 §3.2.1 to §3.2.4. */
    enum Form {
        /** {@code /where?q=now}. */
        ORIGIN,
        /** {@code http://www.example.org/pub/}. */
        ABSOLUTE,
        /** {@code www.example.org:80}, of CONNECT alone. */
        AUTHORITY,
        /** {@code *}, of OPTIONS alone. */
        ASTERISK
    }

    /** Which form it has. */
    Form form();

    /** The target as it was sent. */
    String text();

    /**
     * The path with its percent-triples, beginning with a slash ({@code "/"} when an absolute-form
     * has none). {@code "*"} in asterisk-form, {@code ""} in authority-form.
     */
    String rawPath();

    /** The query, as sent, or null without a question mark. */
    @Nullable String rawQuery();

    /** The host of an absolute-form or authority-form, IPv6 in brackets, else null. */
    @Nullable String host();

    /** The port of an absolute-form or authority-form, or -1 when it has none. */
    int port();
}
