package caffeine.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.testing.ManualClock;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class SendPaceTest {

    private static final long SECOND = 1_000_000_000L;
    private static final long IDLE = 30 * SECOND;
    private static final int RATE = 100;

    /** Near the end of the numbers: only differences mean something. */
    private final long begin = new ManualClock().nanoTime();

    private final SendPace pace = new SendPace(IDLE, RATE);

    @Test
    void looksAfterASecond() {
        pace.waits(5000, begin);
        assertThat(pace.dueNs() - begin).isEqualTo(SECOND);
    }

    @Nested
    class Idle {

        @Test
        void aClientThatTakesNothing() {
            pace.waits(5000, begin);
            assertThat(pace.look(5000, 1000, begin + SECOND)).isNull();
            assertThat(pace.dueNs() - begin).isEqualTo(IDLE);
            assertThat(pace.look(5000, 1000, begin + IDLE)).isEqualTo("send-timeout");
        }

        /** The kernel's buffer is large, and says so only when much of it is free. */
        @Test
        void notOneThatTakesWhatTheKernelHas() {
            SendPace any = new SendPace(IDLE, 0);
            any.waits(5000, begin);
            assertThat(any.look(5000, 1000, begin + SECOND)).isNull();
            assertThat(any.look(5000, 1001, begin + IDLE)).isNull();
            assertThat(any.dueNs() - begin).isEqualTo(2 * IDLE);
            assertThat(any.look(5000, 1001, begin + 2 * IDLE)).isEqualTo("send-timeout");
        }

        @Test
        void isCountedFromWhatTheKernelTookLast() {
            pace.waits(5000, begin);
            assertThat(pace.look(5000, 1000, begin + SECOND)).isNull();
            pace.progress(9000, begin + 20 * SECOND);
            assertThat(pace.dueNs() - begin).isEqualTo(21 * SECOND);
            assertThat(pace.look(9000, 5000, begin + 21 * SECOND)).isNull();
            assertThat(pace.dueNs() - begin).isEqualTo(20 * SECOND + IDLE);
            assertThat(pace.look(9000, 5000, begin + 20 * SECOND + IDLE)).isEqualTo("send-timeout");
        }
    }

    @Nested
    class Rate {

        /** A byte a second is more than nothing, and less than what it owes. */
        @Test
        void aClientThatTakesTooLittle() {
            pace.waits(0, begin);
            String limit = null;
            long second = 0;
            while (limit == null) {
                second++;
                limit = pace.look(0, second, begin + second * SECOND);
            }
            assertThat(limit).isEqualTo("min-send-rate");
            assertThat(second).isEqualTo(31); // the grace, and a hundredth of each second
        }

        @Test
        void notOneThatTakesEnough() {
            pace.waits(0, begin);
            for (int second = 1; second < 1000; second++) {
                assertThat(pace.look(0, (long) second * RATE, begin + second * SECOND)).isNull();
            }
        }

        /** In the first second, too, in which only the kernel is asked. */
        @Test
        void countsAllThatWasTaken() {
            pace.waits(0, begin);
            pace.progress(100 * RATE, begin + SECOND / 2);
            assertThat(pace.look(100 * RATE, 50 * RATE, begin + SECOND)).isNull();
            assertThat(pace.look(100 * RATE, 50 * RATE + 1, begin + 29 * SECOND)).isNull();
            assertThat(pace.look(100 * RATE, 50 * RATE + 2, begin + 58 * SECOND)).isNull();
            assertThat(pace.look(100 * RATE, 50 * RATE + 3, begin + 87 * SECOND)).isNull();
            assertThat(pace.look(100 * RATE, 50 * RATE + 4, begin + 116 * SECOND)).isNull();
            assertThat(pace.dueNs() - begin).isBetween(130 * SECOND, 131 * SECOND);
            assertThat(pace.look(100 * RATE, 50 * RATE + 5, begin + 131 * SECOND))
                    .isEqualTo("min-send-rate");
        }

        /** What fills the kernel's buffer is not the client's. */
        @Test
        void doesNotCountWhatGoesOutAtOnce() {
            pace.waits(0, begin);
            pace.progress(1_000_000, begin + SECOND / 1000);
            assertThat(pace.look(1_000_000, 0, begin + 2 * SECOND)).isNull();
            assertThat(pace.look(1_000_000, 1, begin + 29 * SECOND)).isNull();
            assertThat(pace.look(1_000_000, 2, begin + 31 * SECOND)).isEqualTo("min-send-rate");
        }

        /** A script that writes now and then is not its client's fault. */
        @Test
        void doesNotCountTheTimeInWhichNothingWaits() {
            pace.begin();
            for (int i = 0; i < 25; i++) {
                long atNs = begin + i * 1000L * SECOND;
                pace.waits(0, atNs);
                assertThat(pace.look(0, 0, atNs + SECOND)).isNull();
                pace.ends(0, () -> 0, atNs + SECOND);
            }
            long atNs = begin + 25_000 * SECOND;
            pace.waits(0, atNs);
            assertThat(pace.look(0, 0, atNs + 5 * SECOND)).isEqualTo("min-send-rate");
        }

        @Test
        void beginsAnewWithEachResponse() {
            pace.waits(0, begin);
            assertThat(pace.look(0, 1, begin + 29 * SECOND)).isNull();
            pace.begin();
            assertThat(pace.dueNs() - begin).as("some still waits").isLessThan(31 * SECOND);
            pace.ends(0, () -> 1, begin + 29 * SECOND);
            pace.begin();
            pace.waits(0, begin + 40 * SECOND);
            assertThat(pace.look(0, 1, begin + 69 * SECOND)).isNull();
        }
    }
}
