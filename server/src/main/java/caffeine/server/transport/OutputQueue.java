package caffeine.server.transport;

import caffeine.server.buffer.SegmentChain;
import caffeine.server.buffer.SlabPool;
import caffeine.server.core.FileRange;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * The waiting output of a client: bytes and ranges of files, in order. Bytes are in limited native
 * memory; a few at the beginning may be in an array. The first piece does not change when others
 * are added, so that another thread may send it meanwhile.
 */
public final class OutputQueue {

    private static final int SMALL_BYTES = 4096;

    private final SlabPool pool;
    private @Nullable ByteBuffer small;
    private @Nullable SegmentChain bytes;

    /** Behind the bytes: ranges of files, and chains of bytes between them. */
    private @Nullable ArrayDeque<Object> behind;

    private long size;

    OutputQueue(SlabPool pool) {
        this.pool = pool;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /** How many bytes wait, those of files included. */
    public long size() {
        return size;
    }

    /** Appends a copy; false, with nothing changed, when memory is short. */
    boolean append(byte[] from, int start, int end) {
        return append(ByteBuffer.wrap(from), start, end);
    }

    /** The same by absolute indexes. */
    public boolean append(ByteBuffer from, int start, int end) {
        if (!last().append(from, start, end)) {
            return false;
        }
        size += end - start;
        return true;
    }

    /** The same; for an empty queue, a few bytes are copied to an array of their size. */
    public boolean appendSmall(ByteBuffer from, int start, int end) {
        if (end - start > SMALL_BYTES || !isEmpty()) {
            return append(from, start, end);
        }
        byte[] copy = new byte[end - start];
        from.get(start, copy);
        small = ByteBuffer.wrap(copy);
        size = copy.length;
        return true;
    }

    /** Appends a range of a file; takes ownership. */
    void append(FileRange file) {
        if (file.length() == 0) {
            file.close();
            return;
        }
        ArrayDeque<Object> queue = behind;
        if (queue == null) {
            queue = new ArrayDeque<>();
            behind = queue;
        }
        queue.add(file);
        size += file.length();
    }

    private SegmentChain last() {
        ArrayDeque<Object> queue = behind;
        if (queue == null || queue.isEmpty()) {
            SegmentChain chain = bytes;
            if (chain == null) {
                chain = new SegmentChain(pool);
                bytes = chain;
            }
            return chain;
        }
        if (queue.getLast() instanceof SegmentChain chain) {
            return chain;
        }
        SegmentChain chain = new SegmentChain(pool);
        queue.add(chain);
        return chain;
    }

    /** The file at the head; null when bytes are. */
    public @Nullable FileRange file() {
        boolean bytesFirst = small != null || (bytes != null && !bytes.isEmpty());
        ArrayDeque<Object> queue = behind;
        return !bytesFirst && queue != null && queue.peek() instanceof FileRange file ? file : null;
    }

    /** The bytes at the head, in native memory; empty when a file is. */
    public @Nullable SegmentChain chain() {
        return small == null ? bytes : null;
    }

    /** The contiguous bytes at the head; there must be some. */
    public ByteBuffer piece() {
        ByteBuffer first = small;
        if (first != null) {
            return first.duplicate();
        }
        SegmentChain rest = bytes;
        if (rest == null || rest.isEmpty()) {
            throw new IllegalStateException("no bytes to write");
        }
        return rest.segment().asSlice(rest.offset(), rest.length()).asByteBuffer();
    }

    /** Removes sent bytes at the head: of its bytes, or of its file. */
    public void sent(long count) {
        size -= count;
        FileRange file = file();
        if (file != null) {
            file.skip(count);
            if (file.length() == 0) {
                file.close();
                next();
            }
            return;
        }
        ByteBuffer first = small;
        if (first != null) {
            first.position(first.position() + (int) count);
            small = first.hasRemaining() ? first : null;
        } else if (bytes != null) {
            bytes.skip(count);
        }
    }

    /** A file is done: the bytes after it are at the head. */
    private void next() {
        ArrayDeque<Object> queue = behind;
        if (queue == null) {
            return;
        }
        queue.remove();
        if (queue.peek() instanceof SegmentChain chain) {
            bytes = chain;
            queue.remove();
        }
    }

    /** Drops everything, and closes files. */
    void clear() {
        small = null;
        size = 0;
        if (bytes != null) {
            bytes.clear();
        }
        ArrayDeque<Object> queue = behind;
        behind = null;
        if (queue != null) {
            for (Object each : queue) {
                if (each instanceof FileRange file) {
                    file.close();
                } else if (each instanceof SegmentChain chain) {
                    chain.clear();
                }
            }
        }
    }
}
