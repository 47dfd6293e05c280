package caffeine.server.buffer;

import caffeine.http.HttpException;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory for content that is kept whole, all requests and messages of the process together: a part
 * of the heap, so that many large ones at once fail only the later ones, and not the process.
 */
public final class ContentMemory {

    private static final int PART_OF_HEAP = 4;

    /** That of the process. */
    public static final ContentMemory OF_PROCESS =
            new ContentMemory(Runtime.getRuntime().maxMemory() / PART_OF_HEAP);

    private final long limitBytes;
    private final AtomicLong usedBytes = new AtomicLong();

    /** Memory of that size. */
    public ContentMemory(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /**
     * Takes memory.
     *
     * @throws HttpException 503 when there is not enough
     */
    public void reserve(long bytes) {
        if (!offer(bytes)) {
            throw new HttpException(503, "RFC 9110 §15.6.4", "no memory for more content");
        }
    }

    private boolean offer(long bytes) {
        if (usedBytes.addAndGet(bytes) > limitBytes) {
            usedBytes.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    /** Returns memory. */
    public void release(long bytes) {
        usedBytes.addAndGet(-bytes);
    }

    /** The memory that is taken. */
    public long usedBytes() {
        return usedBytes.get();
    }

    /** The part of one owner, which grows and shrinks. Little of it is not counted. */
    public final class Share {

        /** Most connections never hold as much, and so never touch what all threads share. */
        private static final int SMALL_BYTES = 64 * 1024;

        private long countedBytes;

        /**
         * Sets how much its owner holds.
         *
         * @return false when there is not enough memory for the increase; nothing changes then
         */
        public boolean hold(long bytes) {
            long counted = bytes < SMALL_BYTES ? 0 : bytes;
            long more = counted - countedBytes;
            if (more > 0 && !offer(more)) {
                return false;
            }
            if (more < 0) {
                release(-more);
            }
            countedBytes = counted;
            return true;
        }
    }

    /** A part that holds nothing yet. */
    public Share share() {
        return new Share();
    }
}
