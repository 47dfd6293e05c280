package caffeine.server.file;

import org.jspecify.annotations.Nullable;

import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The files that were asked for last, by name, with the content of the small ones: at most 16 MiB
 * for the process, or a quarter of a small heap. When it is full, entries that have not been used
 * since the last look at them go (second chance). Thread-safe.
 */
final class FileCache {

    private static final long MOST_BYTES =
            Math.min(16L << 20, Runtime.getRuntime().maxMemory() / 4);

    /** How many folders are remembered; a power of two. */
    private static final int FOLDERS = 64;

    /**
     * A look at a folder.
     *
     * @param version null when there is no folder, or its version says too little
     */
    record Look(String folder, @Nullable FileVersion version, long lookedNs) {}

    private final Map<String, CachedFile> files = new ConcurrentHashMap<>();

    /** The last looks, each at the place of its hash. */
    private final AtomicReferenceArray<@Nullable Look> looks = new AtomicReferenceArray<>(FOLDERS);

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

    /** The last look at a folder; null when it is not remembered. */
    @Nullable Look look(String folder) {
        Look look = looks.get(place(folder));
        return look != null && look.folder.equals(folder) ? look : null;
    }

    void put(Look look) {
        looks.set(place(look.folder), look);
    }

    private static int place(String folder) {
        int hash = folder.hashCode();
        return (hash ^ (hash >>> 16)) & (FOLDERS - 1);
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
