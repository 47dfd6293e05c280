package caffeine.server.engine;

import caffeine.server.poll.Source;

import java.util.ArrayDeque;

/** What a start has opened: closed in reverse order when it fails, or at the engine's end. */
public final class OpenResources implements AutoCloseable {

    private final ArrayDeque<AutoCloseable> resources = new ArrayDeque<>();

    /** Nothing yet. */
    public OpenResources() {}

    /** Takes ownership of a resource. */
    public <T extends AutoCloseable> T add(T resource) {
        resources.push(resource);
        return resource;
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
