package caffeine.bench.stats;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.List;

class SummaryTest {

    @Test
    void takesTheMiddleOfAnOddNumber() {
        assertThat(Summary.of(List.of(3.0, 1.0, 2.0))).isEqualTo(new Summary(2, 1, 3, 3));
    }

    @Test
    void takesTheMeanOfTheTwoInTheMiddleOfAnEvenNumber() {
        assertThat(Summary.of(List.of(4.0, 1.0, 2.0, 100.0))).isEqualTo(new Summary(3, 1, 100, 4));
    }

    @Test
    void leavesOutWhatWasNotMeasured() {
        assertThat(Summary.of(List.of(Double.NaN, 5.0))).isEqualTo(new Summary(5, 5, 5, 1));
    }

    @Test
    void saysSoWhenNothingWasMeasured() {
        Summary none = Summary.of(List.of());
        assertThat(none.isPresent()).isFalse();
        assertThat(none.median()).isNaN();
    }
}
