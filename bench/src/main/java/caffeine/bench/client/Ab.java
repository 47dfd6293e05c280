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
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * ApacheBench, ab(1): HTTP/1.0, a new connection for every request. It can be told how many, so
 * that no request is cut off at the end and the CPU time belongs to whole requests only.
 *
 * @param program where it is
 * @param cleanup ends it when the bench ends
 */
public record Ab(Path program, Cleanup cleanup) implements LoadClient {

    /** More than it can ever reach: it then stops by the time. */
    private static final long WITHOUT_END = 5_000_000;

    private static final int RESPONSE_SECONDS = 60;
    private static final Duration AT_MOST = Duration.ofMinutes(10);

    private static final Pattern NUMBER =
            Pattern.compile(
                    "^([A-Z][^:\\n]*):\\s+([0-9]+(?:\\.[0-9]+)?)(?=\\s)", Pattern.MULTILINE);

    @Override
    public String name() {
        return "ab";
    }

    @Override
    public String manner() {
        return "a new connection for each request";
    }

    @Override
    public String version() {
        try {
            String line =
                    Command.run(cleanup, AT_MOST, List.of(program.toString(), "-V")).firstLine();
            return line.replaceFirst("^This is ", "").replaceFirst(" <.*", "");
        } catch (IOException e) {
            return "ab";
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return "ab";
        }
    }

    @Override
    public LoadResult run(URI target, int connections, Duration time, long requests)
            throws IOException, InterruptedException {
        Path percentiles = cleanup.newFile("percentiles");
        try {
            List<String> command =
                    new ArrayList<>(
                            List.of(program.toString(), "-q", "-r", "-c", "" + connections));
            command.addAll(List.of("-s", "" + RESPONSE_SECONDS, "-e", percentiles.toString()));
            command.addAll(amount(connections, time, requests));
            command.add(target.toString());
            Command ran = Command.run(cleanup, time.plus(AT_MOST), command);
            if (ran.status() != 0) {
                throw new IOException("ab: " + ran.lastWords());
            }
            return parse(ran.text(), Files.readAllLines(percentiles));
        } finally {
            Files.deleteIfExists(percentiles);
        }
    }

    private static List<String> amount(int connections, Duration time, long requests) {
        if (requests > 0) {
            return List.of("-n", Long.toString(Math.max(requests, connections)));
        }
        String seconds = Long.toString(Math.max(1, Math.round(time.toMillis() / 1000.0)));
        // The number comes second: -t sets it too.
        return List.of("-t", seconds, "-n", Long.toString(WITHOUT_END));
    }

    /**
     * Reads its report, and the percentiles that it writes with {@code -e}: those of the report are
     * whole milliseconds.
     */
    static LoadResult parse(String report, List<String> percentiles) {
        Map<String, Double> numbers = new TreeMap<>();
        for (Matcher m = NUMBER.matcher(report); m.find(); ) {
            numbers.putIfAbsent(m.group(1), Double.valueOf(m.group(2)));
        }
        if (!numbers.containsKey("Complete requests")) {
            throw new IllegalArgumentException("no report of ab: " + report.strip());
        }
        long failed = 0;
        List<String> failures = new ArrayList<>();
        for (String kind : List.of("Failed requests", "Write errors", "Non-2xx responses")) {
            long count = numbers.getOrDefault(kind, 0.0).longValue();
            if (count > 0) {
                failed += count;
                failures.add(kind + ": " + count + detail(report, kind));
            }
        }
        return new LoadResult(
                numbers.get("Complete requests").longValue(),
                failed,
                String.join("; ", failures),
                numbers.getOrDefault("Requests per second", 0.0),
                percentile(percentiles, 50).orElse(Double.NaN),
                percentile(percentiles, 99).orElse(Double.NaN));
    }

    /** The line in parentheses below "Failed requests", which says why. */
    private static String detail(String report, String kind) {
        Matcher m =
                Pattern.compile("^" + kind + ":.*\\n\\s+(\\(.*\\))", Pattern.MULTILINE)
                        .matcher(report);
        return m.find() ? " " + m.group(1) : "";
    }

    private static OptionalDouble percentile(List<String> lines, int percent) {
        return lines.stream()
                .filter(line -> line.startsWith(percent + ","))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(',') + 1)))
                .findFirst();
    }
}
