package caffeine.os;

import static caffeine.os.testing.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.os.testing.Machine;
import caffeine.os.testing.NoLeaks;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

@OnLinux
@ExtendWith(NoLeaks.class)
class RecordLocksTest {
    private final Machine machine = new Machine();

    @TempDir Path folder;

    private String path = "";
    private int fd;

    @BeforeEach
    void open() {
        path = folder.resolve("lock").toString();
        fd = machine.opened(ok(Files.open(path, Files.O_RDWR | Files.O_CREAT, 0600)));
    }

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void aFreeByteHasNoHolder() {
        assertThat(RecordLocks.holder(fd, 0)).isNull();
        assertThat(RecordLocks.tryLock(fd, 0)).isZero();
        // One's own lock is in nobody's way.
        assertThat(RecordLocks.holder(fd, 0)).isNull();
    }

    @Test
    void namesWhoHoldsIt() {
        try (Other other = new Other("LOCK_EX")) {
            assertThat(RecordLocks.tryLock(fd, 0)).isIn(-Errno.EAGAIN, -Errno.EACCES);
            assertThat(RecordLocks.holder(fd, 0))
                    .isEqualTo(new RecordLocks.Holder(other.pid, true));
        }
        assertThat(RecordLocks.tryLock(fd, 0)).isZero();
    }

    @Test
    void aSharedOneIsToldApart() {
        try (Other other = new Other("LOCK_SH")) {
            assertThat(RecordLocks.tryLock(fd, 0)).isIn(-Errno.EAGAIN, -Errno.EACCES);
            assertThat(RecordLocks.holder(fd, 0))
                    .isEqualTo(new RecordLocks.Holder(other.pid, false));
        }
    }

    @Test
    void otherBytesAreOtherLocks() {
        try (Other other = new Other("LOCK_EX")) {
            assertThat(other.pid).isPositive();
            assertThat(RecordLocks.tryLock(fd, 1)).isZero();
        }
    }

    @Test
    void aLockCanBeGivenBack() {
        assertThat(RecordLocks.tryLock(fd, 0)).isZero();
        assertThat(RecordLocks.unlock(fd, 0)).isZero();
        new Other("LOCK_EX").close();
    }

    @Test
    void descriptorsThatCannotBeLocked() {
        int readOnly = machine.opened(ok(Files.open(path, Files.O_RDONLY, 0)));
        assertThat(RecordLocks.tryLock(readOnly, 0)).isEqualTo(-Errno.EBADF);
        assertThat(RecordLocks.holder(readOnly, 0)).isNull();
        assertThatThrownBy(() -> RecordLocks.holder(-1, 0)).isInstanceOf(ErrnoException.class);
    }

    /** Another process, which locks the first byte, until it is closed. */
    private final class Other implements AutoCloseable {
        final int pid;
        private final int[] input = machine.pipe();

        Other(String how) {
            int[] output = machine.pipe();
            String code =
                    "import fcntl, sys\n"
                            + "f = open(sys.argv[1], \"r+\")\n"
                            + "fcntl.lockf(f, fcntl."
                            + how
                            + " | fcntl.LOCK_NB, 1)\n"
                            + "sys.stdout.write(\"locked\")\n"
                            + "sys.stdout.flush()\n"
                            + "sys.stdin.read()\n";
            pid = machine.start("exec python3 -c '" + code + "' " + path, input[0], output[1]);
            machine.close(output[1]);
            machine.close(input[0]);
            assertThat(machine.read(output[0], 6)).isEqualTo("locked");
            machine.close(output[0]);
        }

        @Override
        public void close() {
            machine.close(input[1]);
            assertThat(ExitStatus.of(ok(Processes.waitPid(pid, true))).isSuccess()).isTrue();
        }
    }
}
