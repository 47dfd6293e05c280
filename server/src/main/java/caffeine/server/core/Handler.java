package caffeine.server.core;

import caffeine.http.HttpException;

/**
 * Answers requests. Called on the thread that drives the connection, so it must not block.
 *
 * <pre>{@code
 * Handler teapot = _ -> {
 *     throw new HttpException(418, "RFC 2324 §2.3.2", "a teapot");
 * };
 * }</pre>
 */
@FunctionalInterface
public interface Handler {

    /**
     * A request's head is complete; its content, if any, is still to come.
     *
     * @return the listener that takes the content and answers; it may answer at any time from now
     *     on
     * @throws HttpException to answer with an error page instead
     */
    ExchangeListener begin(Exchange exchange);
}
