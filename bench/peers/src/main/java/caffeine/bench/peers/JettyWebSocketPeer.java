package caffeine.bench.peers;

import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.server.ServerWebSocketContainer;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * WebSocket of Jetty's core: endpoints that say that they never block, on the selectors' threads.
 */
final class JettyWebSocketPeer {

    /** The selectors accept, no other thread. */
    private static final int ACCEPTORS = 0;

    private static final int BACKLOG = 4096;
    private static final Duration IDLE = Duration.ofMinutes(10);

    /** What its pool needs beside the selectors, or it does not start. */
    private static final int SPARE_THREADS = 6;

    private JettyWebSocketPeer() {}

    public static void main(String[] args) throws Exception {
        Hello.Arguments arguments = Hello.Arguments.of(args);
        Server server = new Server(new QueuedThreadPool(arguments.threads() + SPARE_THREADS));
        ServerConnector connector =
                new ServerConnector(
                        server, ACCEPTORS, arguments.threads(), new HttpConnectionFactory());
        connector.setHost("127.0.0.1");
        connector.setPort(arguments.port());
        connector.setAcceptQueueSize(BACKLOG);
        connector.setIdleTimeout(IDLE.toMillis());
        server.addConnector(connector);
        WebSocketUpgradeHandler sockets =
                WebSocketUpgradeHandler.from(server, JettyWebSocketPeer::configure);
        sockets.setHandler(new Answer());
        server.setHandler(sockets);
        server.start();
        server.join();
    }

    private static void configure(ServerWebSocketContainer container) {
        container.setIdleTimeout(IDLE);
        container.setInvocationType(Invocable.InvocationType.NON_BLOCKING);
        container.addMapping(Paths.ECHO, (_, _, _) -> new Echo());
        Set<Session> members = ConcurrentHashMap.newKeySet();
        container.addMapping(Paths.BROADCAST, (_, _, _) -> new Broadcast(members));
    }

    /** For requests without WebSocket. */
    private static final class Answer extends Handler.Abstract.NonBlocking {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            Content.Sink.write(response, true, Hello.TEXT, callback);
            return true;
        }
    }

    /** Public, because Jetty finds the methods of an endpoint by reflection. */
    public static final class Echo extends Session.Listener.AbstractAutoDemanding {
        @Override
        public void onWebSocketText(String message) {
            getSession().sendText(message, org.eclipse.jetty.websocket.api.Callback.NOOP);
        }
    }

    /** As {@link Echo}. */
    public static final class Broadcast extends Session.Listener.AbstractAutoDemanding {
        private final Set<Session> members;

        Broadcast(Set<Session> members) {
            this.members = members;
        }

        @Override
        public void onWebSocketOpen(Session session) {
            super.onWebSocketOpen(session);
            members.add(session);
            session.sendText(Paths.WELCOME, org.eclipse.jetty.websocket.api.Callback.NOOP);
        }

        @Override
        public void onWebSocketText(String message) {
            members.forEach(
                    member ->
                            member.sendText(
                                    message, org.eclipse.jetty.websocket.api.Callback.NOOP));
        }

        @Override
        public void onWebSocketClose(
                int status, String reason, org.eclipse.jetty.websocket.api.Callback callback) {
            members.remove(getSession());
            callback.succeed();
        }
    }
}
