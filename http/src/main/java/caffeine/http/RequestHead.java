package caffeine.http;

/**
 * The head of a request, well-formed and with all its semantics checked: RFC 9112 §3 to §6. Values
 * are computed when first read.
 *
 * <pre>{@code
 * String agent = exchange.request().fields().first("User-Agent");
 * }</pre>
 */
public interface RequestHead {

    /** The {@link #contentLength} of a request that declares none: it has no content. */
    long NO_LENGTH = -1;

    /** The {@link #contentLength} of a request in the chunked transfer coding. */
    long CHUNKED = -2;

    /** The expectation of the client, RFC 9110 §10.1.1. In HTTP/1.0 always {@link #NONE}. */
    enum Expectation {
        /** Nothing. */
        NONE,
        /** An interim response before the content is sent. */
        CONTINUE,
        /** An unknown expectation: to be answered 417. */
        UNKNOWN
    }

    /** The method, a token in the letter case in which it was sent, RFC 9110 §9.1. */
    String method();

    /** The request target. */
    RequestTarget target();

    /** 0 for HTTP/1.0; 1 for every later HTTP/1. */
    int minorVersion();

    /**
     * The field section. In the absolute-form of the target the value of Host is the target's
     * authority, whatever was sent (RFC 9112 §3.2.2).
     */
    Fields fields();

    /** The declared bytes of content, {@link #NO_LENGTH} or {@link #CHUNKED}, RFC 9112 §6.3. */
    long contentLength();

    /** Whether the content is in the chunked transfer coding. */
    default boolean isChunked() {
        return contentLength() == CHUNKED;
    }

    /** Whether content follows the head; chunked content may still turn out to be empty. */
    default boolean hasContent() {
        return contentLength() != NO_LENGTH && contentLength() != 0;
    }

    /** Whether the client wants the connection to outlive the exchange, RFC 9112 §9.3. */
    boolean persistent();

    /** What the Expect field asks for. */
    Expectation expectation();

    /**
     * Whether the client waits for 100 (Continue): it is HTTP/1.1, and content follows, RFC 9110
     * §10.1.1.
     */
    default boolean expectsContinue() {
        return expectation() == Expectation.CONTINUE && hasContent();
    }

    /**
     * The host that the request is for, without the port and IPv6 in brackets: the target's
     * authority if it has one, else Host; {@code ""} if neither is there (RFC 9112 §3.3).
     */
    String host();

    /** The port in the same authority, or -1 when it has none. */
    int port();
}
