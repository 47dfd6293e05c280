package caffeine.server.script;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;
import caffeine.server.testing.NoLeaks;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

@ExtendWith(NoLeaks.class)
class OutputSpoolTest {

    private static final int PIECE = 1000;
    private static final int CAPACITY = 10 * PIECE;

    @TempDir private Path folder;

    private final MemorySegment buffer = Arena.ofAuto().allocate(CAPACITY);
    private final SpoolBudget budget = new SpoolBudget(2 * CAPACITY, 2);
    private ContentStore store;
    private OutputSpool spool;

    @BeforeEach
    void open() {
        store = new ContentStore(folder, 1 << 20);
        spool = new OutputSpool(store, budget, CAPACITY);
    }

    @AfterEach
    void close() {
        spool.close();
        store.close();
        assertThat(budget.take(Long.MAX_VALUE)).as("given back").isEqualTo(2 * CAPACITY);
    }

    /** Many times around the ring, with pieces that end on its borders and beside them. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void givesEveryByteInOrder(long seed) {
        Random random = new Random(seed);
        byte[] all = new byte[50 * CAPACITY];
        random.nextBytes(all);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int written = 0;
        while (out.size() < all.length) {
            int wanted = 1 + random.nextInt(random.nextBoolean() ? 10 : CAPACITY);
            int room = spool.room(Math.min(wanted, all.length - written));
            if (room > 0 && random.nextBoolean()) {
                write(Arrays.copyOfRange(all, written, written + room));
                written += room;
            } else if (!spool.isEmpty()) {
                out.writeBytes(read(1 + random.nextInt(CAPACITY)));
            }
            assertThat(spool.size()).isEqualTo(written - out.size()).isLessThanOrEqualTo(CAPACITY);
        }
        assertThat(Arrays.equals(out.toByteArray(), all)).isTrue();
        assertThat(spool.isEmpty()).isTrue();
    }

    @Test
    void hasRoomForItsCapacity() {
        assertThat(spool.room(CAPACITY + 1)).isEqualTo(CAPACITY);
        write(new byte[CAPACITY - 1]);
        assertThat(spool.room(PIECE)).isEqualTo(1);
        write(new byte[1]);
        assertThat(spool.room(PIECE)).isZero();
        assertThat(read(PIECE)).hasSize(PIECE);
        assertThat(spool.room(CAPACITY)).isEqualTo(PIECE);
    }

    @Test
    void hasRoomForWhatIsLeftForAll() {
        try (OutputSpool second = new OutputSpool(store, budget, CAPACITY);
                OutputSpool third = new OutputSpool(store, budget, CAPACITY)) {
            assertThat(spool.room(CAPACITY)).isEqualTo(CAPACITY);
            assertThat(budget.take(CAPACITY - PIECE)).isEqualTo(CAPACITY - PIECE);
            assertThat(second.room(CAPACITY)).as("bytes are left").isEqualTo(PIECE);
            budget.give(CAPACITY - PIECE);
            assertThat(second.room(CAPACITY)).isEqualTo(CAPACITY);
            assertThat(third.room(1)).as("and no file").isZero();
            spool.close();
            assertThat(third.room(1)).isEqualTo(1);
        }
    }

    @Test
    void keepsWhatItCannotWriteAndTakesNoMore() {
        ContentStore lost = new ContentStore(folder.resolve("missing"), 1 << 20);
        try (OutputSpool without = new OutputSpool(lost, budget, CAPACITY)) {
            assertThat(without.room(3)).isEqualTo(3);
            MemorySegment.copy(new byte[] {1, 2, 3}, 0, buffer, ValueLayout.JAVA_BYTE, 5, 3);
            assertThat(without.write(buffer, 5, 3)).isEqualTo(-Errno.ENOENT);
            assertThat(without.room(1)).isZero();
            assertThat(without.size()).isEqualTo(3);
            assertThat(without.read(buffer, 2)).isEqualTo(2);
            assertThat(without.read(buffer, 2)).isEqualTo(1);
            assertThat(buffer.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 3);
            assertThat(without.isEmpty()).isTrue();
        }
        lost.close();
    }

    @Test
    void keepsTheOrderWhenTheDiskIsFull() throws IOException {
        assertThat(spool.room(PIECE)).isEqualTo(PIECE);
        write(new byte[PIECE]);
        // /dev/full answers every write as a full disk does, and every read with zeros.
        int full = Files.open("/dev/full", Files.O_RDWR, 0);
        Descriptors.dup3(full, fileOfSpool());
        Descriptors.close(full);
        assertThat(spool.room(2)).isEqualTo(2);
        MemorySegment.copy(new byte[] {7, 8}, 0, buffer, ValueLayout.JAVA_BYTE, 0, 2);
        assertThat(spool.write(buffer, 0, 2)).isEqualTo(-Errno.ENOSPC);
        assertThat(spool.size()).isEqualTo(PIECE + 2);
        assertThat(read(CAPACITY)).isEqualTo(new byte[PIECE]);
        assertThat(read(CAPACITY)).containsExactly(7, 8);
        assertThat(spool.room(1)).isZero();
    }

    private int fileOfSpool() throws IOException {
        try (var links = java.nio.file.Files.list(Path.of("/proc/self/fd"))) {
            return links.filter(link -> isBelow(link, folder.toString()))
                    .mapToInt(link -> Integer.parseInt(link.getFileName().toString()))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static boolean isBelow(Path link, String folder) {
        try {
            return java.nio.file.Files.readSymbolicLink(link).toString().startsWith(folder + "/#");
        } catch (IOException _) {
            return false; // the descriptor that lists
        }
    }

    private void write(byte[] bytes) {
        MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
        assertThat(spool.write(buffer, 0, bytes.length)).isZero();
    }

    private byte[] read(int most) {
        int count = spool.read(buffer, most);
        assertThat(count).isPositive();
        return buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
    }
}
