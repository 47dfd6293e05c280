package caffeine.server.buffer;

import caffeine.os.Iovecs;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * A queue of bytes in native memory: a chain of blocks, each as large as all before it together (64
 * B, 64 B, 128 B, 256 B, … 256 KiB), or as the bytes at hand. Nothing is ever copied to make room.
 * Above 32 bytes, the chain never has more than twice the memory that it needs.
 *
 * <p>Its contents can be written in place, by {@link #addTo} and {@code writev}, or a block at a
 * time:
 *
 * <pre>{@code
 * while (!chain.isEmpty()) {
 *     long n = Descriptors.write(fd, chain.segment(), chain.offset(), chain.length());
 *     ...
 *     chain.skip(n);
 * }
 * }</pre>
 *
 * <p>Not thread-safe, but bound to no thread.
 */
public final class SegmentChain implements AutoCloseable {

    private final SlabPool pool;
    private @Nullable Block first;
    private @Nullable Block last;
    private long size;

    /** An empty chain, without memory. */
    public SegmentChain(SlabPool pool) {
        this.pool = pool;
    }

    /** How many bytes it holds. */
    public long size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /** Its memory in bytes, for a test. */
    long room() {
        long room = 0;
        for (Block block = first; block != null; block = block.next) {
            room += block.limit - Slab.offsetOf(block.node);
        }
        return room;
    }

    /**
     * Appends a copy of bytes.
     *
     * @return false, with nothing changed, when the pool has no memory left
     */
    public boolean append(byte[] b, int from, int to) {
        return append(ByteBuffer.wrap(b), from, to);
    }

    /** Like {@link #append(byte[], int, int)}; the buffer's position and limit do not matter. */
    public boolean append(ByteBuffer b, int from, int to) {
        Objects.checkFromToIndex(from, to, b.capacity());
        Block tail = last;
        int fits = tail == null ? 0 : Math.min(tail.limit - tail.end, to - from);
        Block fresh = null;
        if (to - from > fits) {
            fresh = blocksFor(to - from - fits);
            if (fresh == null) {
                return false;
            }
        }
        int at = from;
        if (tail != null) {
            at += tail.append(b, at, to);
        }
        while (fresh != null) {
            at += fresh.append(b, at, to);
            link(fresh);
            fresh = fresh.next;
        }
        size += to - from;
        return true;
    }

    /**
     * Adds its contents to the ranges of a {@code writev}, as far as they fit. Call {@link #skip}
     * with the number of bytes written.
     *
     * @return how many bytes were added
     */
    public long addTo(Iovecs ranges) {
        long added = 0;
        for (Block block = first; block != null; block = block.next) {
            if (block.length() > 0) {
                if (!ranges.add(block.slab.memory(), block.start, block.length())) {
                    break;
                }
                added += block.length();
            }
        }
        return added;
    }

    /** The memory of its first bytes; the chain must not be empty. */
    public MemorySegment segment() {
        return head().slab.memory();
    }

    /** Where in {@link #segment} its first bytes lie. */
    public long offset() {
        return head().start;
    }

    /** How many of its bytes are contiguous there, at least 1. */
    public int length() {
        return head().length();
    }

    /**
     * Drops the first bytes and frees their memory.
     *
     * @param bytes how many, at most {@link #size}
     */
    public void skip(long bytes) {
        if (bytes < 0 || bytes > size) {
            throw new IndexOutOfBoundsException(bytes + " of " + size);
        }
        size -= bytes;
        long left = bytes;
        Block block = first;
        while (block != null && left >= block.length()) {
            left -= block.length();
            Block next = block.next;
            pool.give(block);
            block = next;
        }
        first = block;
        if (block == null) {
            last = null;
        } else {
            block.start += (int) left;
        }
    }

    /** Drops everything and frees all memory. The chain can be used again. */
    public void clear() {
        skip(size);
    }

    @Override
    public void close() {
        clear();
    }

    private Block head() {
        if (first == null) {
            throw new IllegalStateException("the chain is empty");
        }
        return first;
    }

    private void link(Block block) {
        if (last == null) {
            first = block;
        } else {
            last.next = block;
        }
        last = block;
    }

    /** A chain of empty blocks for so many bytes, or null when there is not enough memory. */
    private @Nullable Block blocksFor(int bytes) {
        Block head = null;
        Block tail = null;
        int missing = bytes;
        while (missing > 0) {
            Block block = pool.take(orderFor(missing));
            if (block == null) {
                giveAll(head);
                return null;
            }
            missing -= block.limit - block.start;
            if (tail == null) {
                head = block;
            } else {
                tail.next = block;
            }
            tail = block;
        }
        return head;
    }

    private void giveAll(@Nullable Block head) {
        for (Block block = head; block != null; block = block.next) {
            pool.give(block);
        }
    }

    /**
     * The order of the next block, when so many bytes do not fit into the last. With S bytes in the
     * chain, and more on their way than the last block has room for, either choice keeps its room
     * within twice of what it will hold: the smallest power of two above the missing bytes M is
     * less than 2M, and the largest one below S is not more than S.
     */
    private int orderFor(int missing) {
        long wanted = Math.max(Long.highestOneBit(size), ceilingPowerOfTwo(missing));
        long bytes = Math.clamp(wanted, Slab.UNIT, Slab.BYTES);
        return Long.numberOfTrailingZeros(bytes / Slab.UNIT);
    }

    private static long ceilingPowerOfTwo(int n) {
        return n == 1 ? 1 : 2L * Integer.highestOneBit(n - 1);
    }
}
