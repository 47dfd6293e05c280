package caffeine.conformance.cases;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the client does next. */
sealed interface Step {

    /** Makes {@code {split}} a segment, and usually a read, of its own. */
    Duration SPLIT = Duration.ofMillis(20);

    /** One byte for each character. */
    record Send(String bytes) implements Step {}

    record Pause(Duration time) implements Step {}

    /** Reads one response before going on. */
    record AwaitResponse() implements Step {}

    /** Half-close. */
    record Shutdown() implements Step {}

    /** A request column: its steps, and its own time limit if it has one. */
    record Script(List<Step> steps, Optional<Duration> limit) {}

    /** Reads a request column. */
    static Script parse(String text, int port) {
        Reader reader = new Reader(port);
        Matcher piece = Reader.PIECE.matcher(text);
        while (piece.find()) {
            reader.read(piece.group());
        }
        reader.flush();
        return new Script(List.copyOf(reader.steps), reader.limit);
    }

    /** Collects bytes until a directive breaks them off. */
    final class Reader {

        private static final Pattern PIECE = Pattern.compile("\\{[^}]*\\}|[^{]+|\\{");

        private final int port;
        private final List<Step> steps = new ArrayList<>();
        private final StringBuilder bytes = new StringBuilder();
        private Optional<Duration> limit = Optional.empty();

        private Reader(int port) {
            this.port = port;
        }

        private void read(String piece) {
            if (!piece.startsWith("{")) {
                bytes.append(Escapes.undo(piece));
                return;
            }
            String inside = piece.substring(1, Math.max(1, piece.length() - 1));
            int blank = inside.indexOf(' ');
            String verb = blank < 0 ? inside : inside.substring(0, blank);
            String rest = blank < 0 ? "" : inside.substring(blank + 1);
            switch (verb) {
                case "port" -> bytes.append(port);
                case "repeat" -> repeat(rest);
                case "timeout" -> limit = Optional.of(millis(rest));
                case "pause" -> then(new Pause(millis(rest)));
                case "split" -> then(new Pause(SPLIT));
                case "await" -> then(new AwaitResponse());
                case "shutdown" -> then(new Shutdown());
                default -> throw new TableException("unknown directive " + piece);
            }
        }

        private void repeat(String rest) {
            int blank = rest.lastIndexOf(' ');
            if (blank < 0) {
                throw new TableException("repeat what, and how often? " + rest);
            }
            int times = number(rest.substring(blank + 1));
            bytes.append(Escapes.undo(rest.substring(0, blank)).repeat(times));
        }

        private void then(Step step) {
            flush();
            steps.add(step);
        }

        private void flush() {
            if (!bytes.isEmpty()) {
                steps.add(new Send(bytes.toString()));
                bytes.setLength(0);
            }
        }

        private static Duration millis(String text) {
            return Duration.ofMillis(number(text));
        }

        private static int number(String text) {
            try {
                return Integer.parseInt(text);
            } catch (NumberFormatException e) {
                throw new TableException("no number: " + text);
            }
        }
    }
}
