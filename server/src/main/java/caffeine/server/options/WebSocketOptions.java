package caffeine.server.options;

import caffeine.http.websocket.HandshakeSettings;
import caffeine.http.websocket.OriginPolicy;
import caffeine.http.websocket.WebSocketLimits;

import java.util.List;

/**
 * The settings of WebSocket connections. Immutable; derive a changed copy with the {@code with}
 * methods.
 *
 * <pre>{@code
 * WebSocketOptions.DEFAULT.withOrigins("example.org").withCompression(true)
 * }</pre>
 *
 * @param origins the hosts whose pages may connect, as {@link OriginPolicy#of}; empty: the host
 *     that the request is for
 * @param subprotocols those that the handler speaks; the client's preference decides
 * @param compression whether permessage-deflate (RFC 7692) is accepted. It costs some 300 KiB for
 *     each connection that asks for it
 * @param messageBytes the largest message from a client; else 1009
 * @param fragments the most frames of a message; else 1008
 * @param queueBytes a message for a client that takes nothing is queued while fewer bytes than this
 *     wait
 * @param pingNs without a byte from the client; then it is sent a Ping. 0: never
 * @param pongNs for the client to answer a Ping or a Close; then it is disconnected
 */
public record WebSocketOptions(
        List<String> origins,
        List<String> subprotocols,
        boolean compression,
        int messageBytes,
        int fragments,
        int queueBytes,
        long pingNs,
        long pongNs) {

    private static final long SECOND = 1_000_000_000L;

    /** Pages of the same host, no compression, 16 MiB, 16,384 frames, 1 MiB, 30 s and 10 s. */
    public static final WebSocketOptions DEFAULT =
            new WebSocketOptions(
                    List.of(),
                    List.of(),
                    false,
                    WebSocketLimits.DEFAULTS.messageBytes(),
                    WebSocketLimits.DEFAULTS.fragments(),
                    1 << 20,
                    30 * SECOND,
                    10 * SECOND);

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException for one that cannot be used
     */
    public WebSocketOptions {
        origins = List.copyOf(origins);
        subprotocols = List.copyOf(subprotocols);
        if (queueBytes < 1) {
            throw new IllegalArgumentException("queueBytes is " + queueBytes + ", below 1");
        }
        if (pingNs < 0 || pongNs <= 0) {
            throw new IllegalArgumentException("pingNs is at least 0, and pongNs above");
        }
        HandshakeSettings _ = handshake(origins, subprotocols, compression);
        WebSocketLimits _ = new WebSocketLimits(messageBytes, fragments);
    }

    private static HandshakeSettings handshake(
            List<String> origins, List<String> subprotocols, boolean compression) {
        OriginPolicy policy = origins.isEmpty() ? OriginPolicy.SAME_HOST : OriginPolicy.of(origins);
        return new HandshakeSettings(policy, subprotocols, compression);
    }

    /** What the opening handshake accepts. */
    public HandshakeSettings handshake() {
        return handshake(origins, subprotocols, compression);
    }

    /** The limits of a message. */
    public WebSocketLimits limits() {
        return new WebSocketLimits(messageBytes, fragments);
    }

    /** These options with pages of other hosts; {@code "*"} for all. */
    public WebSocketOptions withOrigins(String... hosts) {
        return new WebSocketOptions(
                List.of(hosts),
                subprotocols,
                compression,
                messageBytes,
                fragments,
                queueBytes,
                pingNs,
                pongNs);
    }

    /** These options with subprotocols. */
    public WebSocketOptions withSubprotocols(String... names) {
        return new WebSocketOptions(
                origins,
                List.of(names),
                compression,
                messageBytes,
                fragments,
                queueBytes,
                pingNs,
                pongNs);
    }

    /** These options with or without permessage-deflate. */
    public WebSocketOptions withCompression(boolean accepted) {
        return new WebSocketOptions(
                origins,
                subprotocols,
                accepted,
                messageBytes,
                fragments,
                queueBytes,
                pingNs,
                pongNs);
    }

    /** These options with another limit of a message. */
    public WebSocketOptions withMessageBytes(int bytes) {
        return new WebSocketOptions(
                origins, subprotocols, compression, bytes, fragments, queueBytes, pingNs, pongNs);
    }

    /** These options with another bound of the queue. */
    public WebSocketOptions withQueueBytes(int bytes) {
        return new WebSocketOptions(
                origins, subprotocols, compression, messageBytes, fragments, bytes, pingNs, pongNs);
    }

    /** These options with other times. */
    public WebSocketOptions withTimes(long newPingNs, long newPongNs) {
        return new WebSocketOptions(
                origins,
                subprotocols,
                compression,
                messageBytes,
                fragments,
                queueBytes,
                newPingNs,
                newPongNs);
    }
}
