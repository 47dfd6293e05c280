package caffeine.bench.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

class TrendTest {

    @Test
    void steadyGrowthIsNoChance() {
        Trend trend = Trend.of(List.of(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0));
        assertThat(trend.slope()).isEqualTo(1);
        assertThat(trend.growth()).isEqualTo(7);
        // (28 - 1) / sqrt(8 · 7 · 21 / 18) = 3.34 standard deviations
        assertThat(trend.probability()).isCloseTo(0.00042, within(0.00001));
    }

    @Test
    void neitherConstantsNorDeclineAreGrowth() {
        assertThat(Trend.of(List.of(5.0, 5.0, 5.0, 5.0)).probability()).isEqualTo(1);
        Trend decline = Trend.of(List.of(4.0, 3.0, 2.0, 1.0));
        assertThat(decline.growth()).isEqualTo(-3);
        assertThat(decline.probability()).isGreaterThan(0.9);
        assertThat(Trend.of(List.of()).growth()).isZero();
    }

    @Test
    void anOutlierChangesLittle() {
        Trend trend = Trend.of(List.of(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 9_999.0));
        assertThat(trend.slope()).isZero();
    }

    @Test
    void growthInNoiseIsSeenAndNoiseAloneIsNot() {
        Random random = new Random(1);
        List<Double> noise = new ArrayList<>();
        List<Double> growth = new ArrayList<>();
        for (int i = 0; i < 15; i++) {
            noise.add(100 + random.nextGaussian());
            growth.add(100 + i + random.nextGaussian());
        }
        assertThat(Trend.of(noise).probability()).isGreaterThan(Trend.UNLIKELY);
        assertThat(Trend.of(growth).probability()).isLessThan(Trend.UNLIKELY);
        assertThat(Trend.of(growth).slope()).isCloseTo(1, within(0.3));
    }
}
