package caffeine.bench.client;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Command;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * wrk(1): HTTP/1.1, connections kept alive as long as the server keeps them. It stops by the time
 * alone, in the middle of as many requests as there are connections.
 *
 * @param program where it is
 * @param cleanup ends it when the bench ends
 */
public record Wrk(Path program, Cleanup cleanup) implements LoadClient {
    private static final Duration SLACK = Duration.ofMinutes(2);

    private static final Pattern REQUESTS = Pattern.compile("(\\d+) requests in ");
    private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
    private static final Pattern PERCENTILE =
            Pattern.compile(
                    "^\\s+(\\d+)(?:\\.0+)?%\\s+([0-9.]+)(us|ms|s|m|h)\\s*$", Pattern.MULTILINE);
    private static final Pattern SOCKET_ERRORS =
            Pattern.compile(
                    "Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)");
    private static final Pattern WRONG_STATUS = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");

    @Override
    public String name() {
        return "wrk";
    }

    @Override
    public String manner() {
        return "connections kept alive where the server does";
    }

    @Override
    public String version() {
        try {
            String line =
                    Command.run(cleanup, SLACK, List.of(program.toString(), "-v")).firstLine();
            return line.replaceFirst(" Copyright.*", "");
        } catch (IOException e) {
            return "wrk";
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return "wrk";
        }
    }

    @Override
    public LoadResult run(URI target, int connections, Duration time, long requests)
            throws IOException, InterruptedException {
        return run(target, connections, time, List.of());
    }

    /**
     * Asks again and again.
     *
     * @param options more of its own, such as {@code -H} or {@code -s}
     */
    public LoadResult run(URI target, int connections, Duration time, List<String> options)
            throws IOException, InterruptedException {
        long seconds = Math.max(1, Math.round(time.toMillis() / 1000.0));
        List<String> command =
                new ArrayList<>(
                        List.of(
                                program.toString(),
                                "-t1",
                                "-c" + connections,
                                "-d" + seconds + "s"));
        command.addAll(List.of("--latency", "--timeout", "60s"));
        command.addAll(options);
        command.add(target.toString());
        Command ran = Command.run(cleanup, time.plus(SLACK), command);
        if (ran.status() != 0) {
            throw new IOException("wrk: " + ran.text().strip());
        }
        return parse(ran.text());
    }

    /** Reads its report. */
    static LoadResult parse(String report) {
        Matcher requests = REQUESTS.matcher(report);
        Matcher rate = RATE.matcher(report);
        if (!requests.find() || !rate.find()) {
            throw new IllegalArgumentException("no report of wrk: " + report.strip());
        }
        long failed = 0;
        List<String> failures = new ArrayList<>();
        for (Pattern pattern : List.of(SOCKET_ERRORS, WRONG_STATUS)) {
            Matcher m = pattern.matcher(report);
            if (m.find()) {
                for (int i = 1; i <= m.groupCount(); i++) {
                    failed += Long.parseLong(m.group(i));
                }
                failures.add(m.group());
            }
        }
        return new LoadResult(
                Long.parseLong(requests.group(1)),
                failed,
                String.join("; ", failures),
                Double.parseDouble(rate.group(1)),
                percentile(report, 50),
                percentile(report, 99));
    }

    private static double percentile(String report, int percent) {
        for (Matcher m = PERCENTILE.matcher(report); m.find(); ) {
            if (Integer.parseInt(m.group(1)) == percent) {
                return Double.parseDouble(m.group(2)) * millis(m.group(3));
            }
        }
        return Double.NaN;
    }

    private static double millis(String unit) {
        return switch (unit) {
            case "us" -> 0.001;
            case "ms" -> 1;
            case "s" -> 1_000;
            case "m" -> 60_000;
            default -> 3_600_000;
        };
    }
}
