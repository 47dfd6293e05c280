package caffeine.server.buffer;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/** A link of a {@link SegmentChain}: a range of a slab, of which a part is filled. */
final class Block {
    final Slab slab;
    final int node;

    /** Where in the slab the unread bytes begin and end, and where the block ends. */
    int start;

    int end;
    final int limit;

    @Nullable Block next;

    Block(Slab slab, int node) {
        this.slab = slab;
        this.node = node;
        this.start = Slab.offsetOf(node);
        this.end = start;
        this.limit = start + (Slab.UNIT << Slab.orderOf(node));
    }

    int length() {
        return end - start;
    }

    /** Copies as much as fits; returns how much that was. */
    int append(ByteBuffer b, int from, int to) {
        int n = Math.min(to - from, limit - end);
        slab.view().put(end, b, from, n);
        end += n;
        return n;
    }
}
