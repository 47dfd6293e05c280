package caffeine.os.linux;

import static caffeine.os.testing.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.os.Descriptors;
import caffeine.os.Files;
import caffeine.os.testing.Machine;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

@OnLinux
class SharedMemoryTest {
    private final Machine machine = new Machine();

    @AfterEach
    void close() {
        machine.close();
    }

    private int memory(long bytes) {
        int fd = machine.opened(Files.memfdCreate("shared", 0));
        ok(Descriptors.ftruncate(fd, bytes));
        return fd;
    }

    @Test
    void twoMappingsOfOneFileAreOneMemory() {
        int fd = memory(8192);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment first = Objects.requireNonNull(SharedMemory.map(fd, 8192, arena));
            MemorySegment second = Objects.requireNonNull(SharedMemory.map(fd, 8192, arena));
            first.set(ValueLayout.JAVA_LONG, 4096, 42);
            assertThat(second.get(ValueLayout.JAVA_LONG, 4096)).isEqualTo(42);
            assertThat(second.byteSize()).isEqualTo(8192);
        }
    }

    @Test
    void isUnmappedWithItsArena() {
        int fd = memory(4096);
        Arena arena = Arena.ofConfined();
        MemorySegment mapped = Objects.requireNonNull(SharedMemory.map(fd, 4096, arena));
        assertThat(machine.readFile("/proc/self/maps")).contains("memfd:shared");
        arena.close();
        assertThat(machine.readFile("/proc/self/maps")).doesNotContain("memfd:shared");
        assertThatThrownBy(() -> mapped.get(ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void isRefused() {
        try (Arena arena = Arena.ofConfined()) {
            assertThat(SharedMemory.map(-1, 4096, arena)).isNull();
            assertThat(SharedMemory.map(memory(4096), 0, arena)).isNull();
        }
    }
}
