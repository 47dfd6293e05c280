package caffeine.bench.stats;

import java.util.Arrays;
import java.util.Collection;

/**
 * What is said of a figure that was measured several times.
 *
 * @param median the middle one, or the mean of the two in the middle; NaN when there was none
 * @param min the smallest
 * @param max the largest
 * @param count how often it was measured
 */
public record Summary(double median, double min, double max, int count) {

    private static final Summary NONE = new Summary(Double.NaN, Double.NaN, Double.NaN, 0);

    /** Of these figures; those that are NaN were not measured. */
    public static Summary of(Collection<Double> figures) {
        double[] sorted =
                figures.stream().mapToDouble(d -> d).filter(d -> !Double.isNaN(d)).toArray();
        if (sorted.length == 0) {
            return NONE;
        }
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median =
                sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Summary(median, sorted[0], sorted[sorted.length - 1], sorted.length);
    }

    /** Whether it was measured at all. */
    public boolean isPresent() {
        return count > 0;
    }
}
