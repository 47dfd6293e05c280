package caffeine.bench.report;

import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.Styler;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Bars beside each other: how many times the best other server each one is, by workload. */
public final class RatioChart {
    private static final int WIDTH = 1600;
    private static final int HEIGHT = 560;

    /** Distinguishable also for the colour-blind (Okabe and Ito, and more for many). */
    private static final Color[] COLORS = {
        new Color(0xD55E00),
        new Color(0xE69F00),
        new Color(0x0072B2),
        new Color(0x56B4E9),
        new Color(0x009E73),
        new Color(0x999999),
        new Color(0xCC79A7),
        new Color(0xF0E442),
        new Color(0x332288),
        new Color(0x882255),
        new Color(0x444444)
    };

    private RatioChart() {}

    /**
     * Writes it as PNG.
     *
     * @param file where to, its name without ".png"
     * @param workloads what stands below the groups of bars
     * @param ratios for each server, one figure for each workload; NaN for none
     */
    public static void write(
            Path file, String title, List<String> workloads, Map<String, List<Double>> ratios)
            throws IOException {
        CategoryChart chart =
                new CategoryChartBuilder().width(WIDTH).height(HEIGHT).title(title).build();
        style(chart);
        ratios.forEach(
                (server, figures) ->
                        chart.addSeries(
                                server,
                                workloads,
                                figures.stream().map(f -> f.isNaN() ? 0.0 : f).toList()));
        BitmapEncoder.saveBitmap(chart, file.toString(), BitmapEncoder.BitmapFormat.PNG);
    }

    private static void style(CategoryChart chart) {
        Styler styler = chart.getStyler();
        styler.setSeriesColors(COLORS);
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setLegendPosition(Styler.LegendPosition.OutsideS);
        styler.setLegendLayout(Styler.LegendLayout.Horizontal);
        styler.setLegendBorderColor(Color.WHITE);
        chart.getStyler().setAvailableSpaceFill(0.85);
        chart.getStyler().setLabelsVisible(true);
        chart.getStyler().setLabelsPosition(1.0);
        chart.getStyler().setLabelsFontColorAutomaticEnabled(false);
        chart.getStyler().setDecimalPattern("0.00");
        chart.getStyler().setPlotGridVerticalLinesVisible(false);
        chart.getStyler().setYAxisMin(0.0);
    }
}
