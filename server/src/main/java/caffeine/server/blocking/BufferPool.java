package caffeine.server.blocking;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.ArrayBlockingQueue;

/** Large buffers for use between two waits. Thread-safe. */
public final class BufferPool {

    private static final int BYTES = 64 * 1024;

    private final ArrayBlockingQueue<InputBuffer> spare;

    /**
     * A pool.
     *
     * @param most how many to keep
     */
    public BufferPool(int most) {
        this.spare = new ArrayBlockingQueue<>(most);
    }

    InputBuffer take() {
        @Nullable InputBuffer kept = spare.poll();
        return kept != null ? kept : new InputBuffer(BYTES);
    }

    void give(InputBuffer buffer) {
        boolean _ = spare.offer(buffer);
    }
}
