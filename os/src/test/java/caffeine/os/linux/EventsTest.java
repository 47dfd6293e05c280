package caffeine.os.linux;

import static caffeine.os.testing.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.testing.Machine;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@OnLinux
class EventsTest {
    private final Machine machine = new Machine();

    @AfterEach
    void close() {
        machine.close();
    }

    @Nested
    class Counting {
        @Test
        void addsUpUntilItIsDrained() {
            int fd = machine.opened(EventFd.create(2, EventFd.EFD_NONBLOCK));
            assertThat(EventFd.signal(fd, 3)).isEqualTo(8);
            assertThat(EventFd.drain(fd)).isEqualTo(5);
            assertThat(EventFd.drain(fd)).isEqualTo(-Errno.EAGAIN);
        }

        @Test
        void ringsOnAnyThread() throws InterruptedException {
            int fd = machine.opened(EventFd.create(0, EventFd.EFD_NONBLOCK));
            EventFd.Bell bell = new EventFd.Bell(fd);
            long[] result = {0};
            Thread.ofVirtual().start(() -> result[0] = bell.ring()).join();
            assertThat(result[0]).isEqualTo(8);
            assertThat(bell.ring()).isEqualTo(8);
            assertThat(EventFd.drain(fd)).isEqualTo(2);
        }

        @Test
        void saysWhyABellDoesNotRing() {
            assertThat(new EventFd.Bell(-1).ring()).isEqualTo(-Errno.EBADF);
        }

        @Test
        void isReadableWhileItIsNotZero() {
            int fd = machine.opened(EventFd.create(0, EventFd.EFD_NONBLOCK));
            assertThat(Descriptors.poll(fd, Descriptors.POLLIN, 0)).isZero();
            ok(EventFd.signal(fd, 1));
            assertThat(Descriptors.poll(fd, Descriptors.POLLIN, 0)).isEqualTo(Descriptors.POLLIN);
            assertThat(Descriptors.getDescriptorFlags(fd)).isEqualTo(Descriptors.FD_CLOEXEC);
        }

        @Test
        void isFull() {
            int fd = machine.opened(EventFd.create(1, EventFd.EFD_NONBLOCK));
            assertThat(EventFd.signal(fd, -2)).isEqualTo(-Errno.EAGAIN);
            assertThat(EventFd.drain(fd)).isEqualTo(1);
        }
    }

    @Nested
    class Timing {
        private final int fd = machine.opened(TimerFd.create());

        @Test
        void expiresOnce() {
            ok(TimerFd.set(fd, 1, 0));
            assertThat(Descriptors.poll(fd, Descriptors.POLLIN, -1)).isEqualTo(Descriptors.POLLIN);
            assertThat(TimerFd.drain(fd)).isEqualTo(1);
            assertThat(TimerFd.drain(fd)).isEqualTo(-Errno.EAGAIN);
        }

        @Test
        void expiresAgainAndAgain() {
            ok(TimerFd.set(fd, 1, 1_000));
            long count = 0;
            while (count < 100) {
                assertThat(Descriptors.poll(fd, Descriptors.POLLIN, -1)).isPositive();
                count += ok(TimerFd.drain(fd));
            }
        }

        @Test
        void isStopped() {
            ok(TimerFd.set(fd, 1, 1));
            ok(TimerFd.set(fd, 0, 0));
            assertThat(TimerFd.drain(fd)).isEqualTo(-Errno.EAGAIN);
        }

        @Test
        void takesSecondsAndRefusesThePast() {
            ok(TimerFd.set(fd, 3_600_000_000_001L, 0));
            assertThat(TimerFd.drain(fd)).isEqualTo(-Errno.EAGAIN);
            assertThat(TimerFd.set(fd, -1, 0)).isEqualTo(-Errno.EINVAL);
        }
    }
}
