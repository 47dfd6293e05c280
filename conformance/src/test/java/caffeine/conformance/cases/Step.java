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

    /** Sends the pieces as one. */
    record Send(List<Piece> pieces) implements Step {}

    /** Reads what comes meanwhile. */
    record Pause(Duration time) implements Step {}

    /** Reads nothing meanwhile. */
    record Stall(Duration time) implements Step {}

    /** Reads one response before going on. */
    record AwaitResponse() implements Step {}

    /** Half-close. */
    record Shutdown() implements Step {}

    /** Where the handshake is due over TLS; over anything else it only ends a segment. */
    record Tls() implements Step {}

    /** A part of what is sent. */
    sealed interface Piece {

        /** One byte for each character. */
        record Bytes(String latin1) implements Piece {}

        /**
         * The value of a field that came.
         *
         * @param response its number on this connection, from 1; 0 for the last one
         */
        record SentBack(int response, String name) implements Piece {}
    }

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
        private final List<Piece> pieces = new ArrayList<>();
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
                case "field" -> field(rest);
                case "pause" -> then(new Pause(millis(rest)));
                case "stall" -> then(new Stall(millis(rest)));
                default -> then(alone(inside));
            }
        }

        /** A directive that has no argument. */
        private static Step alone(String directive) {
            return switch (directive) {
                case "split" -> new Pause(SPLIT);
                case "await" -> new AwaitResponse();
                case "shutdown" -> new Shutdown();
                case "tls" -> new Tls();
                default -> throw new TableException("unknown directive {" + directive + "}");
            };
        }

        private void field(String rest) {
            if (steps.stream().noneMatch(AwaitResponse.class::isInstance)) {
                throw new TableException("{field} needs an {await} before it");
            }
            int blank = rest.lastIndexOf(' ');
            int response = blank < 0 ? 0 : number(rest.substring(0, blank));
            endBytes();
            pieces.add(new Piece.SentBack(response, rest.substring(blank + 1)));
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
            if (step instanceof Tls && steps.contains(step)) {
                throw new TableException("{tls} twice");
            }
            steps.add(step);
        }

        private void flush() {
            endBytes();
            if (!pieces.isEmpty()) {
                steps.add(new Send(List.copyOf(pieces)));
                pieces.clear();
            }
        }

        private void endBytes() {
            if (!bytes.isEmpty()) {
                pieces.add(new Piece.Bytes(bytes.toString()));
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
