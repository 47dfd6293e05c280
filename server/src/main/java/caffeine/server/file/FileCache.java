package caffeine.server.file;

import org.jspecify.annotations.Nullable;

import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The files that were asked for last, by name, with the content of the small ones: at most {@value
 * #MOST_BYTES} bytes for the process. When it is full, entries that have not been used since the
 * last look at them go (second chance). Thread-safe.
 */
final class FileCache {

    private static final long MOST_BYTES = 16 << 20;

    private final Map<String, CachedFile> files = new ConcurrentHashMap<>();

    /** The bytes of all caches of the process. */
    private static final AtomicLong USED = new AtomicLong();

    private Iterator<Map.Entry<String, CachedFile>> hand = files.entrySet().iterator();

    @Nullable CachedFile get(String name) {
        return files.get(name);
    }

    void put(String name, CachedFile file) {
        CachedFile before = files.put(name, file);
        long used =
                USED.addAndGet(file.memoryBytes() - (before == null ? 0 : before.memoryBytes()));
        if (used > MOST_BYTES) {
            shrink();
        }
    }

    void remove(String name) {
        CachedFile file = files.remove(name);
        if (file != null) {
            USED.addAndGet(-file.memoryBytes());
        }
    }

    void clear() {
        files.keySet().forEach(this::remove);
    }

    /** Another cache may have most of the bytes: ends when this one is empty. */
    private synchronized void shrink() {
        while (USED.get() > MOST_BYTES && !files.isEmpty()) {
            if (!hand.hasNext()) {
                hand = files.entrySet().iterator();
                continue;
            }
            Map.Entry<String, CachedFile> next = hand.next();
            CachedFile file = next.getValue();
            if (!file.wasUsed() && files.remove(next.getKey(), file)) {
                USED.addAndGet(-file.memoryBytes());
            }
        }
    }
}
