package caffeine.bench.client;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Command;
import caffeine.bench.host.Tools;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One of our own load generators: lean enough to saturate a server beside it, and it can be told
 * when to begin, so that what is measured holds no connecting and no request that was cut off.
 *
 * @param program where it is
 * @param cleanup ends it when the bench ends
 */
public record Loader(Path program, Cleanup cleanup) {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final String[] COMPILERS = {"gcc", "cc"};

    private static final Pattern REPORT =
            Pattern.compile(
                    "requests (\\d+) failed (\\d+) nanos (\\d+) p50 (\\d+) p99 (\\d+) p999"
                            + " (\\d+) cpu (\\d+)");

    /**
     * What it says.
     *
     * @param result as of any load generator; the percentiles are of all requests that went out
     *     together
     * @param p999Millis 999 of 1,000 took no longer
     * @param clientCpuMicros its own CPU time
     */
    public record Report(LoadResult result, double p999Millis, double clientCpuMicros) {

        /** Reads its line. */
        static Report parse(String line) {
            Matcher m = REPORT.matcher(line);
            if (!m.matches()) {
                throw new IllegalArgumentException("no report of the loader: " + line);
            }
            long requests = Long.parseLong(m.group(1));
            long failed = Long.parseLong(m.group(2));
            double seconds = Long.parseLong(m.group(3)) / 1e9;
            return new Report(
                    new LoadResult(
                            requests,
                            failed,
                            failed == 0 ? "" : failed + " were never answered",
                            requests / seconds,
                            requests == 0 ? Double.NaN : Long.parseLong(m.group(4)) / 1e3,
                            requests == 0 ? Double.NaN : Long.parseLong(m.group(5)) / 1e3),
                    requests == 0 ? Double.NaN : Long.parseLong(m.group(6)) / 1e3,
                    Double.parseDouble(m.group(7)));
        }
    }

    /**
     * The generator of HTTP requests, {@code load.c}.
     *
     * @param home the root of the repository
     * @throws IOException when there is no compiler, or it does not compile
     */
    public static Loader http(Path home, Cleanup cleanup) throws IOException, InterruptedException {
        return compile(home, "load.c", cleanup);
    }

    /** The generator of WebSocket messages, {@code websocket.c}; as {@link #http}. */
    public static Loader webSocket(Path home, Cleanup cleanup)
            throws IOException, InterruptedException {
        return compile(home, "websocket.c", cleanup);
    }

    private static Loader compile(Path home, String source, Cleanup cleanup)
            throws IOException, InterruptedException {
        Path compiler =
                Tools.find(COMPILERS)
                        .orElseThrow(
                                () ->
                                        new IOException(
                                                "a C compiler is needed for the load generator"
                                                        + " (Debian: apt-get install gcc"
                                                        + " libc6-dev)"));
        Path program = cleanup.newFile("load");
        Command ran =
                Command.run(
                        cleanup,
                        PATIENCE,
                        List.of(
                                compiler.toString(),
                                "-O2",
                                "-o",
                                program.toString(),
                                home.resolve("bench/src/main/c").resolve(source).toString()));
        if (ran.status() != 0) {
            throw new IOException(source + " does not compile: " + ran.text().strip());
        }
        return new Loader(program, cleanup);
    }

    /** Whether there is a compiler. */
    public static boolean canCompile() {
        return Tools.find(COMPILERS).isPresent();
    }

    /** What {@code websocket.c} sends. */
    public enum Messages {
        /** Messages that come back, one at a time on each connection. */
        ECHO,
        /** Messages that the server sends to all connections, one at a time. */
        BROADCAST,
        /** Requests with POST whose content comes back, one at a time: no WebSocket. */
        POST
    }

    /**
     * Connects, and has each connection answered once.
     *
     * @param port on 127.0.0.1
     * @param connections how many
     * @param depth how many requests go out together on each; 0: none is kept, and each request has
     *     a new connection, so many at a time
     * @throws IOException when the server does not answer as it should, with what is wrong
     */
    public Loading connect(int port, int connections, int depth)
            throws IOException, InterruptedException {
        return begin(
                List.of(
                        Integer.toString(port),
                        Integer.toString(connections),
                        Integer.toString(depth)));
    }

    /**
     * Connects, and sees that a message comes back on each connection; for {@link #webSocket}.
     *
     * @param port on 127.0.0.1
     * @param path where the server does this with messages
     * @param connections how many; 1 for POST
     * @throws IOException when the server does not answer as it should, with what is wrong
     */
    public Loading connect(int port, String path, int connections, Messages messages)
            throws IOException, InterruptedException {
        return begin(
                List.of(
                        Integer.toString(port),
                        path,
                        Integer.toString(connections),
                        messages.name().toLowerCase(Locale.ROOT)));
    }

    private Loading begin(List<String> arguments) throws IOException, InterruptedException {
        Path complaints = cleanup.newFile("load-complaints");
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(arguments);
        Process process =
                cleanup.start(new ProcessBuilder(command).redirectError(complaints.toFile()));
        Loading loading = new Loading(process, complaints);
        try {
            String line = loading.line(PATIENCE);
            if (!line.equals("ready")) {
                throw new IOException("the loader: " + line);
            }
            return loading;
        } catch (IOException | InterruptedException | RuntimeException e) {
            loading.close();
            throw e;
        }
    }

    /** Connections that are open, and load on them whenever it is wanted. */
    public static final class Loading implements AutoCloseable {
        private final Process process;
        private final Path complaints;
        private final BufferedReader output;
        private final Writer input;
        private Duration time = Duration.ZERO;

        private Loading(Process process, Path complaints) {
            this.process = process;
            this.complaints = complaints;
            output = process.inputReader();
            input = process.outputWriter();
        }

        /** Asks for so long, and until all has been answered. */
        public Report run(Duration howLong) throws IOException, InterruptedException {
            begin(howLong);
            return end();
        }

        /**
         * Asks at a constant rate, whether or not the server keeps up; latency counts from the time
         * at which a request was due.
         *
         * @param perSecond how many requests in a second, at even distances
         */
        public Report runAtRate(Duration howLong, double perSecond)
                throws IOException, InterruptedException {
            begin(howLong, " " + perSecond);
            return end();
        }

        /** Begins to ask, and returns at once. */
        public void begin(Duration howLong) throws IOException {
            begin(howLong, "");
        }

        private void begin(Duration howLong, String rate) throws IOException {
            time = howLong;
            input.write(howLong.toNanos() / NANOS_PER_MILLI + rate + "\n");
            input.flush();
        }

        /** Waits until what was begun is over. */
        public Report end() throws IOException, InterruptedException {
            return Report.parse(line(time.plus(PATIENCE)));
        }

        private String line(Duration atMost) throws IOException, InterruptedException {
            FutureTask<Optional<String>> reading =
                    new FutureTask<>(() -> Optional.ofNullable(output.readLine()));
            Thread.ofVirtual().start(reading);
            try {
                Optional<String> line = reading.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
                if (line.isPresent()) {
                    return line.get();
                }
                process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                throw new IOException("the loader: " + Files.readString(complaints).strip());
            } catch (TimeoutException _) {
                throw new IOException("the loader said nothing for %s".formatted(atMost));
            } catch (ExecutionException e) {
                throw new IOException("the loader cannot be read", e);
            }
        }

        /** Closes the connections. */
        @Override
        public void close() throws IOException {
            process.destroyForcibly();
            process.onExit().join();
            output.close();
            Files.deleteIfExists(complaints);
        }
    }
}
