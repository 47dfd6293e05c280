package caffeine.os.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.os.Errno;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;

@OnLinux
class NativeTest {
    private static final MemorySegment CLOSE = Native.function("close");
    private static final MemorySegment LSEEK = Native.function("lseek");
    private static final MemorySegment MISSING = Native.function("no_such_function_anywhere");

    @Test
    void missingFunctionsAreNotImplemented() {
        assertThat(Native.exists(MISSING)).isFalse();
        assertThat(Native.call(MISSING, 0, 0, 0)).isEqualTo(-Errno.ENOSYS);
        assertThat(Native.callInt(MISSING, 0)).isEqualTo(-Errno.ENOSYS);
        assertThat(Native.callForErrno(MISSING, 0, 0, 0, 0, 0, 0)).isEqualTo(-Errno.ENOSYS);
    }

    @Test
    void intResultsAreNarrowed() {
        // abs of a lower half shows that the callee reads no more, nor do we.
        MemorySegment abs = Native.function("abs");
        assertThat(Native.callInt(abs, 0xffff_ffff_0000_0005L)).isEqualTo(5);
        assertThat(Native.callInt(CLOSE, -1)).isEqualTo(-Errno.EBADF);
    }

    @Test
    void longResultsAreNot() {
        assertThat(Native.call(Native.function("labs"), -5_000_000_000L, 0, 0))
                .isEqualTo(5_000_000_000L);
        assertThat(Native.call(LSEEK, -1, 0, 0)).isEqualTo(-Errno.EBADF);
    }

    @Test
    void variadicFunctionsTakeTheSameShape() {
        // snprintf reads its variadic arguments as fcntl and syscall do: four of them here.
        Memory text = Memory.allocate(64);
        byte[] format = "%ld %ld %ld %ld".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        text.putString(32, format);
        MemorySegment snprintf = Native.function("snprintf");
        long min = Long.MIN_VALUE;
        assertThat(Native.callInt(snprintf, text.address(), 32, text.address(32), 1, min, 3, -4))
                .isEqualTo(27);
        byte[] out = new byte[27];
        text.get(0, out, 0, 27);
        assertThat(out).asString().isEqualTo("1 -9223372036854775808 3 -4");
    }

    @Test
    void errnoIsTheOnlyCapturedStateAndAnIntAtTheBeginning() {
        var layout = Linker.Option.captureStateLayout();
        assertThat(layout.byteOffset(PathElement.groupElement("errno"))).isZero();
        assertThat(layout.byteSize()).isLessThanOrEqualTo(ThreadMemory.CALL_STATE_BYTES);
    }

    @Test
    void everyThreadHasItsOwnErrno() {
        CompletableFuture<Boolean> other =
                CompletableFuture.supplyAsync(
                        () -> {
                            for (int i = 0; i < 20_000; i++) {
                                if (Native.call(LSEEK, 0, 0, 99) == -Errno.EBADF) {
                                    return false;
                                }
                            }
                            return true;
                        });
        for (int i = 0; i < 20_000; i++) {
            assertThat(Native.callInt(CLOSE, -1)).isEqualTo(-Errno.EBADF);
        }
        assertThat(other.join()).isTrue();
    }

    @Test
    void virtualThreadsCallToo() {
        CompletableFuture<Integer> result = new CompletableFuture<>();
        Thread.startVirtualThread(() -> result.complete(Native.callInt(CLOSE, -1)));
        assertThat(result.join()).isEqualTo(-Errno.EBADF);
    }

    @Nested
    class OwnMemory {
        @Test
        void isZeroAndAligned() {
            Memory memory = Memory.allocate(24);
            assertThat(memory.size()).isEqualTo(24);
            assertThat(memory.address() % 16).isZero();
            for (int i = 0; i < 24; i += 8) {
                assertThat(memory.getLong(i)).isZero();
            }
        }

        @Test
        void keepsNumbersInTheMachinesOrder() {
            Memory memory = Memory.allocate(16);
            memory.putLong(0, 0x0807_0605_0403_0201L);
            assertThat(memory.getInt(4)).isEqualTo(0x0807_0605);
            assertThat(memory.getShort(2)).isEqualTo((short) 0x0403);
            memory.putByte(0, 0xff);
            assertThat(memory.getShort(0)).isEqualTo((short) 0x02ff);
            memory.clear(0, 4);
            assertThat(memory.getLong(0)).isEqualTo(0x0807_0605_0000_0000L);
        }

        @Test
        void growsWithItsContent() {
            Memory memory = Memory.allocate(8);
            memory.putLong(0, 42);
            Memory larger = memory.grow(64, 8);
            assertThat(larger.getLong(0)).isEqualTo(42);
            assertThat(larger.getLong(8)).isZero();
        }

        @Test
        void isNeverOverrun() {
            Memory memory = Memory.allocate(8);
            assertThatThrownBy(() -> memory.putLong(1, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> memory.putString(0, new byte[8]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Nested
    class CallersMemory {
        @Test
        void isChecked() {
            MemorySegment native8 = Arena.ofAuto().allocate(8);
            assertThat(Memory.address(native8, 3, 5)).isEqualTo(native8.address() + 3);
            assertThat(Memory.address(native8, 8, 0)).isEqualTo(native8.address() + 8);
            assertThatThrownBy(() -> Memory.address(native8, 4, 5))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> Memory.address(native8, 0, -1))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> Memory.address(native8, Long.MAX_VALUE, 1))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> Memory.address(MemorySegment.ofArray(new byte[8]), 0, 8))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Nested
    class Paths {
        @Test
        void endInANul() {
            assertThat(ThreadMemory.path(new byte[] {'a'})).isPositive();
            assertThat(ThreadMemory.secondPath(new byte[] {'b'}))
                    .isEqualTo(ThreadMemory.path(new byte[0]) + ThreadMemory.PATH_MAX);
        }

        @Test
        void holdNoneAndFit() {
            assertThat(ThreadMemory.path(new byte[] {'a', 0})).isEqualTo(-Errno.EINVAL);
            byte[] longest = new byte[ThreadMemory.PATH_MAX - 1];
            java.util.Arrays.fill(longest, (byte) 'x');
            assertThat(ThreadMemory.path(longest)).isPositive();
            assertThat(ThreadMemory.path(new byte[ThreadMemory.PATH_MAX]))
                    .isEqualTo(-Errno.ENAMETOOLONG);
        }
    }
}
