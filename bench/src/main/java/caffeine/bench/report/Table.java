package caffeine.bench.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A table of text: Markdown that can be read as it is. The first column is aligned to the left, the
 * others, which hold figures, to the right.
 */
public final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    /** A table with these headings. */
    public Table(String... headings) {
        rows.add(List.of(headings));
    }

    /**
     * Adds a row.
     *
     * @throws IllegalArgumentException when it has not a cell for each heading
     */
    public Table row(List<String> cells) {
        if (cells.size() != rows.getFirst().size()) {
            throw new IllegalArgumentException(
                    "%d cells for %d headings".formatted(cells.size(), rows.getFirst().size()));
        }
        rows.add(List.copyOf(cells));
        return this;
    }

    /** The table, with a line end behind each line. */
    @Override
    public String toString() {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], Math.max(3, row.get(i).length()));
            }
        }
        StringBuilder text = new StringBuilder();
        appendRow(text, rows.getFirst(), widths);
        for (int i = 0; i < columns; i++) {
            text.append(i == 0 ? "|:" : "|").append("-".repeat(widths[i] + 1));
            text.append(i == 0 ? "" : ":");
        }
        text.append("|\n");
        rows.stream().skip(1).forEach(row -> appendRow(text, row, widths));
        return text.toString();
    }

    private static void appendRow(StringBuilder text, List<String> row, int[] widths) {
        for (int i = 0; i < widths.length; i++) {
            String padding = " ".repeat(widths[i] - row.get(i).length());
            text.append("| ")
                    .append(i == 0 ? row.get(i) + padding : padding + row.get(i))
                    .append(' ');
        }
        text.append("|\n");
    }
}
