package caffeine.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.options.LogLevel;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

class RateLimiterTest {

    private static final long SECOND = 1_000_000_000L;
    private static final int TEXT = "1970-01-01T00:00:00.000Z WARN  worker-1 ".length();

    private final LogPipe pipe = new LogPipe();
    private final AtomicLong now = new AtomicLong(5 * SECOND);
    private final Log log = pipe.log(LogLevel.INFO, () -> 0, now::get);
    private final RateLimiter gate = log.gate(LogLevel.WARN, 3);

    @AfterEach
    void close() {
        pipe.close();
    }

    private int passing(int tries, String kind) {
        int passed = 0;
        for (int i = 0; i < tries; i++) {
            passed += gate.line(kind, ": line") ? 1 : 0;
        }
        return passed;
    }

    private List<String> lines() {
        return pipe.read().lines().map(line -> line.substring(TEXT)).toList();
    }

    @Test
    void soManyPassInASecond() {
        assertThat(passing(3, "a")).isEqualTo(3);
        now.addAndGet(SECOND - 1);
        assertThat(passing(1, "a")).isZero();
        now.addAndGet(1);
        assertThat(passing(10, "a")).isEqualTo(3);
        assertThat(lines().getFirst()).isEqualTo("a: line");
    }

    @Test
    void theNextTellsHowManyDidNot() {
        passing(10, "a");
        now.addAndGet(SECOND);
        assertThat(passing(2, "a")).isEqualTo(2);
        assertThat(String.join(" ", lines()))
                .containsOnlyOnce("7 more lines like")
                .contains("a: line");
    }

    @Test
    void aSecondLaterItIsToldWithoutANext() {
        passing(10, "a");
        passing(3, "b");
        assertThat(gate.reportOld()).isTrue();
        assertThat(lines()).hasSize(6);
        now.addAndGet(SECOND);
        List<String> told = new ArrayList<>(lines()); // the log's own thread may have come first
        gate.reportOld();
        told.addAll(lines());
        assertThat(told).containsExactly("a: 7 more lines like the last were not written");
        assertThat(gate.reportOld()).isFalse();
        assertThat(lines()).isEmpty();
    }

    @Test
    void theLogTellsItByItself() {
        passing(10, "a");
        now.addAndGet(SECOND);
        List<String> told = new ArrayList<>();
        while (told.size() < 4) {
            told.addAll(lines());
        }
        assertThat(told.getLast()).isEqualTo("a: 7 more lines like the last were not written");
    }

    @Test
    void atTheEndAllIsTold() {
        passing(10, "a");
        log.close();
        assertThat(lines()).endsWith("a: 7 more lines like the last were not written");
    }

    @Test
    void linesBelowTheLevelAreNotCounted() {
        RateLimiter debug = log.gate(LogLevel.DEBUG, 1);
        assertThat(debug.line("a", ": line")).isTrue();
        assertThat(debug.line("a", ": line")).isTrue();
        log.close();
        assertThat(lines()).isEmpty();
    }

    @Test
    void kindsAreCountedApart() {
        assertThat(passing(10, "a")).isEqualTo(3);
        assertThat(passing(10, "b")).isEqualTo(3);
    }

    @Test
    void theSecondBeginsWithTheFirstLine() {
        passing(1, "a");
        now.addAndGet(10 * SECOND);
        assertThat(passing(2, "a")).isEqualTo(2);
        now.addAndGet(SECOND / 2);
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
        now.addAndGet(SECOND);
        log.awaitWritten();
        gate.reportOld();
        assertThat(passing(10, "new")).isEqualTo(3);
        assertThat(passing(10, "other")).isEqualTo(3);
    }
}
