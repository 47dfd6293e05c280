package caffeine.server.virtual;

import caffeine.server.buffer.SegmentChain;
import caffeine.server.buffer.SlabPool;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What a client has not taken yet. A small answer, which most are, lies in an array of its size;
 * what is more, or comes behind it, in native memory of which there is only so much. In the lane
 * only, but for the piece that is being written.
 */
final class WriteQueue {

    private static final int SMALL_BYTES = 4096;

    private final SlabPool pool;
    private @Nullable ByteBuffer small;
    private @Nullable SegmentChain chain;

    WriteQueue(SlabPool pool) {
        this.pool = pool;
    }

    boolean isEmpty() {
        return size() == 0;
    }

    long size() {
        long first = small == null ? 0 : small.remaining();
        return first + (chain == null ? 0 : chain.size());
    }

    /** Appends a copy; false, with nothing changed, when memory is short. */
    boolean add(byte[] bytes, int from, int to) {
        if (to - from <= SMALL_BYTES && isEmpty()) {
            small = ByteBuffer.wrap(Arrays.copyOfRange(bytes, from, to));
            return true;
        }
        SegmentChain more = chain;
        if (more == null) {
            more = new SegmentChain(pool);
            chain = more;
        }
        return more.append(bytes, from, to);
    }

    /**
     * What is to be written next; there must be something. It stays as it is, whatever is added,
     * until {@link #written} or {@link #clear}.
     */
    ByteBuffer piece() {
        ByteBuffer first = small;
        if (first != null) {
            return first;
        }
        SegmentChain rest = chain;
        if (rest == null) {
            throw new IllegalStateException("nothing to write");
        }
        return rest.segment().asSlice(rest.offset(), rest.length()).asByteBuffer();
    }

    /** So many bytes of the last piece have been written. */
    void written(int bytes) {
        ByteBuffer first = small;
        SegmentChain rest = chain;
        if (first != null) {
            small = first.hasRemaining() ? first : null; // it counts itself
        } else if (rest != null) {
            rest.skip(bytes);
        }
    }

    void clear() {
        small = null;
        SegmentChain rest = chain;
        if (rest != null) {
            rest.clear();
        }
    }
}
