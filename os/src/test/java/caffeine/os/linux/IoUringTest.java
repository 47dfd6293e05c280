package caffeine.os.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ErrnoException;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.HashSet;
import java.util.Set;

@OnLinux
class IoUringTest {

    private static final int ENTRIES = 4;
    private static final int COMPLETIONS = 8;

    private IoUring ring = refusedWhereItIsRefused();
    private final int[] pipe = new int[2];

    private static IoUring refusedWhereItIsRefused() {
        try {
            return IoUring.open(ENTRIES, COMPLETIONS);
        } catch (ErrnoException e) {
            return abort("this system refuses io_uring: " + e.getMessage());
        }
    }

    @BeforeEach
    void open() {
        assertThat(Descriptors.pipe2(pipe, 0)).isZero();
    }

    @AfterEach
    void close() {
        ring.close();
        Descriptors.close(pipe[0]);
        Descriptors.close(pipe[1]);
    }

    /** The writing end of an empty pipe is ready at once, the reading end is not. */
    private void pushPoll(int end, int events, long data) {
        ring.push(IoUring.IORING_OP_POLL_ADD, 0, 0, pipe[end], 0, 0, 0, events, data);
    }

    @Test
    void completesWhatWasSubmitted() {
        assertThat(ring.room()).isEqualTo(ENTRIES);
        pushPoll(1, Epoll.EPOLLOUT, 7);
        assertThat(ring.pending()).isEqualTo(1);
        assertThat(ring.ready()).isZero();
        assertThat(ring.enter(1, -1)).isEqualTo(1);
        assertThat(ring.pending()).isZero();
        assertThat(ring.ready()).isEqualTo(1);
        assertThat(ring.data(0)).isEqualTo(7);
        assertThat(ring.result(0)).isEqualTo(Epoll.EPOLLOUT);
        assertThat(IoUring.buffer(ring.flags(0))).isEqualTo(-1);
        ring.take(1);
        assertThat(ring.ready()).isZero();
    }

    @Test
    void waitsNoLongerThanItIsTold() {
        pushPoll(0, Epoll.EPOLLIN, 7);
        assertThat(ring.enter(1, 1)).isIn(1, -Errno.ETIME);
        assertThat(ring.pending()).isZero();
        assertThat(ring.enter(1, 1)).isEqualTo(-Errno.ETIME);
        assertThat(ring.ready()).isZero();
    }

    @Test
    void losesNoCompletionThatHasNoPlaceInTheRing() {
        int all = 3 * COMPLETIONS;
        for (int i = 0; i < all; i++) {
            pushPoll(1, Epoll.EPOLLOUT, i);
            if (ring.room() == 0) {
                assertThat(ring.enter(0, 0)).isEqualTo(ENTRIES);
            }
        }
        assertThat(ring.hasOverflowed()).isTrue();
        Set<Long> seen = new HashSet<>();
        while (seen.size() < all) {
            int ready = ring.ready();
            for (int i = 0; i < ready; i++) {
                seen.add(ring.data(i));
            }
            ring.take(ready);
            assertThat(ring.enter(0, 0)).isZero();
            assertThat(ready).as("when " + seen.size() + " came").isPositive();
        }
        assertThat(ring.hasOverflowed()).isFalse();
    }

    @Test
    void cancelsWhatDependsOnWhatHasFailed() {
        int copy = Descriptors.dup(pipe[0], 3);
        ring.push(IoUring.IORING_OP_RECV, 0, 0, pipe[0], 0, 0, 0, 0, 1); // no socket
        ring.linkNext();
        ring.push(IoUring.IORING_OP_CLOSE, IoUring.IOSQE_CQE_SKIP_SUCCESS, 0, copy, 0, 0, 0, 0, 2);
        assertThat(ring.enter(1, -1)).isEqualTo(2);
        assertThat(ring.data(0)).isEqualTo(1);
        assertThat(ring.result(0)).isEqualTo(-Errno.ENOTSOCK);
        assertThat(Descriptors.getDescriptorFlags(copy)).as("still open").isNotNegative();
        Descriptors.close(copy);
    }

    @Test
    void isOfOneThread() throws Exception {
        assertThat(ring.enter(0, 0)).isZero();
        int[] result = new int[1];
        Thread other = Thread.ofPlatform().start(() -> result[0] = ring.enter(0, 0));
        other.join();
        assertThat(result[0]).isIn(-Errno.EEXIST, 0); // the latter before Linux 6.1
    }
}
