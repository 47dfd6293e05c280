package caffeine.conformance.cases;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A row of a table of cases; {@code README.md} beside the tables tells their language.
 *
 * @param limit for all of the row; without it {@link Play} gives each response, and the close, time
 * @param expect the column as it is written, for messages
 */
record Row(
        String id,
        String section,
        List<Step> steps,
        Optional<Duration> limit,
        String expect,
        List<Expectation> wanted,
        State state,
        String source) {

    /** How the connection stands in the end. */
    enum State {
        OPEN,
        CLOSE,
        ANY
    }

    private static final int COLUMNS = 6;
    private static final Pattern WORD = Pattern.compile("(?:\\[[^\\]]*\\]|[^\\s\\[\\]])+");

    /** Reads tables; ids are unique over all of them. */
    static List<Row> readAll(List<Path> tables, int port) {
        List<Row> rows = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (Path table : tables) {
            for (String line : lines(table)) {
                if (line.isEmpty() || line.startsWith("#")) {
                    continue;
                }
                Row row = parse(line, port);
                if (!ids.add(row.id())) {
                    throw new TableException("id twice: " + row.id());
                }
                rows.add(row);
            }
        }
        return rows;
    }

    static Row parse(String line, int port) {
        String[] cells = line.split("\t", -1);
        if (cells.length != COLUMNS) {
            throw new TableException(cells.length + " columns, not 6: " + line);
        }
        if (!cells[2].equals("MUST") && !cells[2].equals("SHOULD")) {
            throw new TableException(cells[0] + ": level is MUST or SHOULD, not " + cells[2]);
        }
        try {
            Step.Script script = Step.parse(cells[3], port);
            List<String> words = new ArrayList<>(words(cells[4].replace("{port}", "" + port)));
            State state = state(words.removeLast());
            List<Expectation> wanted = words.stream().map(Expectation::parse).toList();
            check(script.steps(), wanted, state);
            return new Row(
                    cells[0],
                    cells[1],
                    script.steps(),
                    script.limit(),
                    cells[4],
                    wanted,
                    state,
                    cells[5]);
        } catch (TableException e) {
            throw new TableException(cells[0] + ": " + e.getMessage());
        }
    }

    private static void check(List<Step> steps, List<Expectation> wanted, State state) {
        if (wanted.isEmpty()) {
            throw new TableException("expect names no response");
        }
        if (steps.stream().filter(Step.AwaitResponse.class::isInstance).count() > wanted.size()) {
            throw new TableException("more {await} than expected responses");
        }
        if (steps.stream().anyMatch(Step.Shutdown.class::isInstance) && state == State.OPEN) {
            throw new TableException("after {shutdown} the connection cannot stay open");
        }
    }

    private static List<String> words(String expect) {
        List<String> words = WORD.matcher(expect).results().map(MatchResult::group).toList();
        if (words.isEmpty()) {
            throw new TableException("nothing is expected");
        }
        return words;
    }

    private static State state(String word) {
        return switch (word) {
            case "open" -> State.OPEN;
            case "close" -> State.CLOSE;
            case "any" -> State.ANY;
            default -> throw new TableException("expect must end in open, close or any");
        };
    }

    private static List<String> lines(Path table) {
        try {
            return Files.readAllLines(table, StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
