package caffeine.server.core;

import caffeine.http.HttpException;

/**
 * Decides what answers a request. Called on the thread that drives the connection, so it never
 * blocks.
 */
@FunctionalInterface
public interface Handler {

    /**
     * A request's head is complete; its content, if any, is still to come.
     *
     * @return what takes the content and answers; it may answer any time from now on
     * @throws HttpException to answer with an error page instead
     */
    ExchangeListener begin(Exchange exchange);
}
