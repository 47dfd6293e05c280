package caffeine.server.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import caffeine.os.Errno;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/** What {@link Poller} promises, of each that there is. */
@ParameterizedClass
@MethodSource("caffeine.server.poll.PollerKind#all")
class PollerContractTest {

    private static final long NOW = 42;
    private static final long A_WHILE_NS = 20_000_000;
    private static final int READ = Source.READ;
    private static final int WRITE = Source.WRITE;
    private static final int HANGUP = Source.HANGUP;

    @Parameter PollerKind kind = PollerKind.all().getFirst();

    private Poller poller = EpollPoller.open();
    private final List<End> open = new ArrayList<>();
    private final List<Integer> told = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void open() {
        poller.close();
        poller = kind.open();
    }

    @AfterEach
    void close() {
        poller.close();
        open.forEach(End::close);
    }

    private End[] opened(End... ends) {
        open.addAll(List.of(ends));
        return ends;
    }

    private End[] sockets() {
        return opened(kind.ends().sockets());
    }

    private End[] pipe() {
        return opened(kind.ends().pipe());
    }

    private ToldSource source(End end) {
        return end.source(
                (readiness, nowNs) -> {
                    assertThat(nowNs).isEqualTo(NOW);
                    told.add(readiness);
                });
    }

    private ToldSource watched(End end, int interest) {
        ToldSource source = source(end);
        assertThat(poller.add(source, interest)).isZero();
        return source;
    }

    /** One of two that are watched and ready; whichever is told first acts on the other. */
    private ToldSource[] twoReady(Consumer<ToldSource> onTheOther) {
        End[] a = sockets();
        End[] b = sockets();
        ToldSource first = watched(a[0], READ);
        ToldSource second = watched(b[0], READ);
        first.action = _ -> onTheOther.accept(second);
        second.action = _ -> onTheOther.accept(first);
        a[1].write();
        b[1].write();
        return new ToldSource[] {first, second};
    }

    /** What the sources are told in one poll that does not wait. */
    private List<Integer> poll() {
        return poll(0);
    }

    private List<Integer> poll(long timeoutNs) {
        told.clear();
        poller.poll(timeoutNs);
        assertThat(poller.dispatch(NOW)).isEqualTo(told.size());
        return List.copyOf(told);
    }

    @Nested
    class Readiness {
        @Test
        void isReportedByEveryPollUntilItEnds() {
            End[] ends = sockets();
            watched(ends[0], READ);
            assertThat(poll()).isEmpty();
            ends[1].write();
            assertThat(poll()).containsExactly(READ);
            assertThat(poll()).containsExactly(READ);
            ends[0].read();
            assertThat(poll()).isEmpty();
        }

        @Test
        void isReportedOnlyAsFarAsItIsOfInterest() {
            End[] ends = sockets();
            ends[1].write();
            ToldSource source = watched(ends[0], WRITE);
            assertThat(poll()).containsExactly(WRITE);
            poller.modify(source, READ | WRITE);
            assertThat(poll()).containsExactly(READ | WRITE);
            poller.modify(source, READ);
            assertThat(poll()).containsExactly(READ);
            poller.modify(source, 0);
            assertThat(source.interest()).isZero();
            assertThat(source.isRegistered()).isTrue();
            assertThat(poll()).isEmpty();
            poller.modify(source, READ);
            assertThat(poll()).containsExactly(READ);
        }

        @Test
        void mayBeOfNoInterestAtFirst() {
            End[] ends = sockets();
            ends[1].write();
            ToldSource source = watched(ends[0], 0);
            assertThat(poll()).isEmpty();
            poller.modify(source, READ);
            assertThat(poll()).containsExactly(READ);
        }

        @Test
        void ofAPipeIsThatOfItsEnd() {
            End[] ends = pipe();
            watched(ends[0], READ);
            watched(ends[1], WRITE);
            assertThat(poll()).containsExactly(WRITE);
            ends[1].write();
            assertThat(poll()).containsExactlyInAnyOrder(READ, WRITE);
        }

        @Test
        void isToldByDispatchAndNotByPoll() {
            End[] ends = sockets();
            watched(ends[0], READ);
            ends[1].write();
            assertThat(poller.poll(0)).isEqualTo(1);
            assertThat(told).isEmpty();
            assertThat(poller.dispatch(NOW)).isEqualTo(1);
            assertThat(poller.dispatch(NOW)).as("again").isZero();
        }

        @Test
        void ofMoreSourcesThanOneBatchHoldsReachesAll() {
            List<ToldSource> sources = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                End[] ends = sockets();
                ToldSource source = watched(ends[0], READ);
                source.action = _ -> poller.remove(source);
                sources.add(source);
                ends[1].write();
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
        void ofAForgottenSourceIsNotReportedOnceItIsClosed() {
            End[] ends = sockets();
            ToldSource source = watched(ends[0], READ);
            ends[1].write();
            poller.forget(source);
            ends[0].close();
            assertThat(source.isRegistered()).isFalse();
            assertThat(poll()).isEmpty();
            poller.forget(source); // harmless
            assertThat(poll()).isEmpty();
        }

        @Test
        void ofARemovedSourceIsNotReported() {
            End[] ends = sockets();
            ToldSource source = watched(ends[0], READ);
            ends[1].write();
            poller.remove(source);
            assertThat(source.isRegistered()).isFalse();
            assertThat(poll()).isEmpty();
            poller.remove(source); // harmless
            poller.modify(source, READ); // too
            assertThat(poll()).isEmpty();
            assertThat(poller.add(source, READ)).isZero();
            assertThat(poll()).containsExactly(READ);
        }
    }

    @Nested
    class HangUp {
        @Test
        void ofAPipeIsReportedBesideWhatIsLeftInIt() {
            End[] ends = pipe();
            watched(ends[0], READ);
            ends[1].write();
            ends[1].close();
            assertThat(poll()).containsExactly(kind.namesHangUps() ? READ | HANGUP : READ);
            ends[0].read();
            assertThat(poll()).containsExactly(kind.namesHangUps() ? HANGUP : READ);
        }

        @Test
        void ofASocketIsReadable() {
            End[] ends = sockets();
            watched(ends[0], READ);
            ends[1].close();
            assertThat(poll()).containsExactly(kind.namesHangUps() ? READ | HANGUP : READ);
        }

        @Test
        void isReportedWithoutInterest() {
            assumeTrue(kind.namesHangUps());
            End[] ends = sockets();
            watched(ends[0], 0);
            ends[1].close();
            assertThat(poll()).containsExactly(HANGUP);
        }

        @Test
        void ofAPipesReaderIsReportedToItsWriter() {
            End[] ends = pipe();
            watched(ends[1], kind.namesHangUps() ? 0 : WRITE);
            ends[0].close();
            assertThat(poll()).containsExactly(kind.namesHangUps() ? HANGUP : WRITE);
        }

        @Test
        void isNotReportedForAHalfClosedSocket() {
            End[] ends = sockets();
            watched(ends[0], READ);
            ends[1].shutdownOutput();
            assertThat(poll()).containsExactly(READ);
        }
    }

    @Nested
    class WithinABatch {
        /** Whichever comes first ends the other, and a newcomer takes the other's place. */
        @Test
        void aStaleEventDoesNotReachTheNewcomerInItsPlace() {
            End[] a = sockets();
            End[] b = sockets();
            End[] c = sockets();
            ToldSource first = watched(a[0], READ);
            ToldSource second = watched(b[0], READ);
            List<ToldSource> newcomers = new ArrayList<>();
            first.action = _ -> newcomers.add(replace(second, b[0], c[0]));
            second.action = _ -> newcomers.add(replace(first, a[0], c[0]));
            a[1].write();
            b[1].write();
            assertThat(poll()).containsExactly(READ);
            assertThat(newcomers).hasSize(1);

            c[1].write();
            first.action = _ -> {};
            second.action = _ -> {};
            assertThat(poll()).as("the newcomer and the survivor").containsExactly(READ, READ);
        }

        private ToldSource replace(ToldSource victim, End its, End model) {
            poller.remove(victim);
            return watched(opened(kind.ends().replace(its, model))[0], READ);
        }

        @Test
        void anEarlierSourceMayRemoveALaterOne() {
            twoReady(poller::remove);
            assertThat(poll()).containsExactly(READ);
            assertThat(poll()).as("the one that is left").containsExactly(READ);
        }

        @Test
        void aSourceMayRemoveItselfAndCloseWhatItWatched() {
            End[] ends = sockets();
            ToldSource source = watched(ends[0], READ);
            source.action =
                    _ -> {
                        poller.remove(source);
                        ends[0].close();
                    };
            ends[1].write();
            assertThat(poll()).containsExactly(READ);
            assertThat(poll()).isEmpty();
        }

        @Test
        void aSourceThatWasRemovedAndAddedAgainWaitsForTheNext() {
            ToldSource[] both =
                    twoReady(
                            other -> {
                                poller.remove(other);
                                assertThat(poller.add(other, READ)).isZero();
                            });
            assertThat(poll()).containsExactly(READ);
            both[0].action = _ -> {};
            both[1].action = _ -> {};
            assertThat(poll()).containsExactly(READ, READ);
        }

        @Test
        void aSourceThatThrowsCostsOnlyItself() {
            List<ToldSource> sources = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                End[] ends = sockets();
                ToldSource source = watched(ends[0], READ);
                source.takesMistakes = true;
                source.action =
                        _ -> {
                            throw new IllegalArgumentException("mine");
                        };
                sources.add(source);
                ends[1].write();
            }
            assertThat(poll()).containsExactly(READ, READ, READ);
            assertThat(sources).allSatisfy(source -> assertThat(source.mistake).hasMessage("mine"));
        }

        @Test
        void aSourceThatDoesNotTakeItsMistakeIsWatchedNoMoreAndTheOthersAreTold() {
            List<ToldSource> sources = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                End[] ends = sockets();
                ToldSource source = watched(ends[0], READ);
                source.action =
                        _ -> {
                            throw new StackOverflowError("mine");
                        };
                sources.add(source);
                ends[1].write();
            }
            poller.poll(0);
            assertThatThrownBy(() -> poller.dispatch(NOW)).hasMessage("mine");
            assertThat(told).containsExactly(READ, READ, READ);
            assertThat(sources).noneMatch(Source::isRegistered);
            assertThat(poll()).isEmpty();
        }
    }

    @Nested
    class Renewing {
        @Test
        void watchesWhatWasWatchedBefore() {
            End[] a = sockets();
            End[] b = sockets();
            watched(a[0], READ);
            watched(b[0], 0);
            ToldSource removed = watched(sockets()[0], READ);
            poller.remove(removed);
            a[1].write();
            b[1].write();
            poller.renew();
            assertThat(poll()).containsExactly(READ);
            assertThat(removed.isRegistered()).isFalse();
        }

        @Test
        void forgetsWhatTheLastPollFound() {
            End[] ends = sockets();
            watched(ends[0], READ);
            ends[1].write();
            poller.poll(0);
            poller.renew();
            assertThat(poller.dispatch(NOW)).isZero();
            assertThat(poll()).containsExactly(READ);
        }

        @Test
        void canBeWokenAsBefore() {
            poller.renew();
            poller.wakeup();
            assertThat(poll(-1)).isEmpty(); // or it would wait for ever
        }

        @Test
        void tellsASourceThatCannotBeWatched() {
            End[] ends = sockets();
            ToldSource source = watched(ends[0], READ);
            source.takesMistakes = true;
            ends[0].close();
            poller.renew();
            assertThat(source.isRegistered()).isFalse();
        }
    }

    @Nested
    class Waiting {
        @Test
        void endsWithTheTimeWhenNothingHappens() {
            watched(sockets()[0], READ);
            assertThat(poll(A_WHILE_NS)).isEmpty();
            assertThat(poll(1)).as("a time below the clock's resolution").isEmpty();
        }

        @Test
        void endsWhenSomethingIsReady() throws Exception {
            End[] ends = sockets();
            watched(ends[0], READ);
            CountDownLatch started = new CountDownLatch(1);
            Thread waiter =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        started.countDown();
                                        while (poll(-1).isEmpty()) {
                                            // It may return early with nothing.
                                        }
                                    });
            started.await();
            ends[1].write();
            waiter.join(); // or else for ever
            assertThat(told).containsExactly(READ);
        }

        @Test
        void isNotBegunWhenSomethingIsReady() {
            End[] ends = sockets();
            watched(ends[0], READ);
            ends[1].write();
            assertThat(poll(-1)).containsExactly(READ);
            assertThat(poll(Long.MAX_VALUE)).containsExactly(READ);
        }

        /** The JDK's selector would not wait again, and its channels close when interrupted. */
        @Test
        void goesOnAfterAnInterrupt() {
            End[] ends = sockets();
            watched(ends[0], READ);
            Thread.currentThread().interrupt();
            try {
                assertThat(poll(A_WHILE_NS)).isEmpty();
            } finally {
                Thread.interrupted();
            }
            ends[1].write();
            assertThat(poll(-1)).containsExactly(READ);
            assertThat(ends[0].isOpen()).isTrue();
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
            assertThat(poll(-1)).isEmpty();
            assertThat(poller.poll(0)).as("one wait alone").isZero();
        }

        @Test
        void ofASourceThatIsToldEndsTheNextWait() {
            End[] ends = sockets();
            ToldSource source = watched(ends[0], READ);
            source.action =
                    _ -> {
                        poller.wakeup();
                        poller.remove(source);
                    };
            ends[1].write();
            assertThat(poll()).containsExactly(READ);
            assertThat(poll(-1)).isEmpty();
        }

        @Test
        void isNotLostWhenASourceIsAddedAgainMeanwhile() {
            ToldSource source = watched(sockets()[0], READ);
            poller.wakeup();
            poller.remove(source);
            assertThat(poller.add(source, READ)).isZero();
            assertThat(poll(-1)).isEmpty();
        }

        @Test
        void isHarmlessOnceThePollerIsClosed() {
            poller.close();
            List<End[]> others = List.of(sockets(), sockets()); // have the poller's numbers now
            poller.wakeup();
            poller.close();
            assertThat(others).allSatisfy(ends -> assertThat(ends[0].isOpen()).isTrue());
            poller = kind.open();
            others.forEach(ends -> watched(ends[0], READ));
            assertThat(poll()).isEmpty();
        }
    }

    @Nested
    class Registration {
        @Test
        void happensOnce() {
            ToldSource source = watched(sockets()[0], READ);
            assertThatThrownBy(() -> poller.add(source, READ))
                    .isInstanceOf(IllegalStateException.class);
        }

        @Test
        void ofWhatIsClosedIsRefused() {
            End end = sockets()[0];
            end.close();
            ToldSource source = source(end);
            assertThat(poller.add(source, READ)).isEqualTo(-Errno.EBADF);
            assertThat(source.isRegistered()).isFalse();
            assertThat(source.interest()).isNegative();
        }

        @Test
        void ofWhatThisPollerCannotWatchIsRefused() {
            assumeTrue(!kind.watchesAll());
            PollerKind other = PollerKind.all().get(kind.namesHangUps() ? 2 : 0);
            ToldSource source = source(opened(other.ends().sockets())[0]);
            assertThat(poller.add(source, READ)).isEqualTo(-Errno.EBADF);
            assertThat(source.isRegistered()).isFalse();
        }

        /** Told from a call to the kernel by what that would say: the descriptor is closed. */
        @Test
        void isNotTouchedByAnEqualInterest() {
            End end = sockets()[0];
            ToldSource source = watched(end, READ);
            end.close();
            poller.modify(source, READ);
            assertThat(source.interest()).isEqualTo(READ);
            poller.remove(source);
            assertThat(poll()).isEmpty();
        }

        @Test
        void mayMoveToAnotherPoller() {
            End[] ends = sockets();
            ToldSource source = watched(ends[0], READ);
            poller.remove(source);
            try (Poller another = kind.open()) {
                assertThat(another.add(source, READ)).isZero();
                ends[1].write();
                assertThat(poll()).isEmpty();
                assertThat(another.poll(-1)).isEqualTo(1);
                assertThat(another.dispatch(NOW)).isEqualTo(1);
            }
            assertThat(ends[0].isOpen()).as("after the poller is closed").isTrue();
        }
    }
}
