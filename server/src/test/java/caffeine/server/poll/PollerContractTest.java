package caffeine.server.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;
import caffeine.os.Sockets;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntConsumer;

@ParameterizedClass
@MethodSource("caffeine.server.poll.PollerKind#all")
class PollerContractTest {

    private static final long NOW = 42;
    private static final int READ = Source.READ;
    private static final int WRITE = Source.WRITE;
    private static final int HANGUP = Source.HANGUP;

    @Parameter PollerKind kind = PollerKind.all().getFirst();

    private Poller poller = EpollPoller.open();
    private final List<Integer> open = new ArrayList<>();
    private final List<Integer> told = new ArrayList<>();
    private final MemorySegment memory = Arena.ofAuto().allocate(64);

    @BeforeEach
    void open() {
        poller.close();
        poller = kind.open();
    }

    @AfterEach
    void close() {
        poller.close();
        open.forEach(Descriptors::close);
    }

    /** Remembers what it was told, and then does what the test wants. */
    private final class Told extends Source {
        IntConsumer action = _ -> {};
        RuntimeException broken = new IllegalStateException("never");

        Told(int fd) {
            super(fd);
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            assertThat(nowNs).isEqualTo(NOW);
            told.add(readiness);
            action.accept(readiness);
        }

        @Override
        protected void broken(RuntimeException mistake) {
            broken = mistake;
        }
    }

    private int[] socketPair() {
        int[] ends = new int[2];
        assertThat(Sockets.socketPair(Sockets.SOCK_STREAM, ends)).isZero();
        open.add(ends[0]);
        open.add(ends[1]);
        return ends;
    }

    private int[] pipe() {
        int[] ends = new int[2];
        assertThat(Descriptors.pipe2(ends, 0)).isZero();
        open.add(ends[0]);
        open.add(ends[1]);
        return ends;
    }

    private void close(int fd) {
        open.remove(Integer.valueOf(fd));
        assertThat(Descriptors.close(fd)).isZero();
    }

    private void write(int fd) {
        memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 'x');
        assertThat(Descriptors.write(fd, memory, 0, 1)).isEqualTo(1);
    }

    private void read(int fd) {
        assertThat(Descriptors.read(fd, memory, 0, 1)).isEqualTo(1);
    }

    /** What the sources are told in one poll that does not wait. */
    private List<Integer> poll() {
        told.clear();
        poller.poll(0);
        assertThat(poller.dispatch(NOW)).isEqualTo(told.size());
        return List.copyOf(told);
    }

    @Nested
    class Readiness {
        @Test
        void isReportedByEveryPollUntilItEnds() {
            int[] ends = socketPair();
            assertThat(poller.add(new Told(ends[0]), READ)).isZero();
            assertThat(poll()).isEmpty();
            write(ends[1]);
            assertThat(poll()).containsExactly(READ);
            assertThat(poll()).containsExactly(READ);
            read(ends[0]);
            assertThat(poll()).isEmpty();
        }

        @Test
        void isReportedOnlyAsFarAsItIsOfInterest() {
            int[] ends = socketPair();
            Told source = new Told(ends[0]);
            write(ends[1]);
            poller.add(source, WRITE);
            assertThat(poll()).containsExactly(WRITE);
            poller.modify(source, READ | WRITE);
            assertThat(poll()).containsExactly(READ | WRITE);
            poller.modify(source, READ);
            assertThat(poll()).containsExactly(READ);
            poller.modify(source, 0);
            assertThat(source.interest()).isZero();
            assertThat(poll()).isEmpty();
            poller.modify(source, READ);
            assertThat(poll()).containsExactly(READ);
        }

        @Test
        void isToldByDispatchAndNotByPoll() {
            int[] ends = socketPair();
            poller.add(new Told(ends[0]), READ);
            write(ends[1]);
            assertThat(poller.poll(0)).isEqualTo(1);
            assertThat(told).isEmpty();
            assertThat(poller.dispatch(NOW)).isEqualTo(1);
            assertThat(poller.dispatch(NOW)).as("again").isZero();
        }

        @Test
        void ofMoreSourcesThanOneBatchHoldsReachesAll() {
            List<Told> sources = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                int[] ends = socketPair();
                Told source = new Told(ends[0]);
                source.action = _ -> poller.remove(source);
                poller.add(source, READ);
                sources.add(source);
                write(ends[1]);
            }
            int batches = 0;
            int all = 0;
            while (all < 300 && batches++ < 10) {
                all += poll().size();
            }
            assertThat(sources).noneMatch(Source::isRegistered);
            assertThat(all).isEqualTo(300);
        }

        @Test
        void ofARemovedSourceIsNotReported() {
            int[] ends = socketPair();
            Told source = new Told(ends[0]);
            poller.add(source, READ);
            write(ends[1]);
            poller.remove(source);
            assertThat(source.isRegistered()).isFalse();
            assertThat(poll()).isEmpty();
            poller.remove(source); // harmless
            poller.modify(source, READ); // too
            assertThat(poll()).isEmpty();
            poller.add(source, READ);
            assertThat(poll()).containsExactly(READ);
        }
    }

    @Nested
    class HangUp {
        @Test
        void ofAPipeIsReportedBesideWhatIsLeftInIt() {
            int[] ends = pipe();
            poller.add(new Told(ends[0]), READ);
            write(ends[1]);
            close(ends[1]);
            assertThat(poll()).containsExactly(READ | HANGUP);
            read(ends[0]);
            assertThat(poll()).containsExactly(HANGUP);
        }

        @Test
        void isReportedWithoutInterest() {
            int[] ends = socketPair();
            poller.add(new Told(ends[0]), 0);
            close(ends[1]);
            assertThat(poll()).containsExactly(HANGUP);
        }

        @Test
        void ofAPipesReaderIsReportedToItsWriter() {
            int[] ends = pipe();
            poller.add(new Told(ends[1]), 0);
            close(ends[0]);
            assertThat(poll()).containsExactly(HANGUP);
        }

        @Test
        void isNotReportedForAHalfClosedSocket() {
            int[] ends = socketPair();
            poller.add(new Told(ends[0]), READ);
            Sockets.shutdown(ends[1], Sockets.SHUT_WR);
            assertThat(poll()).containsExactly(READ);
        }
    }

    @Nested
    class WithinABatch {
        /** Whichever comes first ends the other, and a newcomer gets its descriptor's number. */
        @Test
        void aStaleEventDoesNotReachTheNewSourceOfAReusedDescriptor() {
            int[] a = socketPair();
            int[] b = socketPair();
            int[] c = socketPair();
            Told first = new Told(a[0]);
            Told second = new Told(b[0]);
            List<Told> newcomers = new ArrayList<>();
            first.action = _ -> newcomers.add(replace(second, c[0]));
            second.action = _ -> newcomers.add(replace(first, c[0]));
            poller.add(first, READ);
            poller.add(second, READ);
            write(a[1]);
            write(b[1]);
            assertThat(poll()).containsExactly(READ);
            assertThat(newcomers).hasSize(1);

            write(c[1]);
            first.action = _ -> {};
            second.action = _ -> {};
            assertThat(poll()).as("the newcomer and the survivor").containsExactly(READ, READ);
        }

        /** Closes a source's descriptor, and gives its number to a duplicate of another one. */
        private Told replace(Told victim, int model) {
            int number = victim.descriptor();
            poller.remove(victim);
            close(number);
            assertThat(Descriptors.dup(model, number)).isEqualTo(number);
            open.add(number);
            Told newcomer = new Told(number);
            assertThat(poller.add(newcomer, READ)).isZero();
            return newcomer;
        }

        @Test
        void anEarlierSourceMayRemoveALaterOne() {
            int[] a = socketPair();
            int[] b = socketPair();
            Told first = new Told(a[0]);
            Told second = new Told(b[0]);
            first.action = _ -> poller.remove(second);
            second.action = _ -> poller.remove(first);
            poller.add(first, READ);
            poller.add(second, READ);
            write(a[1]);
            write(b[1]);
            assertThat(poll()).containsExactly(READ);
        }

        @Test
        void aSourceThatWasRemovedAndAddedAgainWaitsForTheNext() {
            int[] a = socketPair();
            int[] b = socketPair();
            Told first = new Told(a[0]);
            Told second = new Told(b[0]);
            first.action = _ -> again(second);
            second.action = _ -> again(first);
            poller.add(first, READ);
            poller.add(second, READ);
            write(a[1]);
            write(b[1]);
            assertThat(poll()).containsExactly(READ);
            first.action = _ -> {};
            second.action = _ -> {};
            assertThat(poll()).containsExactly(READ, READ);
        }

        private void again(Told source) {
            poller.remove(source);
            poller.add(source, READ);
        }

        @Test
        void aSourceThatThrowsCostsOnlyItself() {
            List<Told> sources = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int[] ends = socketPair();
                Told source = new Told(ends[0]);
                source.action =
                        _ -> {
                            throw new IllegalArgumentException("mine");
                        };
                poller.add(source, READ);
                sources.add(source);
                write(ends[1]);
            }
            assertThat(poll()).containsExactly(READ, READ, READ);
            assertThat(sources).allSatisfy(source -> assertThat(source.broken).hasMessage("mine"));
        }

        @Test
        void aSourceThatDoesNotTakeItsMistakeCostsTheLoop() {
            int[] ends = socketPair();
            Source source =
                    new Source(ends[0]) {
                        @Override
                        protected void ready(int readiness, long nowNs) {
                            throw new IllegalArgumentException("mine");
                        }
                    };
            poller.add(source, READ);
            write(ends[1]);
            poller.poll(0);
            assertThatThrownBy(() -> poller.dispatch(NOW)).hasMessage("mine");
        }
    }

    @Nested
    class Wakeup {
        @Test
        void endsAWaitOfAnotherThread() throws Exception {
            CountDownLatch started = new CountDownLatch(1);
            int[] dispatched = {-1};
            Thread waiter =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        started.countDown();
                                        poller.poll(-1);
                                        dispatched[0] = poller.dispatch(NOW);
                                    });
            started.await();
            poller.wakeup();
            waiter.join(); // without the wake-up, for ever
            assertThat(dispatched[0]).isZero();
        }

        @Test
        void endsTheNextWaitWhenNoneGoesOn() {
            poller.wakeup();
            poller.wakeup();
            poller.poll(-1);
            assertThat(poller.dispatch(NOW)).isZero();
            assertThat(poller.poll(0)).as("one wait alone").isZero();
        }
    }

    @Nested
    class Registration {
        @Test
        void happensOnce() {
            Told source = new Told(socketPair()[0]);
            poller.add(source, READ);
            assertThatThrownBy(() -> poller.add(source, READ))
                    .isInstanceOf(IllegalStateException.class);
        }

        @Test
        void saysWhatTheKernelHasAgainstIt() {
            int file = Files.open("/proc/self/status", Files.O_RDONLY, 0);
            open.add(file);
            Told source = new Told(file);
            assertThat(poller.add(source, READ)).isEqualTo(-Errno.EPERM);
            assertThat(source.isRegistered()).isFalse();
            assertThat(source.interest()).isNegative();
        }
    }
}
