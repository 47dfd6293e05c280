package caffeine.bench.peers;

import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.websockets.WebSocketConnectionCallback;
import io.undertow.websockets.core.AbstractReceiveListener;
import io.undertow.websockets.core.BufferedTextMessage;
import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.core.WebSockets;
import io.undertow.websockets.spi.WebSocketHttpExchange;

import org.xnio.Options;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** WebSocket of Undertow: listeners on the I/O threads. */
final class UndertowWebSocketPeer {
    private static final int BACKLOG = 4096;

    private UndertowWebSocketPeer() {}

    public static void main(String[] args) {
        Hello.Arguments arguments = Hello.Arguments.of(args);
        Undertow.builder()
                .addHttpListener(arguments.port(), "127.0.0.1")
                .setIoThreads(arguments.threads())
                .setWorkerThreads(1)
                .setSocketOption(Options.BACKLOG, BACKLOG)
                .setHandler(
                        Handlers.path(exchange -> exchange.getResponseSender().send(Hello.TEXT))
                                .addExactPath(Paths.ECHO, Handlers.websocket(new Echo()))
                                .addExactPath(Paths.BROADCAST, Handlers.websocket(new Broadcast())))
                .build()
                .start();
    }

    private static final class Echo extends AbstractReceiveListener
            implements WebSocketConnectionCallback {
        @Override
        public void onConnect(WebSocketHttpExchange exchange, WebSocketChannel channel) {
            channel.getReceiveSetter().set(this);
            channel.resumeReceives();
        }

        @Override
        protected void onFullTextMessage(WebSocketChannel channel, BufferedTextMessage message) {
            WebSockets.sendText(message.getData(), channel, null);
        }
    }

    private static final class Broadcast extends AbstractReceiveListener
            implements WebSocketConnectionCallback {
        @Override
        public void onConnect(WebSocketHttpExchange exchange, WebSocketChannel channel) {
            channel.getReceiveSetter().set(this);
            channel.resumeReceives();
            WebSockets.sendText(Paths.WELCOME, channel, null);
        }

        /** Encodes it once, for all. */
        @Override
        protected void onFullTextMessage(WebSocketChannel channel, BufferedTextMessage message) {
            ByteBuffer text = ByteBuffer.wrap(message.getData().getBytes(StandardCharsets.UTF_8));
            for (WebSocketChannel member : channel.getPeerConnections()) {
                WebSockets.sendText(text.duplicate(), member, null);
            }
        }
    }
}
