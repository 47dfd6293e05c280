package caffeine.http.websocket;

/** The status codes of Close frames, RFC 6455 §7.4. */
public final class CloseCode {
    /** The purpose of the connection is fulfilled. */
    public static final int NORMAL = 1000;

    /** The server stops, or the browser has left the page. */
    public static final int GOING_AWAY = 1001;

    /** A violation of the protocol. */
    public static final int PROTOCOL_ERROR = 1002;

    /** A message of a type that the receiver has no use for. */
    public static final int UNSUPPORTED_DATA = 1003;

    /** A Close frame without a code. Never in a frame. */
    public static final int NONE = 1005;

    /** The connection ended without a Close frame. Never in a frame. */
    public static final int ABNORMAL = 1006;

    /** Content of another form than its type says, such as text that is not UTF-8. */
    public static final int INVALID_CONTENT = 1007;

    /** A rule of the receiver was broken for which there is no other code. */
    public static final int POLICY = 1008;

    /** A message that is too large. */
    public static final int TOO_LARGE = 1009;

    /** A mistake of the server. */
    public static final int SERVER_ERROR = 1011;

    /** The server is overloaded. */
    public static final int TRY_AGAIN_LATER = 1013;

    /** {@code 1004} has no meaning yet. */
    private static final int RESERVED = 1004;

    /** The last of the protocol's own codes that is registered (RFC 6455 §11.7). */
    private static final int LAST_REGISTERED = 1014;

    private CloseCode() {}

    /**
     * Whether a Close frame may have that code: a registered one of the protocol that is meant for
     * frames, one of a library (3000 to 3999), or one of an application (4000 to 4999).
     */
    public static boolean isForFrames(int code) {
        return (code >= NORMAL
                        && code <= LAST_REGISTERED
                        && code != RESERVED
                        && code != NONE
                        && code != ABNORMAL)
                || (code >= 3000 && code <= 4999);
    }
}
