package caffeine.server.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.concurrent.atomic.AtomicLong;

class InputBudgetTest {

    private final AtomicLong common = new AtomicLong(100);
    private final InputBudget one = new InputBudget(50, common);
    private final InputBudget other = new InputBudget(50, common);

    @Test
    void aThreadsOwnPartIsUsedFirst() {
        assertThat(one.reserve(30)).isTrue();
        assertThat(one.reserve(20)).isTrue();
        one.release(40);
        assertThat(one.reserve(40)).isTrue();
        assertThat(common).hasValue(100);
    }

    @Test
    void oneThreadMayHaveAllThatIsCommon() {
        assertThat(one.reserve(150)).isTrue();
        assertThat(common).hasValue(0);
        assertThat(one.reserve(1)).isFalse();
        assertThat(other.reserve(50)).isTrue();
        assertThat(other.reserve(1)).isFalse();
    }

    @Test
    void whatIsRefusedIsNotTaken() {
        assertThat(one.reserve(151)).isFalse();
        assertThat(common).hasValue(100);
        assertThat(one.usedBytes()).isZero();
        assertThat(one.reserve(150)).isTrue();
    }

    @Test
    void whatIsBorrowedGoesBackFirst() {
        assertThat(one.reserve(60)).isTrue();
        assertThat(one.reserve(60)).isTrue();
        assertThat(common).hasValue(30);
        one.release(60);
        assertThat(common).hasValue(90);
        one.release(20);
        assertThat(common).hasValue(100);
        one.release(40);
        assertThat(common).hasValue(100);
        assertThat(one.usedBytes()).isZero();
    }

    @Test
    void whatOneGivesBackAnotherTakes() {
        assertThat(one.reserve(150)).isTrue();
        assertThat(other.reserve(100)).isFalse();
        one.release(50);
        assertThat(other.reserve(100)).isTrue();
    }
}
