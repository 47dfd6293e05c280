package caffeine.server.handler;

/**
 * From an exception of a handler to the response, for {@link Router#onError}:
 *
 * <pre>{@code
 * router.onError(NoSuchNote.class, (request, e) -> Response.problem(404, e.getMessage()));
 * }</pre>
 *
 * @param <E> the exceptions
 */
@FunctionalInterface
public interface ErrorFunction<E extends Throwable> {

    /**
     * Answers a request that has failed.
     *
     * @throws Exception 500, and a line in the log
     */
    Response answer(Request request, E error) throws Exception;
}
