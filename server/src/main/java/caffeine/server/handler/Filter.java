package caffeine.server.handler;

/**
 * Surrounds the handlers of a {@link Router}: sees each request before, and its response after.
 *
 * <pre>{@code
 * router.filter((request, next) -> {
 *     if (request.cookie("session").isEmpty()) {
 *         return Response.redirect("/login");
 *     }
 *     return next.answer(request).with("Cache-Control", "private");
 * });
 * }</pre>
 *
 * <p>Files, streams, events and WebSocket answer in pieces, behind the filters: there {@code
 * next.answer} returns an empty response that stands for theirs. Fields that a filter adds to it go
 * to the client with the real one; another response than it is sent in place of the real one. Such
 * a request has no {@linkplain Request#content content} for a filter.
 *
 * <p>{@link Filters} has some that many programs need. Thread-safe.
 */
@FunctionalInterface
public interface Filter {

    /**
     * Answers a request.
     *
     * @param next the next filter, or the handler
     * @throws caffeine.http.HttpException to answer with its status and an error page
     * @throws Exception for any other failure: 500, and a line in the log
     */
    Response answer(Request request, RequestFunction next) throws Exception;
}
