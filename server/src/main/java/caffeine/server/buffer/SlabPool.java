package caffeine.server.buffer;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * Native memory for the {@link SegmentChain}s of a process: slabs, allocated when needed and
 * returned to the system when empty, except for a few. The memory is native so that {@code writev}
 * and {@code pwrite} can use it directly, and so that input of clients does not fill the small Java
 * heap of a worker; it is pooled because freeing native memory costs 70 µs (measured).
 *
 * <p>Thread-safe.
 */
public final class SlabPool {

    private static final int KEPT_EMPTY = 4;

    private final int limit;
    private final List<Slab> slabs = new ArrayList<>();
    private int empty;

    /** As many as there are slabs; read without the lock. */
    private volatile int made;

    private int keptEmpty = KEPT_EMPTY;

    /**
     * @param limitBytes the most memory to use, rounded up to whole slabs of 256 KiB
     */
    public SlabPool(long limitBytes) {
        this.limit = Math.toIntExact(Math.ceilDiv(limitBytes, Slab.BYTES));
    }

    /** A block of {@code 64 << order} bytes, or null when the limit is reached. */
    synchronized @Nullable Block take(int order) {
        Slab slab = slabWithRoom(order);
        if (slab == null) {
            return null;
        }
        if (slab.isEmpty()) {
            empty--;
        }
        return new Block(slab, slab.take(order));
    }

    synchronized void give(Block block) {
        Slab slab = block.slab;
        slab.give(block.node);
        if (slab.isEmpty()) {
            empty++;
            giveBackSpare();
        }
    }

    /** From now on frees every slab as soon as it is empty: for a pool whose users are draining. */
    public synchronized void keepNothing() {
        keptEmpty = 0;
        giveBackSpare();
    }

    private void giveBackSpare() {
        for (int i = slabs.size() - 1; empty > keptEmpty; i--) {
            if (slabs.get(i).isEmpty()) {
                slabs.remove(i).close();
                made = slabs.size();
                empty--;
            }
        }
    }

    /** How much memory this pool has taken from the system, in bytes. */
    public synchronized long bytes() {
        return (long) slabs.size() * Slab.BYTES;
    }

    /**
     * The fair share of one user: smaller by a quarter for each quarter of the memory in use, so
     * that the rest suffices for new users.
     *
     * @param most the share while memory is plentiful
     */
    public long share(long most) {
        int quarters = (int) (4L * made / limit);
        return most >> (2 * Math.min(3, quarters));
    }

    /** The unused memory that is kept, in bytes: whole slabs only. */
    public synchronized long emptyBytes() {
        return (long) empty * Slab.BYTES;
    }

    private @Nullable Slab slabWithRoom(int order) {
        // The first that fits: the last ones then become empty, and are freed.
        for (Slab slab : slabs) {
            if (slab.hasRoom(order)) {
                return slab;
            }
        }
        if (slabs.size() == limit) {
            return null;
        }
        Slab slab = new Slab();
        slabs.add(slab);
        made = slabs.size();
        empty++;
        return slab;
    }
}
