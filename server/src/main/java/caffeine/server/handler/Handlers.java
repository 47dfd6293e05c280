package caffeine.server.handler;

import caffeine.server.buffer.ContentMemory;
import caffeine.server.core.Handler;
import caffeine.server.engine.Preload;
import caffeine.server.options.WebSocketOptions;

import java.util.Objects;
import java.util.function.Supplier;

/**
 * Makes handlers from functions. One that answers at once:
 *
 * <pre>{@code
 * Handlers.of(request -> Response.text("Hello, " + request.path() + "\n"))
 * }</pre>
 *
 * <p>one that waits, for a database for example:
 *
 * <pre>{@code
 * Handlers.blocking(request -> Response.json(database.find(request.query())))
 * }</pre>
 *
 * <p>and one whose request or response is too large to be kept:
 *
 * <pre>{@code
 * Handlers.streaming(
 *         exchange -> exchange.content().transferTo(exchange.respond(ResponseHead.of(200))))
 * }</pre>
 *
 * <p>The functions are called for many requests at the same time, so they are thread-safe. An
 * exception fails its own request only ({@link RequestFunction}, {@link StreamingFunction}). {@code
 * Deadlines.handlerNs} is their time limit; when it is over, the request is answered 504 and its
 * thread, if it has one, is interrupted. A response that has begun is cut instead; the log has a
 * warning.
 *
 * <p>A function gets all content at once: at most {@code Limits.contentBytes} of one request (then
 * 413), and a quarter of the heap for all together (then 503).
 */
public final class Handlers {

    private Handlers() {}

    /**
     * A function that never blocks: it runs on the thread that drives the connection, and all
     * connections of that loop or lane wait for it. If it blocks for seconds, the log has a warning
     * with its stack.
     */
    public static Handler of(RequestFunction function) {
        return new FunctionHandler(function, false, ContentMemory.OF_PROCESS);
    }

    /** A function that may block: each call has a virtual thread of its own. */
    public static Handler blocking(RequestFunction function) {
        Preload.virtualThreads();
        return new FunctionHandler(function, true, ContentMemory.OF_PROCESS);
    }

    /**
     * A function that reads and writes streams, and may block: each call has a virtual thread of
     * its own, from the complete head of the request on. Neither side can be ahead of the other by
     * more than about 100 KiB: a client that reads nothing blocks the handler, and a handler that
     * reads nothing blocks the client.
     */
    public static Handler streaming(StreamingFunction function) {
        Preload.virtualThreads();
        return new StreamingHandler(function);
    }

    /**
     * A WebSocket address (RFC 6455), with the usual {@link WebSocketOptions}:
     *
     * <pre>{@code
     * Handlers.webSocket(new Chat())
     * }</pre>
     *
     * A request that is no opening handshake gets 426, and one of another method 405. A page of
     * another host gets 403, because a browser sends the user's cookies along.
     *
     * @param handler serves all connections
     */
    public static Handler webSocket(WebSocketHandler handler) {
        return webSocket(handler, WebSocketOptions.DEFAULT);
    }

    /** The same with other options. */
    public static Handler webSocket(WebSocketHandler handler, WebSocketOptions options) {
        Objects.requireNonNull(handler);
        return new WebSocketUpgrade(() -> handler, options);
    }

    /** The same with a handler for each connection, which can have its state. */
    public static Handler webSocket(
            Supplier<? extends WebSocketHandler> handlers, WebSocketOptions options) {
        Objects.requireNonNull(handlers);
        return new WebSocketUpgrade(handlers, options);
    }

    /** The same response for every request. The fastest handler: its bytes are prepared once. */
    public static Handler always(Response response) {
        return new ConstantHandler(response.head(), response.content());
    }
}
