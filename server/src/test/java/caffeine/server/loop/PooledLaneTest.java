package caffeine.server.loop;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.poll.LanePoller;
import caffeine.server.poll.Source;
import caffeine.server.testing.ManualClock;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A lane that a pool drives: {@link Lane}. */
class PooledLaneTest {

    private static final int THREADS = 4;
    private static final int EVENTS = 20_000;

    /** What the kernel would watch. */
    private static final class Kernel implements LanePoller.Kernel {
        private final List<String> calls = new ArrayList<>();
        private int rearmed;

        @Override
        public int watch(Source source, int interest) {
            calls.add("watch " + interest);
            return 0;
        }

        @Override
        public int rearm(Source source, int interest) {
            rearmed = interest;
            calls.add("rearm " + interest);
            return 0;
        }

        @Override
        public void unwatch(Source source, boolean closes) {
            calls.add("unwatch");
        }
    }

    private static final class Host implements Lane.Host {
        private final ConcurrentLinkedQueue<Lane> scheduled = new ConcurrentLinkedQueue<>();
        private final List<Long> planned = new ArrayList<>();

        @Override
        public void schedule(Lane lane) {
            scheduled.add(lane);
        }

        @Override
        public void plan(Lane lane, long atNs) {
            planned.add(atNs);
        }
    }

    private static class Counting extends Source {
        private int told;

        Counting() {
            super(1);
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            told++;
        }
    }

    private final Kernel kernel = new Kernel();
    private final Host host = new Host();
    private final Lane lane = new Lane(kernel, host);
    private final ManualClock clock = new ManualClock();
    private final List<Throwable> mistakes = new ArrayList<>();
    private final EventLoop loop = new EventLoop(lane, clock, mistakes::add);
    private int overs;

    PooledLaneTest() {
        lane.drives(loop, _ -> overs++);
    }

    @AfterEach
    void noTaskHasFailed() {
        assertThat(mistakes).isEmpty();
    }

    @Test
    void aSourceIsWatchedAgainAfterItsEventAndNotTwice() {
        Counting source = new Counting();
        lane.enter(() -> assertThat(lane.add(source, Source.READ)).isZero());
        lane.enter(source, 0, Source.READ);
        lane.enter(() -> lane.modify(source, Source.READ));
        lane.enter(() -> lane.modify(source, Source.WRITE));
        lane.enter(() -> lane.remove(source));
        assertThat(source.told).isEqualTo(1);
        assertThat(kernel.calls).containsExactly("watch 1", "rearm 1", "rearm 2", "unwatch");
    }

    @Test
    void anEventOfAnEarlierRegistrationIsDropped() {
        Counting source = new Counting();
        lane.enter(() -> lane.add(source, Source.READ));
        lane.enter(source, 7, Source.READ);
        assertThat(source.told).isZero();
    }

    @Test
    void anEventOfABusyLaneIsDeliveredByTheThreadThere() {
        Counting source = new Counting();
        lane.enter(() -> lane.add(source, Source.READ));
        lane.enter(
                () -> {
                    lane.enter(source, 0, Source.READ);
                    assertThat(source.told).isZero();
                });
        assertThat(source.told).isEqualTo(1);
        assertThat(host.scheduled).isEmpty();
    }

    @Test
    void aTaskOfAnotherThreadSchedulesALaneOnce() {
        AtomicInteger ran = new AtomicInteger();
        loop.execute(ran::incrementAndGet);
        loop.execute(ran::incrementAndGet);
        assertThat(host.scheduled).containsExactly(lane);
        assertThat(ran).hasValue(0);
        host.scheduled.remove().drive();
        assertThat(ran).hasValue(2);
        loop.execute(ran::incrementAndGet);
        assertThat(host.scheduled).containsExactly(lane);
    }

    @Test
    void aTimerIsPlannedWhenItIsEarlierAndExpiresInATurn() {
        AtomicInteger expired = new AtomicInteger();
        Timer timer = Timer.of(expired::incrementAndGet);
        long start = clock.nanoTime();
        lane.enter(() -> loop.timers().schedule(timer, start + 100));
        lane.enter(() -> loop.timers().schedule(timer, start + 200));
        lane.enter(() -> loop.timers().schedule(timer, start + 50));
        assertThat(host.planned).containsExactly(start + 100, start + 50);
        assertThat(lane.dueNs()).isEqualTo(start + 50);
        clock.advance(50);
        assertThat(lane.enterIfIdle()).isTrue();
        assertThat(expired).hasValue(1);
        assertThat(lane.dueNs()).isEqualTo(Lane.NEVER);
    }

    @Test
    void aLoopThatStopsEndsTheLaneOnce() {
        lane.enter(loop::stop);
        assertThat(overs).isEqualTo(1);
        assertThat(loop.execute(() -> {})).isFalse();
        assertThat(lane.enterIfIdle()).isFalse();
        assertThat(host.scheduled).isEmpty();
    }

    /** Every event is delivered or goes together with another, and no two at the same time. */
    @Test
    void oneThreadAtATimeIsThere() throws InterruptedException {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger collisions = new AtomicInteger();
        Counting source =
                new Counting() {
                    @Override
                    protected void ready(int readiness, long nowNs) {
                        if (inside.incrementAndGet() != 1) {
                            collisions.incrementAndGet();
                        }
                        super.ready(readiness, nowNs);
                        inside.decrementAndGet();
                    }
                };
        lane.enter(() -> lane.add(source, Source.READ));
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            threads.add(
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int j = 0; j < EVENTS; j++) {
                                            lane.enter(source, 0, Source.READ);
                                            Lane next = host.scheduled.poll();
                                            if (next != null) {
                                                next.drive();
                                            }
                                        }
                                    }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        for (Lane next = host.scheduled.poll(); next != null; next = host.scheduled.poll()) {
            next.drive();
        }
        assertThat(collisions).hasValue(0);
        assertThat(source.told).isEqualTo(THREADS * EVENTS);
        assertThat(kernel.rearmed).isEqualTo(Source.READ);
    }
}
