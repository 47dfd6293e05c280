package caffeine.server.handler;

import caffeine.http.HttpException;

/**
 * From a request to its response: the simple case, for {@link Handlers}.
 *
 * <pre>{@code
 * RequestFunction hello = request -> Response.text("Hello\n");
 * }</pre>
 */
@FunctionalInterface
public interface RequestFunction {

    /**
     * Answers a request.
     *
     * @throws HttpException to answer with its status and an error page
     * @throws Exception for any other failure: 500, and a line in the log
     */
    Response answer(Request request) throws Exception;
}
