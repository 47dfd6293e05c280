package caffeine.server.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.os.Descriptors;
import caffeine.os.linux.EventFd;
import caffeine.server.poll.EpollPoller;
import caffeine.server.poll.Poller;
import caffeine.server.poll.Source;
import caffeine.server.testing.ManualClock;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

class EventLoopTest {

    /** Remembers how long it was asked to wait. */
    private static class StillPoller implements Poller {
        final List<Long> waitsNs = new ArrayList<>();
        int wakeups;

        @Override
        public int add(Source source, int interest) {
            return 0;
        }

        @Override
        public void modify(Source source, int interest) {}

        @Override
        public void remove(Source source) {}

        @Override
        public void forget(Source source) {}

        @Override
        public int poll(long timeoutNs) {
            waitsNs.add(timeoutNs);
            return 0;
        }

        @Override
        public int dispatch(long nowNs) {
            return 0;
        }

        @Override
        public void renew() {}

        @Override
        public void wakeup() {
            wakeups++;
        }

        @Override
        public void close() {}
    }

    private static final class Due extends Timer {
        private final Runnable action;

        Due(Runnable action) {
            this.action = action;
        }

        @Override
        protected void expired(long nowNs) {
            action.run();
        }
    }

    private final ManualClock clock = new ManualClock();
    private final List<String> order = new ArrayList<>();

    @Nested
    class Waiting {
        private final StillPoller poller = new StillPoller();
        private final EventLoop loop = new EventLoop(poller, clock);

        @Test
        void oneWakeupIsEnoughForTheTasksOfATurn() {
            loop.execute(() -> order.add("a"));
            loop.execute(() -> order.add("b"));
            assertThat(poller.wakeups).isEqualTo(1);
            loop.doWork(1_000);
            assertThat(order).containsExactly("a", "b");
            assertThat(poller.waitsNs).containsExactly(0L);
            loop.execute(() -> order.add("c"));
            assertThat(poller.wakeups).isEqualTo(2);
        }

        /** The wakeup of a task that the turn has already looked for would otherwise be missing. */
        @Test
        void aTaskThatComesWithinATurnWakesTheNext() {
            loop.execute(() -> loop.execute(() -> order.add("next")));
            loop.doWork(1_000);
            assertThat(poller.wakeups).isEqualTo(2);
            assertThat(order).isEmpty();
            loop.doWork(1_000);
            assertThat(order).containsExactly("next");
        }

        @Test
        void lastsAsLongAsTheCallerSaysWhenNothingIsDue() {
            assertThat(loop.doWork(123)).isZero();
            assertThat(poller.waitsNs).containsExactly(123L);
        }

        @Test
        void endsWhenTheNextTimerIsDue() {
            loop.timers().schedule(new Due(() -> {}), clock.nanoTime() + 50);
            loop.doWork(123);
            clock.advance(50);
            loop.doWork(123);
            assertThat(poller.waitsNs).containsExactly(50L, 0L);
        }

        @Test
        void isLeftOutWhileTasksAreThere() {
            loop.later(() -> order.add("task"));
            assertThat(loop.doWork(123)).isEqualTo(1);
            assertThat(poller.waitsNs).containsExactly(0L);
            assertThat(poller.wakeups).isZero();
            assertThat(order).containsExactly("task");
        }

        @Test
        void isEndedByATaskOfAnotherThread() {
            loop.execute(() -> {});
            assertThat(poller.wakeups).isEqualTo(1);
        }
    }

    /** Fails in its wait until it is renewed; a loop ends when it cannot be. */
    @Nested
    class Mistakes {
        private final List<Throwable> mistakes = new ArrayList<>();

        private EventLoop loop(StillPoller poller) {
            return new EventLoop(poller, clock, mistakes::add);
        }

        private static void fail(String message) {
            throw new StackOverflowError(message);
        }

        @Test
        void costTheCallbackThatMadeThemAlone() {
            EventLoop loop = loop(new StillPoller());
            loop.timers().schedule(new Due(() -> fail("timer")), clock.nanoTime());
            loop.timers().schedule(new Due(() -> order.add("timer")), clock.nanoTime());
            loop.later(() -> fail("task"));
            loop.later(() -> order.add("task"));
            loop.onTurnEnd(
                    () -> {
                        if (order.isEmpty()) {
                            fail("end");
                        }
                    });
            loop.onTurnEnd(() -> order.add("end"));
            loop.doWork(0);
            loop.doWork(0);
            assertThat(order).containsOnlyOnce("timer", "task").contains("end");
            assertThat(mistakes)
                    .extracting(Throwable::getMessage)
                    .containsExactlyInAnyOrder("timer", "task", "end");
        }

        @Test
        void endTheTurnWhereNothingTakesThem() {
            EventLoop loop = new EventLoop(new StillPoller(), clock);
            loop.later(() -> fail("task"));
            assertThatThrownBy(() -> loop.doWork(0)).hasMessage("task");
        }

        @Test
        void ofATimerGoToItsOwner() {
            EventLoop loop = loop(new StillPoller());
            Timer timer =
                    new Timer() {
                        @Override
                        protected void expired(long nowNs) {
                            fail("timer");
                        }

                        @Override
                        protected void broken(Throwable mistake) {
                            order.add(String.valueOf(mistake.getMessage()));
                        }
                    };
            loop.timers().schedule(timer, clock.nanoTime());
            loop.doWork(0);
            assertThat(order).containsExactly("timer");
            assertThat(mistakes).isEmpty();
        }

        @Test
        void ofThePollerHaveItRenewed() {
            StillPoller poller =
                    new StillPoller() {
                        private boolean broken = true;

                        @Override
                        public int poll(long timeoutNs) {
                            if (broken) {
                                throw new IllegalStateException("epoll_wait: EBADF");
                            }
                            return super.poll(timeoutNs);
                        }

                        @Override
                        public void renew() {
                            broken = false;
                            order.add("renewed");
                        }
                    };
            EventLoop loop = loop(poller);
            loop.later(() -> order.add("task"));
            loop.later(loop::stop);
            loop.run();
            assertThat(order).containsExactly("renewed", "task");
            assertThat(mistakes).hasSize(1);
        }

        @Test
        void ofAPollerThatStaysBrokenEndTheLoopAndItsTasksStillRun() {
            StillPoller poller =
                    new StillPoller() {
                        @Override
                        public int poll(long timeoutNs) {
                            throw new IllegalStateException("epoll_wait: EBADF");
                        }
                    };
            EventLoop loop = loop(poller);
            loop.later(() -> fail("task"));
            loop.later(() -> order.add("task"));
            assertThatThrownBy(loop::run).hasMessage("epoll_wait: EBADF");
            assertThat(order).containsExactly("task");
            assertThat(loop.execute(() -> order.add("late"))).isFalse();
        }
    }

    @Nested
    class TheEnd {
        @Test
        void comesAfterTheTasksThatWereGivenBefore() {
            EventLoop loop = new EventLoop(new StillPoller(), clock);
            loop.onTurnEnd(() -> order.add("end"));
            loop.later(
                    () -> {
                        loop.stop();
                        loop.later(() -> order.add("last"));
                    });
            loop.run();
            assertThat(order).containsExactly("end", "last", "end");
            assertThat(loop.execute(() -> order.add("late"))).isFalse();
        }
    }

    @Nested
    class ATurn {
        private final EventLoop loop = new EventLoop(EpollPoller.open(), clock);
        private final int eventFd = EventFd.create(0, Descriptors.O_NONBLOCK);

        private final Source source =
                new Source(eventFd) {
                    @Override
                    protected void ready(int readiness, long nowNs) {
                        assertThat(EventFd.drain(eventFd)).isPositive();
                        assertThat(nowNs).isEqualTo(loop.nowNs());
                        order.add("source");
                    }
                };

        @AfterEach
        void close() {
            loop.poller().remove(source);
            Descriptors.close(eventFd);
            loop.close();
        }

        @Test
        void tellsSourcesThenTimersThenTasksAndEndsWithTheTurnEnds() {
            loop.poller().add(source, Source.READ);
            loop.onTurnEnd(() -> order.add("end 1"));
            loop.onTurnEnd(() -> order.add("end 2"));
            loop.later(() -> order.add("task"));
            loop.timers().schedule(new Due(() -> order.add("timer")), clock.nanoTime());
            EventFd.signal(eventFd, 1);
            assertThat(loop.doWork(0)).isEqualTo(3);
            assertThat(order).containsExactly("source", "timer", "task", "end 1", "end 2");
        }

        @Test
        void endsWithTheTurnEndsEvenWhenThereWasNothingToDo() {
            loop.onTurnEnd(() -> order.add("end"));
            assertThat(loop.doWork(0)).isZero();
            assertThat(order).containsExactly("end");
        }

        @Test
        void leavesWhatTasksAddToTheNext() {
            loop.later(() -> loop.later(() -> order.add("second")));
            assertThat(loop.doWork(0)).isEqualTo(1);
            assertThat(order).isEmpty();
            assertThat(loop.doWork(0)).isEqualTo(1);
            assertThat(order).containsExactly("second");
        }

        @Test
        void readsTheClockOnceAfterTheWait() {
            long before = loop.nowNs();
            clock.advance(1000);
            loop.later(
                    () -> {
                        assertThat(loop.nowNs()).isEqualTo(before + 1000);
                        clock.advance(7);
                        assertThat(loop.nowNs()).isEqualTo(before + 1000);
                    });
            assertThat(loop.doWork(0)).isEqualTo(1);
        }

        @Test
        void isRunToByATaskOfAnotherThread() throws Exception {
            CountDownLatch added = new CountDownLatch(1);
            Thread other =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        loop.execute(() -> order.add("task"));
                                        added.countDown();
                                    });
            // Without the wake-up this waits for ever.
            while (order.isEmpty()) {
                loop.doWork(Long.MAX_VALUE);
            }
            added.await();
            other.join();
            assertThat(order).containsExactly("task");
        }

        @Test
        void isTheLastOneAfterAStop() throws Exception {
            Thread other = Thread.ofPlatform().start(loop::stop);
            loop.run();
            other.join();
            assertThat(loop.isStopped()).isTrue();
        }
    }
}
