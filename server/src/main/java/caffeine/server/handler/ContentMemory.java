package caffeine.server.handler;

import caffeine.http.HttpException;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory for content that is kept whole, all requests of the process together: a part of the heap,
 * so that many large requests at once fail only the later ones, and not the process.
 */
final class ContentMemory {

    private static final int PART_OF_HEAP = 4;

    static final ContentMemory OF_PROCESS =
            new ContentMemory(Runtime.getRuntime().maxMemory() / PART_OF_HEAP);

    private final long limitBytes;
    private final AtomicLong usedBytes = new AtomicLong();

    ContentMemory(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /**
     * Takes memory.
     *
     * @throws HttpException 503 when there is not enough
     */
    void reserve(long bytes) {
        if (usedBytes.addAndGet(bytes) > limitBytes) {
            usedBytes.addAndGet(-bytes);
            throw new HttpException(503, "RFC 9110 §15.6.4", "no memory for more content");
        }
    }

    void release(long bytes) {
        usedBytes.addAndGet(-bytes);
    }

    long usedBytes() {
        return usedBytes.get();
    }
}
