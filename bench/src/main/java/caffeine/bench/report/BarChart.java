package caffeine.bench.report;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** Groups of horizontal bars as SVG, each with its figure: needs no fonts, and diffs as text. */
public final class BarChart {
    private static final int WIDTH = 760;
    private static final int NAMES = 120;
    private static final int FIGURES = 80;
    private static final int BAR = 18;
    private static final int TITLE = 40;
    private static final int GROUP = 34;

    /** As of {@link RatioChart}. */
    private static final List<String> COLORS =
            List.of(
                    "#D55E00", "#E69F00", "#0072B2", "#56B4E9", "#009E73", "#CC79A7", "#882255",
                    "#332288", "#999999", "#444444");

    private BarChart() {}

    /**
     * Draws them; the longest bar of each group fills the width.
     *
     * @param groups by their headings, the bars by their names
     */
    public static String svg(String title, Map<String, Map<String, Double>> groups) {
        List<String> names =
                groups.values().stream()
                        .flatMap(bars -> bars.keySet().stream())
                        .distinct()
                        .toList();
        StringBuilder body = new StringBuilder();
        text(body, 10, 24, "16", "bold", title);
        int y = TITLE;
        for (Map.Entry<String, Map<String, Double>> group : groups.entrySet()) {
            if (group.getValue().isEmpty()) {
                continue;
            }
            text(body, 10, y + 20, "13", "bold", group.getKey());
            y += GROUP;
            double longest = new TreeSet<>(group.getValue().values()).last();
            for (Map.Entry<String, Double> bar : group.getValue().entrySet()) {
                double share = longest > 0 ? bar.getValue() / longest : 0;
                double width = share * (WIDTH - NAMES - FIGURES);
                text(body, 10, y + 11, "12", "normal", bar.getKey());
                String color = COLORS.get(names.indexOf(bar.getKey()) % COLORS.size());
                body.append(
                        String.format(
                                Locale.ROOT,
                                "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\""
                                        + " fill=\"%s\"/>\n",
                                NAMES,
                                y,
                                width,
                                BAR - 5,
                                color));
                String figure = Figures.plain(bar.getValue());
                text(body, (int) (NAMES + width) + 6, y + 11, "12", "normal", figure);
                y += BAR;
            }
        }
        return """
        <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" \
        font-family="sans-serif">
        <rect width="%1$d" height="%2$d" fill="#ffffff"/>
        %3$s</svg>
        """
                .formatted(WIDTH, y + 10, body);
    }

    private static void text(
            StringBuilder body, int x, int y, String size, String weight, String words) {
        String escaped = words.replace("&", "&amp;").replace("<", "&lt;");
        body.append(
                "<text x=\"%d\" y=\"%d\" font-size=\"%s\" font-weight=\"%s\">%s</text>\n"
                        .formatted(x, y, size, weight, escaped));
    }
}
