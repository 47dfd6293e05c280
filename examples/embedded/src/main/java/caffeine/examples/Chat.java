package caffeine.examples;

import caffeine.http.websocket.CloseCode;
import caffeine.http.websocket.EncodedMessage;
import caffeine.server.embed.Server;
import caffeine.server.handler.Response;
import caffeine.server.handler.Router;
import caffeine.server.handler.WebSocket;
import caffeine.server.handler.WebSocketHandler;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Rooms in which everyone reads what anyone writes, by WebSocket; {@code /#tea} is a room. */
final class Chat implements WebSocketHandler {

    private static final String PAGE =
            """
            <!doctype html>
            <meta charset="utf-8">
            <title>Chat</title>
            <form><input autofocus> <button>Send</button></form>
            <ul></ul>
            <script>
                const room = location.hash.slice(1) || 'lobby';
                const socket = new WebSocket(`ws://${location.host}/rooms/${room}`);
                const input = document.querySelector('input');
                socket.onmessage = event => {
                    const line = document.createElement('li');
                    line.textContent = event.data;
                    document.querySelector('ul').append(line);
                };
                document.querySelector('form').onsubmit = event => {
                    event.preventDefault();
                    socket.send(input.value);
                    input.value = '';
                };
                onhashchange = () => location.reload();
            </script>
            """;

    private final Map<String, Set<WebSocket>> rooms = new ConcurrentHashMap<>();

    Router routes() {
        return Router.create()
                .get("/", request -> Response.html(PAGE))
                .webSocket("/rooms/{room}", this);
    }

    @Override
    public void open(WebSocket socket) {
        rooms.compute(
                room(socket),
                (_, known) -> {
                    Set<WebSocket> sockets = known == null ? ConcurrentHashMap.newKeySet() : known;
                    sockets.add(socket);
                    return sockets;
                });
    }

    /** Encodes the message once, for all in the room. */
    @Override
    public void utf8(WebSocket socket, byte[] message) {
        EncodedMessage encoded = EncodedMessage.utf8(message);
        for (WebSocket each : rooms.getOrDefault(room(socket), Set.of())) {
            if (!each.send(encoded)) {
                each.close(CloseCode.TRY_AGAIN_LATER, "too slow");
            }
        }
    }

    @Override
    public void closed(WebSocket socket, int code, String reason) {
        leave(socket);
    }

    @Override
    public void failed(WebSocket socket, int code, String detail) {
        leave(socket);
    }

    private void leave(WebSocket socket) {
        rooms.computeIfPresent(
                room(socket),
                (_, sockets) -> {
                    sockets.remove(socket);
                    return sockets.isEmpty() ? null : sockets;
                });
    }

    private static String room(WebSocket socket) {
        return socket.request().path("room");
    }

    /** How many rooms have a client. */
    int size() {
        return rooms.size();
    }

    void main() throws Exception {
        int port = Integer.getInteger("port", 8080);
        Server server = Server.builder().port(port).routes(routes()).start();
        IO.println(server.url());
    }
}
