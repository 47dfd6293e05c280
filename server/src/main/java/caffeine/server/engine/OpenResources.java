package caffeine.server.engine;

import caffeine.server.poll.Source;

import java.util.ArrayDeque;

/** What a start has opened so far: closed in reverse order, unless the start succeeds. */
public final class OpenResources implements AutoCloseable {

    private final ArrayDeque<AutoCloseable> resources = new ArrayDeque<>();

    /** Nothing yet. */
    public OpenResources() {}

    /** Takes ownership of a resource, until {@link #keep}. */
    public <T extends AutoCloseable> T add(T resource) {
        resources.push(resource);
        return resource;
    }

    /** The start has succeeded: all of it stays open, and belongs to what was started. */
    public void keep() {
        resources.clear();
    }

    /** Closes all of it; what one close throws comes after the last. */
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
