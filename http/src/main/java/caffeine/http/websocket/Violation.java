package caffeine.http.websocket;

/**
 * The other side broke the protocol or a limit, so that the connection fails (RFC 6455 §7.1.7).
 * Thrown in the codec and caught in {@link WebSocketConnection} only. It has no stack trace,
 * because clients can cause it as often as they like.
 */
final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int code;

    /**
     * A violation.
     *
     * @param code of the Close frame
     * @param section what it breaks, such as {@code "RFC 6455 §5.2"}
     * @param detail what was wrong, for the log
     */
    Violation(int code, String section, String detail) {
        super(section + ": " + detail, null, false, false);
        this.code = code;
    }

    static Violation ofProtocol(String section, String detail) {
        return new Violation(CloseCode.PROTOCOL_ERROR, section, detail);
    }

    int code() {
        return code;
    }

    /** The section of the RFC and what was wrong. */
    String detail() {
        return String.valueOf(getMessage());
    }
}
