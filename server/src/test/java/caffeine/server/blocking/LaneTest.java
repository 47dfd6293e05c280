package caffeine.server.blocking;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Errno;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.poll.SelectorPoller;
import caffeine.server.poll.Source;
import caffeine.server.testing.Until;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** A loop that virtual threads enter, or leave their visits to. */
class LaneTest {

    private static final int VISITORS = 20;
    private static final int VISITS = 500;

    private final EnteredLane entered = new EnteredLane(Clock.SYSTEM);
    private final EventLoop loop = new EventLoop(entered, Clock.SYSTEM);
    private final AtomicReference<Throwable> mistake = new AtomicReference<>();
    private final EventLoop postedTo = new EventLoop(SelectorPoller.open(), Clock.SYSTEM);
    private final PostedLane posted = new PostedLane(postedTo);
    private final List<Thread> owners = new ArrayList<>();

    @BeforeEach
    void drive() {
        entered.drives(loop, mistake::set);
    }

    @AfterEach
    void stop() throws InterruptedException {
        loop.stop();
        postedTo.stop();
        for (Thread owner : owners) {
            owner.join();
        }
        postedTo.close();
    }

    private Thread runEntered() {
        Thread owner =
                new Thread(
                        () -> {
                            entered.own();
                            loop.run();
                            entered.disown();
                        });
        owner.start();
        owners.add(owner);
        return owner;
    }

    private void runPosted() {
        Thread owner = new Thread(postedTo::run);
        owner.start();
        owners.add(owner);
    }

    /** What a visit does in the lane, as a lane sees it. */
    private static LaneTask visit(Consumer<Long> action) {
        return new TestVisit(action);
    }

    /** Counts without a lock of its own, so that two at a time would lose some. */
    private static final class Count {
        int value;
        int inside;
        boolean met;
    }

    private static void visitFromMany(Lane lane, Count count) throws InterruptedException {
        CyclicBarrier start = new CyclicBarrier(VISITORS);
        List<Thread> visitors = new ArrayList<>();
        for (int i = 0; i < VISITORS; i++) {
            visitors.add(
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        await(start);
                                        for (int j = 0; j < VISITS; j++) {
                                            lane.enter(visit(_ -> increment(count)));
                                        }
                                    }));
        }
        for (Thread visitor : visitors) {
            visitor.join();
        }
    }

    private static void increment(Count count) {
        count.met |= count.inside++ > 0;
        int was = count.value;
        Thread.onSpinWait();
        count.value = was + 1;
        count.inside--;
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Nested
    class Entered {
        @Test
        void oneVisitHappensAtATime() throws InterruptedException {
            runEntered();
            Count count = new Count();
            visitFromMany(entered, count);
            assertThat(count.value).isEqualTo(VISITORS * VISITS);
            assertThat(count.met).isFalse();
            assertThat(mistake).hasNullValue();
        }

        @Test
        void aVisitHappensOnItsOwnThread() {
            Thread[] seen = new Thread[1];
            entered.enter(visit(_ -> seen[0] = Thread.currentThread()));
            assertThat(seen[0]).isSameAs(Thread.currentThread());
        }

        @Test
        void tasksOfOtherThreadsRunWithoutAVisit() throws InterruptedException {
            Thread owner = runEntered();
            AtomicReference<Thread> ran = new AtomicReference<>();
            CountDownLatch done = new CountDownLatch(1);
            loop.execute(
                    () -> {
                        ran.set(Thread.currentThread());
                        done.countDown();
                    });
            done.await();
            assertThat(ran).hasValue(owner);
        }

        @Test
        void aTimerThatAVisitSetsExpires() throws InterruptedException {
            runEntered();
            CountDownLatch expired = new CountDownLatch(2);
            // The first lets the loop's thread wait for long; the second is sooner.
            entered.enter(visit(now -> schedule(now + 30_000_000_000L, expired)));
            entered.enter(visit(now -> schedule(now + 20_000_000L, expired)));
            entered.enter(visit(now -> schedule(now + 1_000_000L, expired)));
            expired.await();
        }

        private void schedule(long atNs, CountDownLatch expired) {
            loop.timers()
                    .schedule(
                            new Timer() {
                                @Override
                                protected void expired(long nowNs) {
                                    expired.countDown();
                                }
                            },
                            atNs);
        }

        @Test
        void aTaskThatBreaksATurnIsToldAndTheLockIsFreeAgain() throws InterruptedException {
            loop.later(
                    () -> {
                        throw new IllegalStateException("mine");
                    });
            entered.enter(visit(_ -> {}));
            assertThat(mistake.get()).hasMessage("mine");
            Count count = new Count();
            Thread.ofVirtual().start(() -> entered.enter(visit(_ -> increment(count)))).join();
            assertThat(count.value).isEqualTo(1);
        }

        @Test
        void nothingElseCanBeWatchedThere() {
            Source source =
                    new Source(0) {
                        @Override
                        protected void ready(int readiness, long nowNs) {}
                    };
            assertThat(entered.add(source, Source.READ)).isEqualTo(-Errno.EBADF);
            assertThat(source.isRegistered()).isFalse();
        }
    }

    @Nested
    class Posted {
        /** No loop turns for it any more: to wait for that would be to wait for ever. */
        @Test
        void aVisitAfterTheEndDoesNotHappenAndIsNotWaitedFor() {
            postedTo.stop();
            postedTo.run();
            LaneTask late = visit(_ -> mistake.set(new AssertionError("it happened")));
            posted.enter(late);
            boolean begun = posted.begin(late, () -> mistake.set(new AssertionError("started")));
            assertThat(begun).isFalse();
            assertThat(mistake).hasNullValue();
        }

        /** As when a timer of the last turn stops the loop. */
        @Test
        void aVisitThatCameBeforeTheEndIsReleased() throws InterruptedException {
            Count count = new Count();
            Thread visitor =
                    Thread.ofVirtual().start(() -> posted.enter(visit(_ -> count.value++)));
            Until.holds("it waits", () -> visitor.getState() == Thread.State.WAITING);
            postedTo.stop();
            postedTo.run();
            visitor.join();
            assertThat(count.value).isEqualTo(1);
        }

        @Test
        void oneVisitHappensAtATimeAndIsWaitedFor() throws InterruptedException {
            runPosted();
            Count count = new Count();
            visitFromMany(posted, count);
            assertThat(count.value).isEqualTo(VISITORS * VISITS);
            assertThat(count.met).isFalse();
        }

        @Test
        void aVisitHappensOnTheLoopsThreadAndIsOverAfterTheTurn() {
            runPosted();
            Thread[] seen = new Thread[1];
            TestVisit visit = new TestVisit(_ -> seen[0] = Thread.currentThread());
            posted.enter(visit);
            assertThat(seen[0]).isSameAs(owners.getFirst());
            assertThat(visit.isOver()).isTrue();
        }

        @Test
        void theFirstVisitComesBeforeItsThread() throws InterruptedException {
            runPosted();
            List<String> order = new ArrayList<>();
            CountDownLatch started = new CountDownLatch(1);
            posted.begin(
                    visit(_ -> order.add("visit")),
                    () -> {
                        order.add("start");
                        started.countDown();
                    });
            started.await();
            assertThat(order).containsExactly("visit", "start");
        }
    }
}
