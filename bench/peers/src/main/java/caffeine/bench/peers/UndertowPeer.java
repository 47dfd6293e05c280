package caffeine.bench.peers;

import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;

import org.xnio.Options;

import java.nio.ByteBuffer;

/** Undertow: a handler that answers on the I/O thread. */
final class UndertowPeer {
    private static final int BACKLOG = 4096;

    private UndertowPeer() {}

    public static void main(String[] args) {
        Hello.Arguments arguments = Hello.Arguments.of(args);
        Undertow.builder()
                .addHttpListener(arguments.port(), "127.0.0.1")
                .setIoThreads(arguments.threads())
                .setWorkerThreads(1)
                .setSocketOption(Options.BACKLOG, BACKLOG)
                .setServerOption(UndertowOptions.ALWAYS_SET_DATE, true)
                .setServerOption(UndertowOptions.ALWAYS_SET_KEEP_ALIVE, false)
                .setServerOption(UndertowOptions.RECORD_REQUEST_START_TIME, false)
                .setHandler(new Answer())
                .build()
                .start();
    }

    private static final class Answer implements HttpHandler {
        private final ByteBuffer content =
                ByteBuffer.allocateDirect(Hello.TEXT.length()).put(Hello.content()).flip();

        @Override
        public void handleRequest(HttpServerExchange exchange) {
            exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, Hello.TYPE);
            exchange.getResponseSender().send(content.duplicate());
        }
    }
}
