package caffeine.bench.report;

import caffeine.bench.stats.Summary;

import java.util.Locale;

/**
 * Figures as people read them: three significant digits or so, and a dash for what is not known.
 */
public final class Figures {
    private static final String UNKNOWN = "–";

    private Figures() {}

    /** With as many decimals as its size asks for: 0.123, 1.23, 12.3, 123. */
    public static String plain(double figure) {
        if (Double.isNaN(figure)) {
            return UNKNOWN;
        }
        double size = Math.abs(figure);
        int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + decimals + "f", figure);
    }

    /** How many times another: ×1.85. */
    public static String ratio(double ratio) {
        return Double.isNaN(ratio) ? UNKNOWN : String.format(Locale.ROOT, "×%.2f", ratio);
    }

    /** The smallest and the largest. */
    public static String range(Summary summary) {
        return summary.isPresent() ? plain(summary.min()) + "–" + plain(summary.max()) : UNKNOWN;
    }
}
