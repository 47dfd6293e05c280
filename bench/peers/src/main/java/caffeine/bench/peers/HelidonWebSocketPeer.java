package caffeine.bench.peers;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.websocket.WsRouting;
import io.helidon.websocket.WsListener;
import io.helidon.websocket.WsSession;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** WebSocket of Helidon SE: a virtual thread for each connection. */
final class HelidonWebSocketPeer {
    private static final int BACKLOG = 4096;
    private static final Duration IDLE = Duration.ofMinutes(10);

    private HelidonWebSocketPeer() {}

    /** Its threads are the carriers: {@code -Djdk.virtualThreadScheduler.parallelism}. */
    public static void main(String[] args) {
        Hello.Arguments arguments = Hello.Arguments.of(args);
        byte[] content = Hello.content();
        WebServer.builder()
                .host("127.0.0.1")
                .port(arguments.port())
                .backlog(BACKLOG)
                .idleConnectionTimeout(IDLE)
                .connectionOptions(options -> options.tcpNoDelay(true))
                .routing(routing -> routing.any((_, response) -> response.send(content)))
                .addRouting(
                        WsRouting.builder()
                                .endpoint(Paths.ECHO, new Echo())
                                .endpoint(Paths.BROADCAST, new Broadcast()))
                .build()
                .start();
    }

    private static final class Echo implements WsListener {
        @Override
        public void onMessage(WsSession session, String text, boolean last) {
            session.send(text, last);
        }
    }

    private static final class Broadcast implements WsListener {
        private final Set<WsSession> members = ConcurrentHashMap.newKeySet();

        @Override
        public void onOpen(WsSession session) {
            members.add(session);
            session.send(Paths.WELCOME, true);
        }

        @Override
        public void onMessage(WsSession session, String text, boolean last) {
            members.forEach(member -> send(member, text, last));
        }

        private void send(WsSession member, String text, boolean last) {
            try {
                member.send(text, last);
            } catch (RuntimeException _) {
                members.remove(member); // it is gone, and no event has said so
            }
        }

        @Override
        public void onClose(WsSession session, int status, String reason) {
            members.remove(session);
        }

        @Override
        public void onError(WsSession session, Throwable mistake) {
            members.remove(session);
        }
    }
}
