package caffeine.server.engine;

import caffeine.server.poll.Source;

import java.util.ArrayDeque;

/** Resources that a start has opened: closed in reverse order, unless the start succeeds. */
public final class OpenResources implements AutoCloseable {

    private final ArrayDeque<AutoCloseable> resources = new ArrayDeque<>();

    /** Nothing yet. */
    public OpenResources() {}

    /** Takes ownership of a resource, until {@link #keep}. */
    public <T extends AutoCloseable> T add(T resource) {
        resources.push(resource);
        return resource;
    }

    /** The start has succeeded: all of them stay open, and the engine takes ownership. */
    public void keep() {
        resources.clear();
    }

    /** Closes all of them; an exception of one close is thrown after the last. */
    @Override
    public void close() {
        Throwable first = null;
        while (!resources.isEmpty()) {
            try {
                resources.pop().close();
            } catch (Exception | Error e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw Source.unchecked(first);
        }
    }
}
