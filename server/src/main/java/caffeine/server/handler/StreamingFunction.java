package caffeine.server.handler;

import caffeine.http.HttpException;

/**
 * Answers by reading and writing streams, on a virtual thread, for {@link Handlers#streaming}.
 *
 * <pre>{@code
 * StreamingFunction store = exchange -> {
 *     exchange.saveTo(folder.resolve(exchange.path("name")));
 *     exchange.respond(Response.of(204));
 * };
 * }</pre>
 */
@FunctionalInterface
public interface StreamingFunction {

    /**
     * Answers a request. When it returns, the response is complete.
     *
     * @throws HttpException to answer with its status and an error page
     * @throws Exception for any other failure, such as returning without an answer: 500 and a line
     *     in the log; when a part of the response has been sent by then, the connection is reset,
     *     so that it never looks complete
     */
    void answer(StreamingExchange exchange) throws Exception;
}
