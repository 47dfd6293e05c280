package caffeine.http.websocket;

/**
 * Gets the events of a {@link WebSocketConnection}, within {@link WebSocketConnection#received} and
 * {@link WebSocketConnection#ended}. It may send and close within each. Exactly one of {@link
 * #closed} and {@link #failed} comes, as the last event.
 */
public interface WebSocketListener {

    /**
     * A text message.
     *
     * @param utf8 valid UTF-8; the listener takes ownership
     */
    void text(byte[] utf8);

    /**
     * A binary message.
     *
     * @param bytes the listener takes ownership
     */
    void binary(byte[] bytes);

    /**
     * A Ping, which is answered without the listener.
     *
     * @param payload 0 to 125 bytes; the listener takes ownership
     */
    default void ping(byte[] payload) {}

    /**
     * A Pong, to a Ping or not.
     *
     * @param payload 0 to 125 bytes; the listener takes ownership
     */
    default void pong(byte[] payload) {}

    /**
     * The connection is closed: close the transport when all output is sent.
     *
     * @param code of the other side's Close frame; {@link CloseCode#NONE} when that has none;
     *     {@link CloseCode#ABNORMAL} when the connection ended without one
     * @param reason of the Close frame, or {@code ""}
     */
    void closed(int code, String reason);

    /**
     * The connection failed; the other side has been told. Close the transport when all output is
     * sent.
     *
     * @param code of the Close frame that was sent
     * @param detail what was wrong, for the log
     */
    void failed(int code, String detail);
}
