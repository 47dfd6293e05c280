package caffeine.conformance.websocket;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** A row of the table; {@code README.md} beside it explains the language. */
record Row(String id, String section, List<Word> steps, List<Item> items, String source) {

    private static final int COLUMNS = 6;
    private static final Pattern MAX = Pattern.compile("\\{max([+-]\\d+)?\\}");

    /** {@code name} or {@code name(argument)}. */
    record Word(String name, String argument) {

        static Word of(String text) {
            int open = text.indexOf('(');
            return open < 0
                    ? new Word(text, "")
                    : new Word(
                            text.substring(0, open), text.substring(open + 1, text.length() - 1));
        }
    }

    /**
     * An expected item.
     *
     * @param text as it is written
     * @param choices one of these; of a status its whole text is the argument
     */
    record Item(String text, List<Word> choices) {

        static Item of(String text) {
            if (text.startsWith("status ")) {
                return new Item(text, List.of(new Word("status", text.substring(7))));
            }
            return new Item(text, split(text, '|').stream().map(Word::of).toList());
        }
    }

    /** All rows. */
    static List<Row> readAll(Path table, String path, long largest) {
        List<Row> rows = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(table, StandardCharsets.UTF_8)) {
                if (!line.isEmpty() && !line.startsWith("#") && !line.startsWith("id\t")) {
                    rows.add(of(line, path, largest));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return rows;
    }

    private static Row of(String line, String path, long largest) {
        String filled =
                MAX.matcher(line.replace("{path}", path))
                        .replaceAll(
                                max -> {
                                    String more = max.group(1);
                                    long add = more == null ? 0 : Long.parseLong(more);
                                    return Long.toString(largest + add);
                                });
        String[] cells = filled.split("\t", -1);
        if (cells.length != COLUMNS) {
            throw new IllegalArgumentException(cells.length + " columns, not 6: " + line);
        }
        List<Item> items = new ArrayList<>();
        if (!cells[4].startsWith("status ")) {
            items.add(Item.of("status 101"));
        }
        split(cells[4], ',').forEach(text -> items.add(Item.of(text)));
        List<Word> steps = split(cells[3], ' ').stream().map(Word::of).toList();
        return new Row(cells[0], cells[1], steps, items, cells[5]);
    }

    /** Splits where the separator stands outside of brackets. */
    private static List<String> split(String text, char separator) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int from = 0;
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : separator;
            depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
            if (c == separator && depth == 0) {
                String part = text.substring(from, i).strip();
                if (!part.isEmpty()) {
                    parts.add(part);
                }
                from = i + 1;
            }
        }
        return parts;
    }
}
