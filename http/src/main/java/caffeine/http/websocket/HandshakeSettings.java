package caffeine.http.websocket;

import caffeine.http.Syntax;

import java.util.List;

/**
 * What a server accepts in the opening handshake.
 *
 * @param origins the pages that may connect (else 403)
 * @param subprotocols those that the server speaks; the client's preference decides (RFC 6455 §4.1)
 * @param compression whether permessage-deflate is accepted
 */
public record HandshakeSettings(
        OriginPolicy origins, List<String> subprotocols, boolean compression) {

    /** Pages of the same host, no subprotocol, no compression. */
    public static final HandshakeSettings DEFAULTS =
            new HandshakeSettings(OriginPolicy.SAME_HOST, List.of(), false);

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException for a subprotocol that is not a token
     */
    public HandshakeSettings {
        subprotocols = List.copyOf(subprotocols);
        for (String subprotocol : subprotocols) {
            if (!Syntax.isToken(subprotocol)) {
                throw new IllegalArgumentException(
                        "not a subprotocol, which is a token (RFC 6455 §4.1): " + subprotocol);
            }
        }
    }

    /** The same settings with other origins. */
    public HandshakeSettings withOrigins(OriginPolicy policy) {
        return new HandshakeSettings(policy, subprotocols, compression);
    }

    /** The same settings with these subprotocols. */
    public HandshakeSettings withSubprotocols(String... names) {
        return new HandshakeSettings(origins, List.of(names), compression);
    }

    /** The same settings with or without compression. */
    public HandshakeSettings withCompression(boolean accepted) {
        return new HandshakeSettings(origins, subprotocols, accepted);
    }
}
