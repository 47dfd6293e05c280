package caffeine.bench.peers;

import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

import java.nio.ByteBuffer;

/**
 * Jetty's core, without servlets: a handler that says that it never blocks, so that the selectors'
 * threads run it themselves.
 */
final class JettyPeer {

    /** Nobody accepts but the selectors. */
    private static final int ACCEPTORS = 0;

    private static final int BACKLOG = 4096;
    private static final long IDLE_MS = 600_000;

    /** What its pool needs beside the selectors, or it does not start. */
    private static final int SPARE_THREADS = 6;

    private JettyPeer() {}

    public static void main(String[] args) throws Exception {
        Hello.Arguments arguments = Hello.Arguments.of(args);
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.setSendServerVersion(false);
        configuration.setSendDateHeader(true);
        Server server = new Server(new QueuedThreadPool(arguments.threads() + SPARE_THREADS));
        ServerConnector connector =
                new ServerConnector(
                        server,
                        ACCEPTORS,
                        arguments.threads(),
                        new HttpConnectionFactory(configuration));
        connector.setHost("127.0.0.1");
        connector.setPort(arguments.port());
        connector.setAcceptQueueSize(BACKLOG);
        connector.setIdleTimeout(IDLE_MS);
        server.addConnector(connector);
        server.setHandler(new Answer());
        server.start();
        server.join();
    }

    private static final class Answer extends Handler.Abstract.NonBlocking {
        private static final HttpField TYPE =
                new PreEncodedHttpField(HttpHeader.CONTENT_TYPE, Hello.TYPE);
        private static final HttpField LENGTH =
                new PreEncodedHttpField(
                        HttpHeader.CONTENT_LENGTH, Integer.toString(Hello.TEXT.length()));

        private final ByteBuffer content =
                ByteBuffer.allocateDirect(Hello.TEXT.length()).put(Hello.content()).flip();

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.getHeaders().put(TYPE).put(LENGTH);
            response.write(true, content.duplicate(), callback);
            return true;
        }
    }
}
