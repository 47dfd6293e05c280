package caffeine.bench.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program that runs to its end.
 *
 * @param status what it exited with
 * @param text what it wrote, to standard output and standard error
 */
public record Command(int status, String text) {

    /**
     * Runs it, and waits.
     *
     * @throws IOException when it cannot be started, and when it takes longer than that: it is
     *     killed then
     */
    public static Command run(Cleanup cleanup, Duration atMost, List<String> command)
            throws IOException, InterruptedException {
        // Into a file, so that nothing has to read during the measurement.
        Path output = cleanup.newFile("output");
        Process process =
                cleanup.start(
                        new ProcessBuilder(command)
                                .redirectErrorStream(true)
                                .redirectOutput(output.toFile())
                                .redirectInput(Path.of("/dev/null").toFile()));
        try {
            if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException(
                        "%s did not end within %s".formatted(command.getFirst(), atMost));
            }
            return new Command(
                    process.exitValue(), Files.readString(output, StandardCharsets.ISO_8859_1));
        } finally {
            process.destroyForcibly();
            Files.deleteIfExists(output);
        }
    }

    /** The end of what it wrote, in one line: why it failed. */
    public String lastWords() {
        List<String> lines = text.lines().filter(line -> !line.isBlank()).toList();
        return String.join("; ", lines.subList(Math.max(0, lines.size() - 2), lines.size()));
    }

    /** The first line that it wrote, for version numbers. */
    public String firstLine() {
        return text.lines().findFirst().orElse("").strip();
    }
}
