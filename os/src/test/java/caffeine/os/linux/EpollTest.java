package caffeine.os.linux;

import static caffeine.os.testing.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.os.Sockets;
import caffeine.os.testing.Machine;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.util.HashMap;
import java.util.Map;

@OnLinux
class EpollTest {
    private final Machine machine = new Machine();
    private final Epoll epoll = Epoll.create(8);
    private final int[] pair = machine.socketPair();

    @AfterEach
    void close() {
        epoll.close();
        machine.close();
    }

    /** Waits for one event and tells what happened. */
    private int next() {
        assertThat(ok(epoll.await(-1))).isEqualTo(1);
        return epoll.events(0);
    }

    @Nested
    class LevelTriggered {
        @Test
        void isToldUntilTheInputIsRead() {
            ok(epoll.add(pair[0], Epoll.EPOLLIN, 1));
            assertThat(epoll.await(0)).isZero();
            machine.send(pair[1], "x");
            assertThat(next()).isEqualTo(Epoll.EPOLLIN);
            assertThat(next()).isEqualTo(Epoll.EPOLLIN);
            machine.receive(pair[0], 1);
            assertThat(epoll.await(0)).isZero();
        }

        @Test
        void hangUpOfTheOtherEnd() {
            ok(epoll.add(pair[0], Epoll.EPOLLIN | Epoll.EPOLLRDHUP, 1));
            ok(Sockets.shutdown(pair[1], Sockets.SHUT_WR));
            assertThat(next()).isEqualTo(Epoll.EPOLLIN | Epoll.EPOLLRDHUP);
            machine.close(pair[1]);
            assertThat(next()).isEqualTo(Epoll.EPOLLIN | Epoll.EPOLLRDHUP | Epoll.EPOLLHUP);
        }

        @Test
        void roomForOutput() {
            ok(epoll.add(pair[0], Epoll.EPOLLOUT, 1));
            assertThat(next()).isEqualTo(Epoll.EPOLLOUT);
        }
    }

    @Test
    void edgeTriggeredIsToldOncePerArrival() {
        ok(epoll.add(pair[0], Epoll.EPOLLIN | Epoll.EPOLLET, 1));
        machine.send(pair[1], "x");
        assertThat(next()).isEqualTo(Epoll.EPOLLIN);
        assertThat(epoll.await(0)).isZero();
        machine.send(pair[1], "y");
        assertThat(next()).isEqualTo(Epoll.EPOLLIN);
    }

    @Test
    void oneShotSleepsUntilItIsModified() {
        ok(epoll.add(pair[0], Epoll.EPOLLIN | Epoll.EPOLLONESHOT, 1));
        machine.send(pair[1], "x");
        assertThat(next()).isEqualTo(Epoll.EPOLLIN);
        machine.send(pair[1], "y");
        assertThat(epoll.await(0)).isZero();
        ok(epoll.modify(pair[0], Epoll.EPOLLIN | Epoll.EPOLLONESHOT, 2));
        assertThat(next()).isEqualTo(Epoll.EPOLLIN);
        assertThat(epoll.data(0)).isEqualTo(2);
    }

    @Nested
    class Data {
        @Test
        void comeBackWithAllTheirBits() {
            for (long data : new long[] {0, -1, Long.MIN_VALUE, 0x0123_4567_89ab_cdefL}) {
                ok(epoll.add(pair[0], Epoll.EPOLLOUT, data));
                next();
                assertThat(epoll.data(0)).isEqualTo(data);
                ok(epoll.remove(pair[0]));
            }
        }

        @Test
        void belongToTheirEvent() {
            Map<Long, Integer> expected = new HashMap<>();
            for (long i = 0; i < 5; i++) {
                int[] ends = machine.socketPair();
                ok(epoll.add(ends[0], Epoll.EPOLLIN | Epoll.EPOLLOUT, i << 32 | 7));
                if (i % 2 == 0) {
                    machine.send(ends[1], "x");
                }
                expected.put(
                        i << 32 | 7, i % 2 == 0 ? Epoll.EPOLLIN | Epoll.EPOLLOUT : Epoll.EPOLLOUT);
            }
            assertThat(epoll.await(0)).isEqualTo(5);
            Map<Long, Integer> told = new HashMap<>();
            for (int i = 0; i < 5; i++) {
                told.put(epoll.data(i), epoll.events(i));
            }
            assertThat(told).isEqualTo(expected);
        }

        @Test
        void noMoreEventsThanThereIsRoomFor() {
            for (int i = 0; i < 12; i++) {
                ok(epoll.add(machine.socketPair()[0], Epoll.EPOLLOUT, i));
            }
            assertThat(epoll.await(0)).isEqualTo(epoll.maxEvents());
        }
    }

    @Nested
    class Watching {
        @Test
        void errors() {
            assertThat(epoll.add(-1, Epoll.EPOLLIN, 0)).isEqualTo(-Errno.EBADF);
            ok(epoll.add(pair[0], Epoll.EPOLLIN, 0));
            assertThat(epoll.add(pair[0], Epoll.EPOLLIN, 0)).isEqualTo(-Errno.EEXIST);
            assertThat(epoll.modify(pair[1], 0, 0)).isEqualTo(-Errno.ENOENT);
            assertThat(epoll.remove(pair[1])).isEqualTo(-Errno.ENOENT);
            int file = machine.opened(Files.memfdCreate("file", 0));
            assertThat(epoll.add(file, Epoll.EPOLLIN, 0)).isEqualTo(-Errno.EPERM);
            assertThatThrownBy(() -> Epoll.create(0)).isInstanceOf(IllegalArgumentException.class);
        }

        @Test
        void outlivesCloseWhileADuplicateIsOpen() {
            // The hazard that makes EPOLL_CTL_DEL come before every close.
            ok(epoll.add(pair[0], Epoll.EPOLLIN, 42));
            int duplicate = machine.opened(Descriptors.dup(pair[0], 3));
            machine.close(pair[0]);
            machine.send(pair[1], "x");
            next();
            assertThat(epoll.data(0)).isEqualTo(42);
            machine.close(duplicate);
            assertThat(epoll.await(0)).isZero();
        }

        @Test
        void aSharedSetIsSeenByBoth() {
            try (Epoll other = epoll.share()) {
                ok(epoll.add(pair[0], Epoll.EPOLLOUT, 1));
                ok(other.add(pair[1], Epoll.EPOLLOUT, 2));
                assertThat(other.await(0)).isEqualTo(2);
                assertThat(epoll.await(0)).isEqualTo(2);
                assertThat(other.fd()).isEqualTo(epoll.fd());
            }
            assertThat(epoll.await(0)).isEqualTo(2);
        }
    }

    @Nested
    class Timeouts {
        private long elapsedNs(long timeoutNs) {
            long before = System.nanoTime();
            assertThat(epoll.await(timeoutNs)).isZero();
            return System.nanoTime() - before;
        }

        @Test
        void areNeverShort() {
            assertThat(elapsedNs(2_000_000)).isGreaterThanOrEqualTo(2_000_000);
            assertThat(elapsedNs(1)).isPositive();
            assertThat(elapsedNs(1_500_001)).isGreaterThanOrEqualTo(1_500_001);
            assertThat(elapsedNs(100_000_001)).isGreaterThanOrEqualTo(100_000_001);
        }

        @Test
        void mayBeLongerThanAnIntOfMilliseconds() {
            ok(epoll.add(pair[0], Epoll.EPOLLOUT, 1));
            assertThat(epoll.await(Long.MAX_VALUE)).isEqualTo(1);
            assertThat(epoll.await(Long.MAX_VALUE / 1_000_000 * 1_000_000)).isEqualTo(1);
        }
    }

    @Test
    void exitOfAProcess() {
        int[] leash = machine.pipe();
        int pid = machine.start("exec cat", leash[0], 2);
        int pidFd = machine.opened(PidFd.open(pid));
        ok(epoll.add(pidFd, Epoll.EPOLLIN, pid));
        assertThat(epoll.await(0)).isZero();
        ok(PidFd.sendSignal(pidFd, Processes.SIGKILL));
        assertThat(next() & Epoll.EPOLLIN).isNotZero();
        assertThat(epoll.data(0)).isEqualTo(pid);
        assertThat(Processes.waitPidFd(pidFd, false)).isPositive();
        assertThat(PidFd.sendSignal(pidFd, 0)).isEqualTo(-Errno.ESRCH);
        assertThat(PidFd.open(pid)).isEqualTo(-Errno.ESRCH);
    }
}
