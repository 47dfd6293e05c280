package caffeine.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FloodGateTest {

    private static final long SECOND = 1_000_000_000L;

    private final FloodGate gate = new FloodGate(3);
    private long now = 5 * SECOND;

    private int passing(int tries, String name) {
        int passed = 0;
        for (int i = 0; i < tries; i++) {
            passed += gate.pass(name, now) == null ? 0 : 1;
        }
        return passed;
    }

    @Test
    void soManyPassInASecond() {
        assertThat(passing(10, "a")).isEqualTo(3);
        now += SECOND - 1;
        assertThat(passing(10, "a")).isZero();
        now += 1;
        assertThat(passing(10, "a")).isEqualTo(3);
    }

    @Test
    void theNextTellsHowManyDidNot() {
        passing(10, "a");
        now += SECOND;
        assertThat(gate.pass("a", now))
                .isEqualTo(" (and 7 more lines like it that were not written)");
        assertThat(gate.pass("a", now)).isEmpty();
    }

    @Test
    void kindsAreCountedApart() {
        assertThat(passing(10, "a")).isEqualTo(3);
        assertThat(passing(10, "b")).isEqualTo(3);
    }

    @Test
    void theSecondBeginsWithTheFirstLine() {
        passing(1, "a");
        now += 10 * SECOND;
        assertThat(passing(2, "a")).isEqualTo(2);
        now += SECOND / 2;
        assertThat(passing(10, "a")).isEqualTo(1);
    }

    /** Whoever can make up names, a path for each request, must not get more lines by it. */
    @Test
    void manyKindsAreNoWayAround() {
        int passed = 0;
        for (int i = 0; i < 100_000; i++) {
            passed += passing(1, "kind" + i);
        }
        assertThat(passed).isLessThanOrEqualTo(256 + 3);
        assertThat(passing(1, "kind0")).as("a kind that is known").isEqualTo(1);
    }

    @Test
    void kindsThatAreQuietMakeRoom() {
        for (int i = 0; i < 1000; i++) {
            passing(1, "old" + i);
        }
        now += SECOND;
        assertThat(passing(10, "new")).isEqualTo(3);
        assertThat(passing(10, "other")).isEqualTo(3);
    }
}
