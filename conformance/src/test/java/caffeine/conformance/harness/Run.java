package caffeine.conformance.harness;

import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** One run of a program to its end, with its output; programs of others above all. */
public final class Run {

    /** Spent only by what hangs: to link and to train takes its time on a busy machine. */
    private static final Duration LIMIT = Duration.ofMinutes(30);

    private final ProcessBuilder builder;
    private byte[] input = {};

    private Run(List<String> command) {
        builder = new ProcessBuilder(command);
    }

    public static Run of(String... command) {
        return new Run(List.of(command));
    }

    public static Run of(List<String> command) {
        return new Run(command);
    }

    /** Skips the test, with the reason, when a program that it needs is not installed. */
    public static void needs(String program, String debianPackage) {
        for (String folder : System.getenv().getOrDefault("PATH", "/usr/bin:/bin").split(":", -1)) {
            if (Files.isExecutable(Path.of(folder, program))) {
                return;
            }
        }
        Assumptions.abort(program + " is not installed (apt-get install " + debianPackage + ")");
    }

    /** Skips the test, with the reason, unless it is run by root. */
    public static void needsRoot(String why) {
        boolean root = of("id", "-u").output().strip().equals("0");
        Assumptions.assumeTrue(root, "only root can " + why);
    }

    public Run in(Path directory) {
        builder.directory(directory.toFile());
        return this;
    }

    public Run with(String variable, String value) {
        builder.environment().put(variable, value);
        return this;
    }

    /** Starts with these variables and PATH alone. */
    public Run withOnly(Map<String, String> variables) {
        Map<String, String> kept = new LinkedHashMap<>(variables);
        kept.putIfAbsent("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin"));
        builder.environment().clear();
        builder.environment().putAll(kept);
        return this;
    }

    public Run input(byte[] bytes) {
        input = bytes;
        return this;
    }

    /** Runs to the end; the program must succeed. Gives what it wrote to its standard output. */
    public String output() {
        Outcome outcome = outcome();
        if (outcome.exit() != 0) {
            throw new AssertionError(builder.command() + ": " + outcome);
        }
        return outcome.out();
    }

    /** Runs to the end, however it ends. */
    public Outcome outcome() {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Process process = builder.start();
            CompletableFuture<String> err =
                    CompletableFuture.supplyAsync(() -> all(process.getErrorStream()), threads);
            CompletableFuture<String> out =
                    CompletableFuture.supplyAsync(() -> all(process.getInputStream()), threads);
            threads.execute(() -> feed(process));
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(builder.command() + " runs for longer than " + LIMIT);
            }
            return new Outcome(process.exitValue(), out.join(), err.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** How it ended and what it wrote, a character for each byte. */
    public record Outcome(int exit, String out, String err) {

        @Override
        public String toString() {
            return "exit status " + exit + "\n" + out + "\n" + err;
        }
    }

    private void feed(Process process) {
        try (var stdin = process.getOutputStream()) {
            stdin.write(input);
        } catch (IOException notRead) {
            // A program that ends without reading its input is judged by its exit status.
        }
    }

    private static String all(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
