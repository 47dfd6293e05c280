package caffeine.server.virtual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.server.buffer.SlabPool;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;

class WriteQueueTest {

    private static final int SLAB = 256 * 1024;

    private final SlabPool pool = new SlabPool(4 * SLAB);
    private final WriteQueue outgoing = new WriteQueue(pool);

    private boolean add(byte[] bytes) {
        return outgoing.add(bytes, 0, bytes.length);
    }

    /** Writes as a channel would, at most so much at a time, and adds up what it took. */
    private byte[] writeAll(int most) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (!outgoing.isEmpty()) {
            ByteBuffer piece = outgoing.piece();
            byte[] taken = new byte[Math.min(most, piece.remaining())];
            piece.get(taken);
            all.writeBytes(taken);
            outgoing.written(taken.length);
        }
        return all.toByteArray();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void aSmallAnswerTakesNothingOfTheSharedMemory() {
        assertThat(add(random(4096))).isTrue();
        assertThat(outgoing.size()).isEqualTo(4096);
        assertThat(pool.bytes()).isZero();
        assertThat(writeAll(100)).isEqualTo(random(4096));
        assertThat(outgoing.size()).isZero();
    }

    @Test
    void everythingComesOutInOrder() {
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        for (int length : new int[] {10, 70_000, 1, 4096, 200_000, 3}) {
            assertThat(add(random(length))).isTrue();
            expected.writeBytes(random(length));
        }
        assertThat(outgoing.size()).isEqualTo(expected.size());
        assertThat(writeAll(9_999)).isEqualTo(expected.toByteArray());
    }

    @Test
    void whatIsAddedLeavesThePieceThatIsBeingWrittenAlone() {
        add(random(5000));
        ByteBuffer piece = outgoing.piece();
        int length = piece.remaining();
        add(random(3000));
        assertThat(piece.remaining()).isEqualTo(length);
        byte[] bytes = new byte[length];
        piece.get(bytes);
        assertThat(bytes).isEqualTo(random(5000));
    }

    @Test
    void memoryIsLimitedAndNothingOfWhatDoesNotFitIsKept() {
        while (add(random(SLAB))) {
            assertThat(outgoing.size()).isLessThanOrEqualTo(4L * SLAB);
        }
        long kept = outgoing.size();
        assertThat(kept).isGreaterThan(2L * SLAB);
        assertThat(add(random(SLAB))).isFalse();
        assertThat(outgoing.size()).isEqualTo(kept);
        outgoing.clear();
        assertThat(outgoing.isEmpty()).isTrue();
        assertThat(add(random(SLAB))).as("the memory is back").isTrue();
        outgoing.clear();
    }

    @Test
    void nothingCannotBeWritten() {
        assertThatThrownBy(outgoing::piece).isInstanceOf(IllegalStateException.class);
    }
}
