package caffeine.server.service;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.loop.EventLoop;
import caffeine.server.poll.EpollPoller;
import caffeine.server.service.LoopMonitor.Watch;
import caffeine.server.testing.ManualClock;
import caffeine.server.testing.RecordedEvents;
import caffeine.server.testing.Until;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Looks are taken by hand, from within a turn and between turns. */
class LoopMonitorTest {

    private final ManualClock clock = new ManualClock();
    private final RecordedEvents events = new RecordedEvents();
    private final LoopMonitor monitor = new LoopMonitor();
    private final EventLoop loop = new EventLoop(EpollPoller.open(), clock);
    private final EventLoop other = new EventLoop(EpollPoller.open(), clock);
    private @Nullable Thread driver = Thread.currentThread();

    @BeforeEach
    void watch() {
        Watch _ = monitor.add(loop, events, () -> driver);
    }

    @AfterEach
    void close() {
        loop.close();
        other.close();
    }

    private void looks(int count) {
        for (int i = 0; i < count; i++) {
            clock.advance(1_000_000_000);
            monitor.look();
        }
    }

    private static void turn(EventLoop loop, ManualClock clock, Runnable within) {
        clock.advance(1);
        loop.later(within);
        loop.doWork(0);
    }

    /** Takes a turn in which that happens. */
    private void turn(Runnable within) {
        turn(loop, clock, within);
    }

    @Test
    void aTurnThatDoesNotEndIsSaidOnceWithItsThreadAndStack() {
        turn(() -> looks(2));
        assertThat(events.warnings).isEmpty();
        turn(() -> looks(60));
        assertThat(events.warnings)
                .singleElement()
                .asString()
                .startsWith(
                        "loop: blocked for 3000 ms by thread "
                                + Thread.currentThread().getName()
                                + "; its other clients wait; it is at java.lang.Thread.")
                .contains(" < " + getClass().getName() + ".looks:");
    }

    @Test
    void eachTimeIsSaid() {
        turn(() -> looks(5));
        turn(() -> looks(5));
        assertThat(events.warnings).hasSize(2);
    }

    @Test
    void aLoopThatWaitsIsNotBlocked() throws InterruptedException {
        Thread thread = new Thread(loop::run);
        thread.start();
        clock.advance(1);
        assertThat(loop.execute(() -> {})).isTrue(); // so that it has turned before it waits
        Until.holds("it waits", () -> loop.turn() == EventLoop.NO_TURN);
        looks(10);
        loop.stop();
        thread.join();
        assertThat(events.warnings).isEmpty();
    }

    @Test
    void aLaneThatNoThreadDrivesIsNotBlocked() {
        turn(() -> {});
        driver = null; // the turn is over, and its loop's own thread waits elsewhere
        looks(10);
        assertThat(events.warnings).isEmpty();
    }

    @Test
    void turnsThatEndAreNotBlockedHoweverMany() {
        for (int i = 0; i < 20; i++) {
            turn(() -> looks(1));
        }
        assertThat(events.warnings).isEmpty();
    }

    @Test
    void whatHasBeenClosedIsNotLookedAt() {
        try (Watch _ = monitor.add(other, events, Thread::currentThread)) {
            looks(1);
        }
        turn(other, clock, () -> looks(10));
        assertThat(events.warnings).isEmpty();
    }

    @Test
    void ofManyAtOnceOneIsSaidAtEachLook() {
        try (Watch _ = monitor.add(other, events, Thread::currentThread)) {
            turn(
                    () ->
                            turn(
                                    other,
                                    clock,
                                    () -> {
                                        looks(3);
                                        assertThat(events.warnings).hasSize(1);
                                        looks(10);
                                        assertThat(events.warnings).hasSize(2);
                                    }));
        }
    }

    @Test
    void thoseThatEndUnsaidAreCounted() {
        @Nullable Thread[] drivers = {Thread.currentThread()};
        try (Watch _ = monitor.add(other, events, () -> drivers[0])) {
            turn(() -> turn(other, clock, () -> looks(3)));
            drivers[0] = null;
            turn(() -> looks(3));
        }
        assertThat(events.warnings).hasSize(2);
        assertThat(events.warnings.getLast()).endsWith(" (and 1 more that were not logged)");
    }

    @Test
    void aVirtualThreadWithoutANameHasANumber() throws InterruptedException {
        Thread virtual =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    driver = Thread.currentThread();
                                    turn(() -> looks(3));
                                });
        virtual.join();
        assertThat(events.warnings)
                .singleElement()
                .asString()
                .contains(" by thread virtual-" + virtual.threadId() + ";");
    }
}
