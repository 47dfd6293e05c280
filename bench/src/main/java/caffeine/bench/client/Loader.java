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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Our own load generator, {@code load.c}: lean enough to saturate a server beside it, and it can be
 * told when to begin, so that what is measured holds no connecting and no request that was cut off.
 *
 * @param program where it is
 * @param cleanup ends it when the bench ends
 */
public record Loader(Path program, Cleanup cleanup) {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long NANOS_PER_MILLI = 1_000_000;

    private static final Pattern REPORT =
            Pattern.compile(
                    "requests (\\d+) failed (\\d+) nanos (\\d+) p50 (\\d+) p99 (\\d+) cpu (\\d+)");

    /**
     * What it says.
     *
     * @param result as of any load generator; the percentiles are of all requests that went out
     *     together
     * @param clientCpuMicros its own CPU time
     */
    public record Report(LoadResult result, double clientCpuMicros) {

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
                    Double.parseDouble(m.group(6)));
        }
    }

    /**
     * Compiles it.
     *
     * @param source {@code load.c}
     * @return empty when there is no compiler
     * @throws IOException when it does not compile
     */
    public static Optional<Loader> compile(Path source, Cleanup cleanup)
            throws IOException, InterruptedException {
        Optional<Path> compiler = Tools.find("gcc", "cc");
        if (compiler.isEmpty()) {
            return Optional.empty();
        }
        Path program = cleanup.newFile("load");
        Command ran =
                Command.run(
                        cleanup,
                        PATIENCE,
                        List.of(
                                compiler.get().toString(),
                                "-O2",
                                "-o",
                                program.toString(),
                                source.toString()));
        if (ran.status() != 0) {
            throw new IOException("load.c does not compile: " + ran.text().strip());
        }
        return Optional.of(new Loader(program, cleanup));
    }

    /**
     * Connects, and has each connection answered once.
     *
     * @param port on 127.0.0.1
     * @param connections how many
     * @param depth how many requests go out together on each
     * @throws IOException when the server does not answer as it should, with what is wrong
     */
    public Loading connect(int port, int connections, int depth)
            throws IOException, InterruptedException {
        Path complaints = cleanup.newFile("load-complaints");
        Process process =
                cleanup.start(
                        new ProcessBuilder(
                                        program.toString(),
                                        Integer.toString(port),
                                        Integer.toString(connections),
                                        Integer.toString(depth))
                                .redirectError(complaints.toFile()));
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

        /** Begins to ask, and returns at once. */
        public void begin(Duration howLong) throws IOException {
            time = howLong;
            input.write(howLong.toNanos() / NANOS_PER_MILLI + "\n");
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
