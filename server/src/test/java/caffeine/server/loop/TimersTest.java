package caffeine.server.loop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

class TimersTest {

    private final Timers timers = new Timers();
    private final List<String> expired = new ArrayList<>();

    private final class Named extends Timer {
        final String name;
        Runnable action = () -> {};

        Named(String name) {
            this.name = name;
        }

        @Override
        protected void expired(long nowNs) {
            expired.add(name);
            action.run();
        }
    }

    private Named scheduled(String name, long dueNs) {
        Named timer = new Named(name);
        timers.schedule(timer, dueNs);
        return timer;
    }

    @Nested
    class Expiry {
        @Test
        void isInTheOrderOfDueTimes() {
            scheduled("c", 30);
            scheduled("a", 10);
            scheduled("b", 20);
            assertThat(timers.expire(25)).isEqualTo(2);
            assertThat(timers.expire(30)).isEqualTo(1);
            assertThat(expired).containsExactly("a", "b", "c");
            assertThat(timers.size()).isZero();
        }

        @Test
        void comesAtTheDueTimeAndNotBefore() {
            scheduled("a", 10);
            assertThat(timers.expire(9)).isZero();
            assertThat(timers.expire(10)).isEqualTo(1);
        }

        @Test
        void comesOnce() {
            Named timer = scheduled("a", 10);
            timers.expire(10);
            assertThat(timer.isScheduled()).isFalse();
            assertThat(timers.expire(1000)).isZero();
        }

        @Test
        void mayScheduleItselfAgain() {
            Named timer = scheduled("a", 10);
            timer.action = () -> timers.schedule(timer, 20);
            assertThat(timers.expire(10)).isEqualTo(1);
            assertThat(timer.isScheduled()).isTrue();
            assertThat(timers.expire(19)).isZero();
            timer.action = () -> {};
            assertThat(timers.expire(20)).isEqualTo(1);
        }

        @Test
        void ofOneMayCancelAnotherThatIsDueToo() {
            Named second = new Named("second");
            scheduled("first", 1).action = () -> timers.cancel(second);
            timers.schedule(second, 2);
            assertThat(timers.expire(5)).isEqualTo(1);
            assertThat(expired).containsExactly("first");
        }

        @Test
        void crossesTheEndOfTheNumbers() {
            long start = Long.MAX_VALUE - 5;
            scheduled("after", start + 10);
            scheduled("before", start + 3);
            assertThat(timers.untilNextNs(start)).isEqualTo(3);
            assertThat(timers.expire(start + 4)).isEqualTo(1);
            assertThat(timers.expire(start + 9)).isZero();
            assertThat(timers.expire(start + 10)).isEqualTo(1);
            assertThat(expired).containsExactly("before", "after");
        }
    }

    @Nested
    class Postponing {
        @Test
        void outlivesTheOldTime() {
            Named timer = scheduled("a", 10);
            timers.schedule(timer, 20);
            assertThat(timers.expire(10)).isZero();
            assertThat(timers.expire(19)).isZero();
            assertThat(timers.expire(20)).isEqualTo(1);
        }

        @Test
        void toAnEarlierTimeIsBringingForward() {
            Named timer = scheduled("a", 20);
            timers.schedule(timer, 10);
            assertThat(timers.untilNextNs(0)).isEqualTo(10);
            assertThat(timers.expire(10)).isEqualTo(1);
        }

        @Test
        void backAndForthCountsTheLastTime() {
            Named timer = scheduled("a", 10);
            timers.schedule(timer, 40);
            timers.schedule(timer, 20);
            assertThat(timers.expire(19)).isZero();
            assertThat(timers.expire(20)).isEqualTo(1);
        }
    }

    @Nested
    class Cancelling {
        @Test
        void preventsExpiry() {
            Named timer = scheduled("a", 10);
            timers.cancel(timer);
            assertThat(timer.isScheduled()).isFalse();
            assertThat(timers.expire(100)).isZero();
        }

        @Test
        void isHarmlessTwiceAndBeforeScheduling() {
            Named timer = new Named("a");
            timers.cancel(timer);
            timers.schedule(timer, 1);
            timers.cancel(timer);
            timers.cancel(timer);
            assertThat(timers.size()).isZero();
        }
    }

    @Nested
    class TimeUntilTheNext {
        @Test
        void isEndlessWithoutTimers() {
            assertThat(timers.untilNextNs(0)).isEqualTo(Long.MAX_VALUE);
        }

        @Test
        void isNeverNegative() {
            scheduled("a", 10);
            assertThat(timers.untilNextNs(4)).isEqualTo(6);
            assertThat(timers.untilNextNs(10)).isZero();
            assertThat(timers.untilNextNs(1000)).isZero();
        }
    }

    /** Does the same to a plain map of due times, and compares what expires. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void doesWhatANaiveModelDoes(long seed) {
        Random random = new Random(seed);
        List<Named> all = new ArrayList<>();
        Map<Named, Long> model = new HashMap<>();
        for (int i = 0; i < 200; i++) {
            all.add(new Named("" + i));
        }
        long now = random.nextLong();
        for (int step = 0; step < 20_000; step++) {
            Named timer = all.get(random.nextInt(all.size()));
            switch (random.nextInt(8)) {
                case 0, 1, 2, 3, 4 -> {
                    long due = now + random.nextInt(-20, 1000);
                    timers.schedule(timer, due);
                    model.put(timer, due);
                }
                case 5 -> {
                    timers.cancel(timer);
                    model.remove(timer);
                }
                default -> {
                    now += random.nextInt(200);
                    expireBoth(model, now);
                }
            }
            assertThat(timers.size()).isEqualTo(model.size());
            assertThat(timer.isScheduled()).isEqualTo(model.containsKey(timer));
        }
    }

    private void expireBoth(Map<Named, Long> model, long now) {
        Set<String> due = new HashSet<>();
        long next = Long.MAX_VALUE;
        for (Map.Entry<Named, Long> entry : model.entrySet()) {
            long left = entry.getValue() - now;
            next = Math.min(next, left);
            if (left <= 0) {
                due.add(entry.getKey().name);
            }
        }
        // A timer that was put off may wake the loop too early, but never too late.
        assertThat(timers.untilNextNs(now)).isLessThanOrEqualTo(Math.max(0, next));
        expired.clear();
        assertThat(timers.expire(now)).isEqualTo(due.size());
        assertThat(expired).hasSameSizeAs(due).containsExactlyInAnyOrderElementsOf(due);
        model.keySet().removeIf(timer -> due.contains(timer.name));
    }
}
