package caffeine.server.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.HttpException;
import caffeine.os.Descriptors;
import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.os.Processes.FileLimit;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;

class ContentSpoolTest {

    private static final int MIB = 1 << 20;

    @TempDir private Path folder;

    private ContentStore store;
    private ContentSpool spool;

    @BeforeEach
    void open() {
        store = new ContentStore(folder, 4 * MIB);
        spool = new ContentSpool(store);
    }

    @AfterEach
    void close() {
        spool.close();
        store.close();
        assertThat(store.pool().bytes()).isEqualTo(store.pool().emptyBytes());
    }

    @Nested
    class Reading {

        @Test
        void noContentIsDevNull() {
            int fd = spool.openForReading();
            assertThat(linkOf(fd)).isEqualTo("/dev/null");
            spool.close();
            assertThat(isOpen(fd)).isTrue();
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 63, 64, 65, 1000, 65_536, MIB - 1, MIB})
        void contentUpToOneMebibyteLiesInMemory(int size) {
            byte[] content = random(size);
            spool.write(content, 0, size);
            int fd = spool.openForReading();
            assertThat(linkOf(fd)).startsWith("/memfd:");
            assertThat(read(fd)).isEqualTo(content);
        }

        @ParameterizedTest
        @ValueSource(ints = {MIB + 1, 3 * MIB, 5 * MIB + 17})
        void largerContentLiesInAFileWithoutAName(int size) throws IOException {
            byte[] content = random(size);
            for (int at = 0; at < size; at += 50_000) {
                spool.write(content, at, Math.min(size, at + 50_000));
            }
            assertThat(spool.size()).isEqualTo(size);
            int fd = spool.openForReading();
            assertThat(linkOf(fd)).startsWith(folder.toRealPath() + "/").endsWith("(deleted)");
            assertThat(read(fd)).isEqualTo(content);
            try (Stream<Path> names = java.nio.file.Files.list(folder)) {
                assertThat(names).isEmpty();
            }
        }

        @Test
        void tinyPiecesAreGathered() {
            byte[] content = random(MIB + 200_000);
            for (int at = 0; at < content.length; at++) {
                spool.write(content, at, at + 1);
            }
            assertThat(read(spool.openForReading())).isEqualTo(content);
        }

        @Test
        void aScriptBeginsAtTheStart() {
            spool.write(random(10), 0, 10);
            int fd = spool.openForReading();
            assertThat(Descriptors.lseek(fd, 0, Descriptors.SEEK_CUR)).isZero();
        }

        @Test
        void isTheSameDescriptorEachTime() {
            spool.write(random(10), 0, 10);
            assertThat(spool.openForReading()).isEqualTo(spool.openForReading());
        }

        @Test
        void descriptorsCloseOnExec() {
            assertThat(Descriptors.getDescriptorFlags(spool.openForReading()))
                    .isEqualTo(Descriptors.FD_CLOEXEC);
            spool.write(random(10), 0, 10);
            assertThat(Descriptors.getDescriptorFlags(spool.openForReading()))
                    .isEqualTo(Descriptors.FD_CLOEXEC);
        }
    }

    @Nested
    class Memory {

        @Test
        void isSharedAndSmallContentMovesToAFileWhenItIsUsedUp() {
            ContentStore small = new ContentStore(folder, MIB);
            byte[] content = random(600_000);
            try (ContentSpool first = new ContentSpool(small);
                    ContentSpool second = new ContentSpool(small)) {
                first.write(content, 0, content.length);
                second.write(content, 0, content.length);
                assertThat(linkOf(first.openForReading())).startsWith("/memfd:");
                assertThat(linkOf(second.openForReading())).startsWith(folder.toString());
                assertThat(read(second.openForReading())).isEqualTo(content);
            }
            small.close();
        }

        @Test
        void isGivenBackAsSoonAsTheScriptCanReadIt() {
            spool.write(random(MIB), 0, MIB);
            spool.openForReading();
            assertThat(store.pool().bytes()).isEqualTo(store.pool().emptyBytes());
        }
    }

    @Nested
    class Closing {

        @Test
        void releasesTheDescriptorAndTwiceDoesNoHarm() {
            spool.write(random(10), 0, 10);
            int fd = spool.openForReading();
            spool.close();
            assertThat(isOpen(fd)).isFalse();
            int next = Files.open("/dev/null", Files.O_RDONLY, 0);
            spool.close();
            assertThat(isOpen(next)).isTrue();
            Descriptors.close(next);
        }

        @Test
        void releasesWhatNobodyAskedFor() {
            spool.write(random(2 * MIB), 0, 2 * MIB);
            spool.close();
            assertThat(store.pool().bytes()).isEqualTo(store.pool().emptyBytes());
        }
    }

    @Nested
    class Failures {

        @Test
        void aFullDiskIs507() {
            // /dev/full answers every write as a full disk does.
            int full = Files.open("/dev/full", Files.O_WRONLY, 0);
            spool.write(random(2 * MIB), 0, 2 * MIB);
            int fd = spool.openForReading();
            Descriptors.dup3(full, fd);
            Descriptors.close(full);
            byte[] more = random(100_000);
            assertStatus(507, "ENOSPC", () -> spool.write(more, 0, more.length));
        }

        @Test
        void noDescriptorLeftIs503() {
            writeWhereThereIsNoFolder(); // so that no class needs a descriptor to be loaded below
            spool.write(random(10), 0, 10);
            FileLimit before = Objects.requireNonNull(Processes.getFileLimit());
            assertThat(Processes.setFileLimit(0, new FileLimit(3, before.hard()))).isZero();
            try {
                assertStatus(503, "EMFILE", spool::openForReading);
            } finally {
                Processes.setFileLimit(0, before);
            }
        }

        @Test
        void noFolderIs500() {
            writeWhereThereIsNoFolder();
        }

        private void writeWhereThereIsNoFolder() {
            ContentStore lost = new ContentStore(folder.resolve("missing"), MIB);
            try (ContentSpool content = new ContentSpool(lost)) {
                byte[] bytes = random(MIB + 1);
                assertStatus(500, "ENOENT", () -> content.write(bytes, 0, bytes.length));
            }
            lost.close();
        }

        @Test
        void noMemoryAtAllIs503() {
            ContentStore tiny = new ContentStore(folder, 1);
            byte[] bytes = random(MIB);
            try (ContentSpool first = new ContentSpool(tiny);
                    ContentSpool second = new ContentSpool(tiny)) {
                first.write(bytes, 0, 200_000);
                assertStatus(503, "ENOMEM", () -> second.write(bytes, 0, 200_000));
            }
            assertThat(tiny.pool().bytes()).isEqualTo(tiny.pool().emptyBytes());
            tiny.close();
        }

        private void assertStatus(int status, String reason, ThrowingCallable call) {
            assertThatThrownBy(call)
                    .isInstanceOfSatisfying(
                            HttpException.class,
                            e -> {
                                assertThat(e.status()).isEqualTo(status);
                                assertThat(e.detail()).contains(reason);
                            });
        }
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static byte[] read(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(8 * MIB);
            int size = 0;
            long n;
            while ((n = Descriptors.pread(fd, buffer, size, buffer.byteSize() - size, size)) > 0) {
                size += (int) n;
            }
            byte[] bytes = new byte[size];
            buffer.asByteBuffer().get(0, bytes);
            return bytes;
        }
    }

    private static boolean isOpen(int fd) {
        return Descriptors.getDescriptorFlags(fd) >= 0;
    }

    private static String linkOf(int fd) {
        byte[] out = new byte[4096];
        int n = Files.readlink(Files.AT_FDCWD, Files.path("/proc/self/fd/" + fd), out);
        return new String(Arrays.copyOf(out, n), java.nio.charset.StandardCharsets.UTF_8);
    }
}
