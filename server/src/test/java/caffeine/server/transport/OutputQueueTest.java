package caffeine.server.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.server.buffer.SlabPool;
import caffeine.server.core.FileRange;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;

class OutputQueueTest {

    private static final int SLAB = 256 * 1024;

    private final SlabPool pool = new SlabPool(4 * SLAB);
    private final OutputQueue queue = new OutputQueue(pool);

    private boolean add(byte[] bytes) {
        return queue.appendSmall(ByteBuffer.wrap(bytes), 0, bytes.length);
    }

    /** Writes as a channel would, at most so much at a time, and adds up what it took. */
    private byte[] writeAll(int most) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (!queue.isEmpty()) {
            ByteBuffer piece = queue.piece();
            byte[] taken = new byte[Math.min(most, piece.remaining())];
            piece.get(taken);
            all.writeBytes(taken);
            queue.sent(taken.length);
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
        assertThat(queue.size()).isEqualTo(4096);
        assertThat(pool.bytes()).isZero();
        assertThat(writeAll(100)).isEqualTo(random(4096));
        assertThat(queue.size()).isZero();
    }

    @Test
    void everythingComesOutInOrder() {
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        for (int length : new int[] {10, 70_000, 1, 4096, 200_000, 3}) {
            assertThat(add(random(length))).isTrue();
            expected.writeBytes(random(length));
        }
        assertThat(queue.size()).isEqualTo(expected.size());
        assertThat(writeAll(9_999)).isEqualTo(expected.toByteArray());
    }

    @Test
    void whatIsAddedLeavesThePieceThatIsBeingWrittenAlone() {
        add(random(5000));
        ByteBuffer piece = queue.piece();
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
            assertThat(queue.size()).isLessThanOrEqualTo(4L * SLAB);
        }
        long kept = queue.size();
        assertThat(kept).isGreaterThan(2L * SLAB);
        assertThat(add(random(SLAB))).isFalse();
        assertThat(queue.size()).isEqualTo(kept);
        queue.clear();
        assertThat(queue.isEmpty()).isTrue();
        assertThat(add(random(SLAB))).as("the memory is back").isTrue();
        queue.clear();
    }

    /** A range of a file that is never read here. */
    private static final class Range extends FileRange {
        private boolean closed;

        Range(long position, long length) {
            super(position, length);
        }

        @Override
        public int read(ByteBuffer into) {
            throw new AssertionError("not read");
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    void filesAndBytesKeepTheirOrder() {
        Range first = new Range(10, 1000);
        Range second = new Range(0, 1L << 33);
        add(random(5));
        queue.append(first);
        add(random(7000));
        queue.append(second);
        add(random(3));
        assertThat(queue.size()).isEqualTo(5 + 1000 + 7000 + (1L << 33) + 3);
        assertThat(queue.file()).isNull();
        queue.sent(5);
        assertThat(queue.file()).isSameAs(first);
        queue.sent(400);
        assertThat(first.position()).isEqualTo(410);
        assertThat(first.length()).isEqualTo(600);
        queue.sent(600);
        assertThat(first.closed).isTrue();
        assertThat(queue.file()).isNull();
        byte[] between = new byte[7000];
        for (int at = 0; at < between.length; ) {
            ByteBuffer piece = queue.piece();
            int length = piece.remaining();
            piece.get(between, at, length);
            at += length;
            queue.sent(length);
        }
        assertThat(between).isEqualTo(random(7000));
        assertThat(queue.file()).isSameAs(second);
        queue.sent(1L << 33);
        assertThat(writeAll(1)).isEqualTo(random(3));
        assertThat(second.closed).isTrue();
    }

    @Test
    void clearsAllAndClosesFiles() {
        Range first = new Range(0, 1);
        Range second = new Range(0, 1);
        queue.append(first);
        add(random(9000));
        queue.append(second);
        queue.clear();
        assertThat(queue.size()).isZero();
        assertThat(first.closed && second.closed).isTrue();
        assertThat(add(random(9000))).isTrue();
        assertThat(writeAll(9000)).isEqualTo(random(9000));
    }

    @Test
    void nothingCannotBeWritten() {
        assertThatThrownBy(queue::piece).isInstanceOf(IllegalStateException.class);
    }
}
