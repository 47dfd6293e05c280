package caffeine.server.handler;

import caffeine.http.websocket.CloseCode;

import java.nio.charset.StandardCharsets;

/**
 * Receives the events of WebSocket connections, for {@link Handlers#webSocket}. All calls for one
 * connection come one after another, on the thread that drives it, so they must not block. For
 * several connections they come at the same time, so a handler that serves several is thread-safe.
 *
 * <p>While a client does not take what was sent to it, no message of it is read: a handler that
 * answers each message never loses an answer. An exception, also an Error, ends its connection only
 * (1011), and is logged.
 *
 * <pre>{@code
 * class Echo implements WebSocketHandler {
 *     public void text(WebSocket socket, String message) {
 *         socket.send(message);
 *     }
 * }
 * }</pre>
 */
public interface WebSocketHandler {

    /** A connection is open. */
    default void open(WebSocket socket) {}

    /** A text message. */
    default void text(WebSocket socket, String message) {}

    /**
     * A text message as it came. {@link #text} is called for it, unless this is implemented: for a
     * handler that passes it on.
     *
     * @param message valid UTF-8; the handler takes ownership
     */
    default void utf8(WebSocket socket, byte[] message) {
        text(socket, new String(message, StandardCharsets.UTF_8));
    }

    /**
     * A binary message.
     *
     * @param message the handler takes ownership
     */
    default void binary(WebSocket socket, byte[] message) {}

    /**
     * The connection is closed. The last event, unless {@link #failed} is.
     *
     * @param code of the client's Close frame; {@link CloseCode#NONE} when that had none; {@link
     *     CloseCode#ABNORMAL} when the connection ended without one
     * @param reason of the Close frame, or {@code ""}
     */
    default void closed(WebSocket socket, int code, String reason) {}

    /**
     * The server has failed the connection: the client broke the protocol or a limit, or this
     * handler threw. The last event.
     *
     * @param code of the Close frame that the client gets
     * @param detail what was wrong, for a log
     */
    default void failed(WebSocket socket, int code, String detail) {}
}
