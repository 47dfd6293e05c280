package caffeine.server.handler;

import caffeine.server.core.Handler;
import caffeine.server.engine.Preload;

/**
 * Makes handlers from functions. One that answers at once:
 *
 * <pre>{@code
 * Handlers.of(request -> Response.text("Hello, " + request.path() + "\n"))
 * }</pre>
 *
 * <p>one that waits for something, such as a database:
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
 * <p>The functions are called for many requests at the same time, so they are thread-safe. What
 * they throw costs their request its answer ({@link RequestFunction}, {@link StreamingFunction}),
 * and nobody else anything. {@code Deadlines.handlerNs} is the time that they have; when it is
 * over, the request is answered 504 and the thread, where it has one, interrupted. A response that
 * has begun is cut instead; a warning in the log tells which.
 *
 * <p>A function gets all content at once: at most {@code Limits.contentBytes} of one request (then
 * 413), and a quarter of the heap for all together (then 503).
 */
public final class Handlers {

    private Handlers() {}

    /**
     * A function that never blocks: it runs on the thread that drives the connection, and all
     * connections of that loop or lane wait for it. One that blocks for seconds all the same is a
     * warning in the log, with its stack.
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
     * its own, from the moment when the request's head is there. Neither side can be ahead of the
     * other by more than some 100 KiB: a client that takes nothing blocks the writing, and a
     * handler that reads nothing the client.
     */
    public static Handler streaming(StreamingFunction function) {
        Preload.virtualThreads();
        return new StreamingHandler(function);
    }

    /** The same to everybody. The cheapest of all: its bytes are kept. */
    public static Handler always(Response response) {
        return new ConstantHandler(response.head(), response.content());
    }
}
