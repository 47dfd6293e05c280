package caffeine.server.script;

import caffeine.http.websocket.CloseCode;
import caffeine.http.websocket.WebSocketConnection;
import caffeine.http.websocket.WebSocketLimits;
import caffeine.http.websocket.WebSocketListener;
import caffeine.http.websocket.WebSocketOutput;
import caffeine.server.core.Protocol;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;

import java.util.function.LongSupplier;

/**
 * The client of a WebSocket script in a trial: sends its messages, and closes when the script has
 * been silent for a while. The script's output itself is what a trial keeps.
 */
final class TrialSocket implements WebSocketListener, WebSocketOutput {

    /** RFC 6455 §10.3: unpredictable for proxies, of which there are none. */
    private static final int MASKING_KEY = 0x12345678;

    /** A script that is never silent gets this many times the silence. */
    private static final int MOST_TIMES_QUIET = 5;

    private final EventLoop loop;
    private final Protocol server;
    private final LongSupplier lastOutputNs;
    private final long quietNs;
    private final long beginNs;
    private final WebSocketConnection connection;
    private final Timer leave = Timer.of(this::leaveWhenQuiet);
    private int closeCode;

    /**
     * @param server the connection's protocol at the other end
     * @param quietNs the silence that the client waits for
     * @param lastOutputNs when the script has last written
     */
    TrialSocket(EventLoop loop, Protocol server, long quietNs, LongSupplier lastOutputNs) {
        this.loop = loop;
        this.server = server;
        this.quietNs = quietNs;
        this.lastOutputNs = lastOutputNs;
        this.beginNs = loop.nowNs();
        this.connection =
                WebSocketConnection.client(
                        new WebSocketLimits(WebSocketLimits.LARGEST_MESSAGE_BYTES, 1),
                        null,
                        this,
                        this,
                        () -> MASKING_KEY);
    }

    /** Sends a message for each line, or one binary message. */
    void begin(byte[] messages, boolean binary) {
        if (binary && messages.length > 0) {
            boolean _ = connection.binary(messages, 0, messages.length);
        }
        for (int from = 0; !binary && from < messages.length; ) {
            int to = from;
            while (to < messages.length && messages[to] != '\n') {
                to++;
            }
            boolean _ = connection.text(messages, from, to);
            from = to + 1;
        }
        loop.timers().schedule(leave, beginNs + quietNs);
    }

    private void leaveWhenQuiet() {
        long quietAtNs = Math.max(beginNs, lastOutputNs.getAsLong()) + quietNs;
        long dueNs = Math.min(quietAtNs, beginNs + MOST_TIMES_QUIET * quietNs);
        if (dueNs <= loop.nowNs()) {
            connection.close(CloseCode.NORMAL, "");
        } else {
            loop.timers().schedule(leave, dueNs);
        }
    }

    /** The server has sent bytes. */
    void received(byte[] bytes) {
        int _ = connection.received(bytes, 0, bytes.length);
    }

    /** The code that the connection ended with; 0 while it is open. */
    int closeCode() {
        return closeCode;
    }

    @Override
    public void send(byte[] bytes, int from, int to) {
        server.received(bytes, from, to, loop.nowNs());
    }

    @Override
    public boolean isBackedUp() {
        return false;
    }

    @Override
    public void text(byte[] utf8) {}

    @Override
    public void binary(byte[] bytes) {}

    @Override
    public void closed(int code, String reason) {
        end(code);
    }

    @Override
    public void failed(int code, String detail) {
        end(code);
    }

    private void end(int code) {
        closeCode = code;
        loop.timers().cancel(leave);
    }
}
