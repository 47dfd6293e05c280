package caffeine.bench.server;

import caffeine.http.websocket.EncodedMessage;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.handler.WebSocket;
import caffeine.server.handler.WebSocketHandler;
import caffeine.server.options.WebSocketOptions;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * WebSocket as the peers of the bench have it: {@code /echo} sends each message back, {@code
 * /broadcast} sends it to all connections there, each of which gets {@code welcome} first; other
 * requests get {@code Hello, World!}.
 */
public final class Sockets implements Handler {

    private static final long PATIENT_NS = 600_000_000_000L;

    /** For all loops of this process. */
    private static final Set<WebSocket> MEMBERS = ConcurrentHashMap.newKeySet();

    private final Handler hello = Handlers.of(_ -> Response.text("Hello, World!"));
    private final Handler echo = Handlers.webSocket(new Echo(), options());
    private final Handler broadcast = Handlers.webSocket(new Broadcast(), options());

    /** Made by its name, in each loop. */
    public Sockets() {}

    /** The load generator answers no Ping. */
    private static WebSocketOptions options() {
        return WebSocketOptions.DEFAULT.withTimes(PATIENT_NS, PATIENT_NS);
    }

    @Override
    public ExchangeListener begin(Exchange exchange) {
        return switch (exchange.request().target().rawPath()) {
            case "/echo" -> echo.begin(exchange);
            case "/broadcast" -> broadcast.begin(exchange);
            default -> hello.begin(exchange);
        };
    }

    private static final class Echo implements WebSocketHandler {
        @Override
        public void text(WebSocket socket, String message) {
            boolean _ = socket.send(message);
        }
    }

    private static final class Broadcast implements WebSocketHandler {
        @Override
        public void open(WebSocket socket) {
            MEMBERS.add(socket);
            boolean _ = socket.send("welcome");
        }

        @Override
        public void text(WebSocket socket, String message) {
            EncodedMessage forAll = EncodedMessage.text(message);
            for (WebSocket member : MEMBERS) {
                boolean _ = member.send(forAll);
            }
        }

        @Override
        public void closed(WebSocket socket, int code, String reason) {
            MEMBERS.remove(socket);
        }

        @Override
        public void failed(WebSocket socket, int code, String detail) {
            MEMBERS.remove(socket);
        }
    }
}
