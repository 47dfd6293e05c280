package caffeine.bench.stats;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether figures that were measured one after the other grow. Both estimates look at order and
 * medians alone, so that a single outlier changes neither.
 *
 * @param slope growth from one figure to the next: the median over all pairs (Theil and Sen)
 * @param probability how likely figures without a trend look at least as much like growth (Mann and
 *     Kendall, one-sided, normal approximation)
 * @param count how many figures there are
 */
public record Trend(double slope, double probability, int count) {

    /** Below this the normal approximation says nothing. */
    public static final int FEWEST = 8;

    /** A smaller probability is no chance. */
    public static final double UNLIKELY = 0.01;

    /** Of these figures. */
    public static Trend of(List<Double> figures) {
        int n = figures.size();
        List<Double> slopes = new ArrayList<>();
        long rises = 0;
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                double difference = figures.get(j) - figures.get(i);
                rises += (long) Math.signum(difference);
                slopes.add(difference / (j - i));
            }
        }
        return new Trend(
                slopes.isEmpty() ? 0 : Summary.of(slopes).median(), probability(figures, rises), n);
    }

    /** What they have grown by from the first to the last, outliers apart. */
    public double growth() {
        return slope * Math.max(0, count - 1);
    }

    private static double probability(List<Double> figures, long rises) {
        int n = figures.size();
        Map<Double, Integer> ties = new HashMap<>();
        figures.forEach(figure -> ties.merge(figure, 1, Integer::sum));
        double variance = n * (n - 1.0) * (2 * n + 5);
        for (int t : ties.values()) {
            variance -= t * (t - 1.0) * (2 * t + 5);
        }
        variance /= 18;
        if (variance <= 0) {
            return 1; // all are equal, or there is one
        }
        return upperTail((rises - Long.signum(rises)) / Math.sqrt(variance));
    }

    /** Of the standard normal distribution: Abramowitz and Stegun 26.2.17. */
    private static double upperTail(double z) {
        if (z <= 0) {
            return 1 - (z < 0 ? upperTail(-z) : 0.5);
        }
        double t = 1 / (1 + 0.2316419 * z);
        double[] c = {0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429};
        double sum = 0;
        for (int i = c.length - 1; i >= 0; i--) {
            sum = (sum + c[i]) * t;
        }
        return sum * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    }
}
