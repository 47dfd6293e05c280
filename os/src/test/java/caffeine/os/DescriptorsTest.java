package caffeine.os;

import static caffeine.os.testing.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.testing.Machine;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;

@OnLinux
class DescriptorsTest {
    private final Machine machine = new Machine();

    @AfterEach
    void close() {
        machine.close();
    }

    private int file(String content) {
        int fd = machine.opened(Files.memfdCreate("test", 0));
        ok(Descriptors.write(fd, machine.memory(content), 0, content.length()));
        return fd;
    }

    @Test
    void pipeCarriesBytesUntilItsEnd() {
        int[] pipe = machine.pipe();
        assertThat(Descriptors.write(pipe[1], machine.memory("0123"), 1, 3)).isEqualTo(3);
        machine.close(pipe[1]);
        assertThat(machine.readAll(pipe[0])).isEqualTo("123");
    }

    @Test
    void pipeWithoutAReader() {
        int[] pipe = machine.pipe();
        machine.close(pipe[0]);
        assertThat(Descriptors.write(pipe[1], machine.memory("x"), 0, 1)).isEqualTo(-Errno.EPIPE);
    }

    @Test
    void severalAreClosedTogether() {
        int[] fds = new int[5];
        for (int i = 0; i < fds.length; i++) {
            fds[i] = file("x");
        }
        int kept = fds[4];
        Descriptors.close(fds, 3);
        assertThat(isOpen(fds[0]) || isOpen(fds[1]) || isOpen(fds[2])).isFalse();
        assertThat(isOpen(fds[3]) && isOpen(kept)).isTrue();
    }

    @Test
    void severalWithOthersBetweenThemLeaveThoseOpen() {
        int first = file("x");
        int between = file("x");
        int last = file("x");
        Descriptors.close(new int[] {first, last}, 2);
        assertThat(isOpen(first) || isOpen(last)).isFalse();
        assertThat(isOpen(between)).isTrue();
        Descriptors.close(new int[] {between}, 0);
        assertThat(isOpen(between)).isTrue();
    }

    private static boolean isOpen(int fd) {
        return Descriptors.getDescriptorFlags(fd) >= 0;
    }

    @Test
    void nonBlockingPipe() {
        int[] pipe = new int[2];
        ok(Descriptors.pipe2(pipe, Descriptors.O_NONBLOCK));
        machine.opened(pipe[0]);
        machine.opened(pipe[1]);
        MemorySegment buffer = machine.memory(1 << 20);
        assertThat(Descriptors.read(pipe[0], buffer, 0, 1)).isEqualTo(-Errno.EAGAIN);
        assertThat(Descriptors.write(pipe[1], buffer, 0, 1 << 20)).isEqualTo(65_536);
        assertThat(Descriptors.write(pipe[1], buffer, 0, 1)).isEqualTo(-Errno.EAGAIN);
    }

    @Test
    void blockingIsSetAndCleared() {
        int fd = machine.pipe()[0];
        ok(Descriptors.setNonBlocking(fd, true));
        assertThat(Descriptors.getFlags(fd) & Descriptors.O_NONBLOCK).isNotZero();
        assertThat(Descriptors.read(fd, machine.memory(1), 0, 1)).isEqualTo(-Errno.EAGAIN);
        ok(Descriptors.setNonBlocking(fd, false));
        assertThat(Descriptors.getFlags(fd) & Descriptors.O_NONBLOCK).isZero();
        assertThat(Descriptors.setNonBlocking(-1, true)).isEqualTo(-Errno.EBADF);
    }

    @Test
    void everythingClosesOnExecUnlessToldOtherwise() {
        int fd = machine.pipe()[0];
        int duplicate = machine.opened(Descriptors.dup(fd, 100));
        assertThat(duplicate).isGreaterThanOrEqualTo(100);
        for (int each : new int[] {fd, duplicate}) {
            assertThat(Descriptors.getDescriptorFlags(each)).isEqualTo(Descriptors.FD_CLOEXEC);
        }
        ok(Descriptors.setCloseOnExec(fd, false));
        assertThat(Descriptors.getDescriptorFlags(fd)).isZero();
    }

    @Test
    void dup3ReplacesADescriptor() {
        int[] pipe = machine.pipe();
        int other = machine.devNull();
        assertThat(Descriptors.dup3(pipe[1], other)).isEqualTo(other);
        ok(Descriptors.write(other, machine.memory("x"), 0, 1));
        assertThat(Descriptors.available(pipe[0])).isEqualTo(1);
        assertThat(Descriptors.getDescriptorFlags(other)).isEqualTo(Descriptors.FD_CLOEXEC);
        assertThat(Descriptors.dup3(other, other)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void availableCountsWhatCanBeRead() {
        int[] pair = machine.socketPair();
        assertThat(Descriptors.available(pair[0])).isZero();
        machine.send(pair[1], "12345");
        assertThat(Descriptors.available(pair[0])).isEqualTo(5);
        assertThat(Descriptors.available(-1)).isEqualTo(-Errno.EBADF);
    }

    @Test
    void positionsOfAFile() {
        int fd = file("0123456789");
        assertThat(Descriptors.lseek(fd, -3, Descriptors.SEEK_END)).isEqualTo(7);
        assertThat(machine.readAll(fd)).isEqualTo("789");
        assertThat(Descriptors.lseek(fd, 0, Descriptors.SEEK_SET)).isZero();
        assertThat(machine.readAll(fd)).isEqualTo("0123456789");
        assertThat(Descriptors.lseek(fd, -1, Descriptors.SEEK_SET)).isEqualTo(-Errno.EINVAL);
        assertThat(Descriptors.lseek(machine.pipe()[0], 0, Descriptors.SEEK_CUR))
                .isEqualTo(-Errno.ESPIPE);
    }

    @Test
    void positionsBeyondAnInt() {
        int fd = file("");
        long far = 5L << 30;
        assertThat(Descriptors.pwrite(fd, machine.memory("x"), 0, 1, far)).isEqualTo(1);
        assertThat(Descriptors.lseek(fd, 0, Descriptors.SEEK_END)).isEqualTo(far + 1);
    }

    @Test
    void readAndWriteAtAPosition() {
        int fd = file("0123456789");
        MemorySegment buffer = machine.memory(4);
        assertThat(Descriptors.pread(fd, buffer, 1, 3, 5)).isEqualTo(3);
        assertThat(Machine.text(buffer.asSlice(1), 3)).isEqualTo("567");
        assertThat(Descriptors.pwrite(fd, machine.memory("ab"), 0, 2, 8)).isEqualTo(2);
        ok(Descriptors.lseek(fd, 0, Descriptors.SEEK_SET));
        assertThat(machine.readAll(fd)).isEqualTo("01234567ab");
        assertThat(Descriptors.pread(machine.pipe()[0], buffer, 0, 1, 0)).isEqualTo(-Errno.ESPIPE);
    }

    @Test
    void lengthIsCutAndGrown() {
        int fd = file("0123456789");
        ok(Descriptors.ftruncate(fd, 3));
        ok(Descriptors.ftruncate(fd, 4));
        ok(Descriptors.lseek(fd, 0, Descriptors.SEEK_SET));
        assertThat(machine.readAll(fd)).isEqualTo("012\0");
    }

    @Test
    void pollTellsOfOneDescriptor() {
        int[] pipe = machine.pipe();
        assertThat(Descriptors.poll(pipe[0], Descriptors.POLLIN, 0)).isZero();
        assertThat(Descriptors.poll(pipe[1], Descriptors.POLLOUT, 0))
                .isEqualTo(Descriptors.POLLOUT);
        ok(Descriptors.write(pipe[1], machine.memory("x"), 0, 1));
        machine.close(pipe[1]);
        assertThat(Descriptors.poll(pipe[0], Descriptors.POLLIN, -1))
                .isEqualTo(Descriptors.POLLIN | Descriptors.POLLHUP);
        assertThat(Descriptors.poll(999_999, 0, 0)).isEqualTo(Descriptors.POLLNVAL);
    }

    @Test
    void closingTwice() {
        int fd = machine.devNull();
        int duplicate = ok(Descriptors.dup(fd, 3));
        assertThat(Descriptors.close(duplicate)).isZero();
        assertThat(Descriptors.close(duplicate)).isEqualTo(-Errno.EBADF);
    }
}
