package caffeine.http.websocket;

/** Takes the bytes that a {@link WebSocketConnection} sends. */
public interface WebSocketOutput {

    /**
     * Takes bytes, in order, and copies those that it cannot send at once: the array is reused. One
     * frame is one call or two.
     */
    void send(byte[] bytes, int from, int to);

    /**
     * Whether bytes wait because the other side takes them slowly. {@link
     * WebSocketConnection#drained} is called when they are sent.
     */
    boolean isBackedUp();
}
