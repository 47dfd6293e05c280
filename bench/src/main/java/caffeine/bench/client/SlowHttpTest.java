package caffeine.bench.client;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Command;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * slowhttptest(1): many clients that are slow on purpose.
 *
 * @param program where it is
 * @param cleanup ends it when the bench ends
 */
public record SlowHttpTest(Path program, Cleanup cleanup) {
    private static final Duration SLACK = Duration.ofMinutes(2);

    /** A way to be slow. */
    public enum Mode {
        /** Heads that never end: slowloris. */
        HEADERS("slow heads", "-H", "-i", "1"),
        /** Content that never ends. */
        BODY("slow content", "-B", "-i", "1", "-s", "8192", "-t", "POST"),
        /** Ranges that overlap, which once exhausted Apache. */
        RANGE("many ranges", "-R", "-a", "1", "-b", "2000"),
        /** Ten pipelined requests whose answers are read by a few bytes a second. */
        READ("slow reading", "-X", "-k", "10", "-w", "1", "-y", "64", "-n", "1", "-z", "8");

        public final String label;

        @SuppressWarnings("ImmutableEnumChecker") // a copy
        private final List<String> options;

        Mode(String label, String... options) {
            this.label = label;
            this.options = List.of(options);
        }

        /** What options and JSON call it. */
        public String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Attacks once, until the time is over or the server has closed all connections.
     *
     * @return how many connections were open at one time
     */
    public int run(URI target, Mode mode, int connections, Duration time)
            throws IOException, InterruptedException {
        Path statistics = cleanup.newFile("slowhttptest");
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(mode.options);
        command.addAll(List.of("-c", Integer.toString(connections)));
        command.addAll(List.of("-r", Integer.toString(connections)));
        command.addAll(List.of("-l", Long.toString(Math.max(1, time.toSeconds()))));
        command.addAll(List.of("-v", "0", "-u", target.toString()));
        command.addAll(List.of("-g", "-o", statistics.toString()));
        Command ran = Command.run(cleanup, time.plus(SLACK), command);
        Path table = Path.of(statistics + ".csv");
        if (!Files.isReadable(table)) {
            throw new IOException("slowhttptest: " + ran.lastWords());
        }
        try {
            return mostConnected(Files.readAllLines(table));
        } finally {
            Files.deleteIfExists(table);
            Files.deleteIfExists(Path.of(statistics + ".html"));
        }
    }

    /** The largest figure in the column of connected clients, its fourth. */
    static int mostConnected(List<String> lines) {
        return lines.stream()
                .skip(1)
                .map(line -> line.split(",", -1))
                .filter(cells -> cells.length > 4)
                .mapToInt(cells -> Integer.parseInt(cells[3].strip()))
                .max()
                .orElse(0);
    }
}
