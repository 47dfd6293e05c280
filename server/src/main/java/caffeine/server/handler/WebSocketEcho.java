package caffeine.server.handler;

import caffeine.http.HttpException;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;
import caffeine.server.options.WebSocketOptions;

/** WebSocket at {@code /echo}, where each message comes back as it is; 404 elsewhere. */
public final class WebSocketEcho implements Handler {

    private static final String PATH = "/echo";

    private final Handler sockets;

    /** A handler; it may serve many threads. */
    public WebSocketEcho(WebSocketOptions options) {
        this.sockets = Handlers.webSocket(new Echo(), options);
    }

    @Override
    public ExchangeListener begin(Exchange exchange) {
        if (!exchange.request().target().rawPath().equals(PATH)) {
            throw new HttpException(404, "RFC 9110 §15.5.5", "only " + PATH + " is here");
        }
        return sockets.begin(exchange);
    }

    /** No answer is lost: each message comes when the one before has found room. */
    private static final class Echo implements WebSocketHandler {
        @Override
        public void utf8(WebSocket socket, byte[] message) {
            boolean _ = socket.sendValid(message);
        }

        @Override
        public void binary(WebSocket socket, byte[] message) {
            boolean _ = socket.send(message);
        }
    }
}
