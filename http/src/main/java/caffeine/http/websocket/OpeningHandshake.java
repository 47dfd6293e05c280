package caffeine.http.websocket;

import caffeine.http.FieldList;
import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.RequestHead;

import org.jspecify.annotations.Nullable;

/** The answer to an opening handshake, RFC 6455 §4.2. */
public sealed interface OpeningHandshake {

    /**
     * The connection is WebSocket from the end of the 101 response on.
     *
     * @param fields of the response, without Connection
     * @param subprotocol the chosen one, or null
     * @param compression what was negotiated, or null for none
     */
    record Accepted(
            FieldList fields, @Nullable String subprotocol, @Nullable DeflateParameters compression)
            implements OpeningHandshake {}

    /**
     * The request is refused.
     *
     * @param violation the status, the fields of its response, and what was wrong
     */
    record Refused(HttpException violation) implements OpeningHandshake {

        /** The status of the response: 400, 403, 405 or 426. */
        public int status() {
            return violation.status();
        }

        /** The fields that belong to this status. */
        public Fields fields() {
            return violation.fields();
        }
    }

    /** The only version, RFC 6455 §4.1. */
    String VERSION = "13";

    /** Decides about a request to an address that speaks WebSocket only. */
    static OpeningHandshake of(RequestHead request, HandshakeSettings settings) {
        try {
            return ServerHandshake.accept(request, settings);
        } catch (HttpException violation) {
            return new Refused(violation);
        }
    }

    /** Whether the request asks for WebSocket, correctly or not: its Upgrade names it. */
    static boolean isRequested(RequestHead request) {
        return ServerHandshake.isRequested(request);
    }

    /** The value of Sec-WebSocket-Accept for that of Sec-WebSocket-Key, RFC 6455 §4.2.2. */
    static String acceptOf(String key) {
        return ServerHandshake.acceptOf(key);
    }
}
