package caffeine.server.file;

import java.util.HashMap;
import java.util.Map;

/**
 * The caches that the loops of a process share: one for each folder. All users must have the same
 * options, because the heads of responses are cached too. Thread-safe.
 */
public final class FileCaches {

    private static final class Shared {
        final FileCache cache = new FileCache();
        int users;
    }

    private final Map<String, Shared> caches = new HashMap<>();

    /**
     * Gives a cache to one more user.
     *
     * @param key the same for the same folder and purpose
     */
    synchronized FileCache take(String key) {
        Shared shared = caches.computeIfAbsent(key, _ -> new Shared());
        shared.users++;
        return shared.cache;
    }

    /** A user does not need its cache any more; the last one empties it. */
    synchronized void giveBack(String key) {
        Shared shared = caches.get(key);
        if (shared != null && --shared.users == 0) {
            caches.remove(key);
            shared.cache.clear();
        }
    }
}
