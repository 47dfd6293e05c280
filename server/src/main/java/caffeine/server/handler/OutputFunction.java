package caffeine.server.handler;

import java.io.OutputStream;

/**
 * Writes the content of a response, for {@link Response#stream}; on a virtual thread.
 *
 * <pre>{@code
 * Response.stream("text/csv", out -> table.writeTo(out))
 * }</pre>
 */
@FunctionalInterface
public interface OutputFunction {

    /**
     * Writes all content. A write waits for a slow client, and throws an {@link
     * java.io.IOException} when it is gone. When this returns, the response is complete.
     *
     * @throws Exception to cut the response, so that it never looks complete
     */
    void write(OutputStream out) throws Exception;
}
