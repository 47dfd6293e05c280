package caffeine.server.handler;

import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.http.ResponseHead;
import caffeine.http.websocket.HandshakeSettings;
import caffeine.http.websocket.OpeningHandshake;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;
import caffeine.server.options.WebSocketOptions;

import java.util.Map;
import java.util.function.Supplier;

/** Answers opening handshakes, and gives each connection to a {@link WebSocketHandler}. */
public final class WebSocketUpgrade implements Handler {

    private static final byte[] NO_CONTENT = {};

    private final Supplier<? extends WebSocketHandler> handlers;
    private final WebSocketOptions options;
    private final HandshakeSettings settings;

    WebSocketUpgrade(Supplier<? extends WebSocketHandler> handlers, WebSocketOptions options) {
        this.handlers = handlers;
        this.options = options;
        this.settings = options.handshake();
    }

    @Override
    public ExchangeListener begin(Exchange exchange) {
        return begin(exchange, Map.of());
    }

    /** The same with the parameters of the path. */
    ExchangeListener begin(Exchange exchange, Map<String, String> path) {
        OpeningHandshake.Accepted accepted = accept(exchange.request(), settings);
        return new ExchangeListener() {
            @Override
            public void content(byte[] bytes, int from, int to) {}

            @Override
            public void end() {
                upgrade(exchange, path, accepted, options, handlers.get());
            }
        };
    }

    /**
     * Decides about a request.
     *
     * @throws HttpException 400, 403, 405 or 426 for one that is refused
     */
    public static OpeningHandshake.Accepted accept(RequestHead head, HandshakeSettings settings) {
        return switch (OpeningHandshake.of(head, settings)) {
            case OpeningHandshake.Accepted accepted -> accepted;
            case OpeningHandshake.Refused refused -> throw refused.violation();
        };
    }

    /** Gives the connection of a complete request to a handler; its {@code open} is called here. */
    public static void upgrade(
            Exchange exchange,
            OpeningHandshake.Accepted accepted,
            WebSocketOptions options,
            WebSocketHandler handler) {
        upgrade(exchange, Map.of(), accepted, options, handler);
    }

    private static void upgrade(
            Exchange exchange,
            Map<String, String> path,
            OpeningHandshake.Accepted accepted,
            WebSocketOptions options,
            WebSocketHandler handler) {
        RequestHead head = SavedHead.packed(exchange.request()); // the exchange ends with the 101
        Request request = new Request(head, exchange.client(), NO_CONTENT, path);
        exchange.upgrade(
                new ResponseHead(101, null, accepted.fields()),
                (transport, nowNs) ->
                        WebSocketProtocol.begin(
                                transport, nowNs, exchange, request, accepted, options, handler));
    }
}
