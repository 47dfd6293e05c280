package caffeine.server.buffer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

class SlabTest {

    private final Slab slab = new Slab();

    @AfterEach
    void close() {
        slab.close();
    }

    @Test
    void givesItselfAsOneBlock() {
        assertThat(slab.hasRoom(Slab.TOP)).isTrue();
        int node = slab.take(Slab.TOP);
        assertThat(Slab.offsetOf(node)).isZero();
        assertThat(slab.hasRoom(0)).isFalse();
        slab.give(node);
        assertThat(slab.isEmpty()).isTrue();
    }

    @Test
    void givesAllItsUnits() {
        boolean[] seen = new boolean[Slab.BYTES / Slab.UNIT];
        for (int i = 0; i < seen.length; i++) {
            int unit = Slab.offsetOf(slab.take(0)) / Slab.UNIT;
            assertThat(seen[unit]).isFalse();
            seen[unit] = true;
        }
        assertThat(slab.hasRoom(0)).isFalse();
    }

    @Test
    void joinsBuddiesAgain() {
        int left = slab.take(Slab.TOP - 1);
        int right = slab.take(Slab.TOP - 1);
        slab.give(right);
        assertThat(slab.hasRoom(Slab.TOP)).isFalse();
        slab.give(left);
        assertThat(slab.hasRoom(Slab.TOP)).isTrue();
    }

    @Test
    void neverGivesTheSameBytesTwice() {
        Random random = new Random(7);
        boolean[] used = new boolean[Slab.BYTES / Slab.UNIT];
        List<Integer> nodes = new ArrayList<>();
        for (int round = 0; round < 20_000; round++) {
            int order = random.nextInt(Slab.TOP);
            if (slab.hasRoom(order) && random.nextInt(5) < 3) {
                int node = slab.take(order);
                nodes.add(node);
                mark(used, node, false);
            } else if (!nodes.isEmpty()) {
                int node = nodes.remove(/* index */ random.nextInt(nodes.size()));
                slab.give(node);
                mark(used, node, true);
            }
        }
        nodes.forEach(slab::give);
        assertThat(slab.isEmpty()).isTrue();
    }

    /** Plain checks: an assertion library is too slow for every unit of every block. */
    private static void mark(boolean[] used, int node, boolean before) {
        int first = Slab.offsetOf(node) / Slab.UNIT;
        for (int unit = first; unit < first + (1 << Slab.orderOf(node)); unit++) {
            if (used[unit] != before) {
                throw new AssertionError("unit " + unit + " of node " + node);
            }
            used[unit] = !before;
        }
    }
}
