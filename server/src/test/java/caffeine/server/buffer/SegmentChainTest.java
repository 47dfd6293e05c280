package caffeine.server.buffer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.os.Iovecs;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.util.Random;

class SegmentChainTest {

    private static final int MIB = 1 << 20;

    private final SlabPool pool = new SlabPool(8 * MIB);
    private final SegmentChain chain = new SegmentChain(pool);

    @Test
    void isEmptyAndWithoutMemoryAtFirst() {
        assertThat(chain.isEmpty()).isTrue();
        assertThat(chain.room()).isZero();
        assertThat(pool.bytes()).isZero();
        assertThatThrownBy(chain::segment).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void keepsBytesInOrder() {
        Random random = new Random(3);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        ByteArrayOutputStream actual = new ByteArrayOutputStream();
        for (int round = 0; round < 2_000; round++) {
            byte[] bytes = new byte[random.nextInt(1 << random.nextInt(17)) + 2];
            random.nextBytes(bytes);
            assertThat(chain.append(bytes, 1, bytes.length)).isTrue();
            expected.write(bytes, 1, bytes.length - 1);
            take(random.nextInt((int) chain.size() + 1), actual);
            if (chain.size() > 2 * MIB) {
                take((int) chain.size(), actual);
            }
        }
        take((int) chain.size(), actual);
        assertThat(actual.toByteArray()).isEqualTo(expected.toByteArray());
        assertThat(pool.bytes()).isEqualTo(pool.emptyBytes());
    }

    @Test
    void hasNeverMoreThanTwiceTheRoomItNeeds() {
        for (int step : new int[] {1, 7, 63, 64, 65, 1000, 4096, 65_536, 300_000}) {
            byte[] bytes = new byte[step];
            while (chain.size() < MIB) {
                assertThat(chain.append(bytes, 0, step)).isTrue();
                if (chain.room() > Math.max(64, 2 * chain.size())) {
                    throw new AssertionError(chain.room() + " for " + chain.size());
                }
            }
            chain.clear();
        }
    }

    @Test
    void takesOneBlockForWhatComesAtOnce() {
        chain.append(new byte[8192], 0, 8192);
        assertThat(chain.length()).isEqualTo(8192);
        assertThat(chain.room()).isEqualTo(8192);
    }

    @Test
    void givesItsBlocksToWritev() {
        byte[] bytes = new byte[1000];
        for (int i = 0; i < 3; i++) {
            chain.append(bytes, 0, bytes.length);
        }
        chain.skip(10);
        Iovecs ranges = new Iovecs(16);
        assertThat(chain.addTo(ranges)).isEqualTo(2990);
        assertThat(ranges.bytes()).isEqualTo(2990);
        Iovecs one = new Iovecs(1);
        assertThat(chain.addTo(one)).isEqualTo(chain.length());
    }

    /** An array that grows would be copied again and again, and would be one range. */
    @Test
    void growsWithoutCopyingWhatItHas() {
        byte[] bytes = new byte[100];
        chain.append(bytes, 0, bytes.length);
        long memory = chain.segment().address() + chain.offset();
        Iovecs ranges = new Iovecs(64);
        int before = 0;
        while (chain.size() < MIB) {
            assertThat(chain.append(bytes, 0, bytes.length)).isTrue();
            assertThat(chain.segment().address() + chain.offset()).isEqualTo(memory);
            ranges.clear();
            assertThat(chain.addTo(ranges)).isEqualTo(chain.size());
            assertThat(ranges.count()).isBetween(before, before + 2);
            before = ranges.count();
        }
        assertThat(ranges.count()).as("64 B, doubling, for 1 MiB").isBetween(12, 20);
    }

    @Test
    void canBeUsedAgainAfterClear() {
        chain.append(new byte[100], 0, 100);
        chain.clear();
        chain.clear();
        assertThat(chain.append(new byte[] {5}, 0, 1)).isTrue();
        assertThat(chain.size()).isEqualTo(1);
    }

    @Test
    void refusesToSkipMoreThanThereIs() {
        chain.append(new byte[10], 0, 10);
        assertThatThrownBy(() -> chain.skip(11)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> chain.skip(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Nested
    class WhenThePoolIsUsedUp {

        @Test
        void changesNothing() {
            SlabPool small = new SlabPool(Slab.BYTES);
            SegmentChain full = new SegmentChain(small);
            assertThat(full.append(new byte[100], 0, 100)).isTrue();
            byte[] tooMuch = new byte[Slab.BYTES];
            assertThat(full.append(tooMuch, 0, tooMuch.length)).isFalse();
            assertThat(full.size()).isEqualTo(100);
            assertThat(full.room()).isEqualTo(128);
            full.clear();
            assertThat(full.append(tooMuch, 0, tooMuch.length)).isTrue();
        }

        /** So that those that come when much of it is used find some, too. */
        @Test
        void isSharedMoreSparinglyTheMoreIsUsed() {
            byte[] slab = new byte[Slab.BYTES];
            long most = 1 << 18;
            for (int quarter = 0; quarter < 4; quarter++) {
                assertThat(pool.share(most)).isEqualTo(most >> (2 * quarter));
                for (int i = 0; i < 2 * MIB / Slab.BYTES; i++) {
                    assertThat(chain.append(slab, 0, slab.length)).isTrue();
                }
            }
            assertThat(pool.share(most)).as("when it is full").isEqualTo(most >> 6);
        }

        @Test
        void leavesRoomForOthersWhenItIsGivenBack() {
            SegmentChain other = new SegmentChain(pool);
            byte[] slab = new byte[Slab.BYTES];
            int slabs = 0;
            while (chain.append(slab, 0, slab.length)) {
                slabs++;
            }
            assertThat(slabs).isEqualTo(8 * MIB / Slab.BYTES);
            assertThat(pool.bytes()).isEqualTo(8 * MIB);
            assertThat(other.append(slab, 0, 1)).isFalse();
            chain.skip(1);
            assertThat(other.append(slab, 0, 1)).isFalse();
            chain.skip(slab.length);
            assertThat(other.append(slab, 0, 1)).isTrue();
            other.close();
            chain.close();
            assertThat(pool.bytes()).isEqualTo(pool.emptyBytes()).isEqualTo(MIB);
        }
    }

    @Test
    void keepsNoEmptySlabsForUsersThatLeave() {
        byte[] slab = new byte[Slab.BYTES];
        for (int i = 0; i < 3; i++) {
            assertThat(chain.append(slab, 0, slab.length)).isTrue();
        }
        chain.skip(slab.length);
        assertThat(pool.emptyBytes()).isEqualTo(Slab.BYTES);
        pool.keepNothing();
        assertThat(pool.bytes()).isEqualTo(2 * Slab.BYTES);
        assertThat(chain.append(slab, 0, slab.length)).isTrue();
        chain.close();
        assertThat(pool.bytes()).isZero();
    }

    private void take(int n, ByteArrayOutputStream out) {
        int left = n;
        while (left > 0) {
            int part = Math.min(left, chain.length());
            byte[] bytes = new byte[part];
            chain.segment().asByteBuffer().get((int) chain.offset(), bytes, 0, part);
            out.write(bytes, 0, part);
            chain.skip(part);
            left -= part;
        }
    }
}
