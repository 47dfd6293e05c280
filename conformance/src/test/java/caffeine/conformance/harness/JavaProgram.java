package caffeine.conformance.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** A running JVM with a program that has the server in it, as a user writes it. */
public final class JavaProgram implements AutoCloseable {

    private static final Pattern LISTENING =
            Pattern.compile("listening on http://127\\.0\\.0\\.1:(\\d+)\n");

    private static final Duration START = Duration.ofMinutes(2);

    private final Tree folder = new Tree();
    private final Path output = folder.resolve("output");
    private final Process process;

    private JavaProgram(List<String> options, List<String> what, String source) {
        if (!source.isEmpty()) {
            folder.file("Program.java", source, "rw-r--r--");
        }
        process =
                start(
                        options,
                        what.isEmpty() ? List.of(folder.resolve("Program.java") + "") : what);
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    }

    /** Of one source file. */
    public static JavaProgram of(String source) {
        return new JavaProgram(List.of(), List.of(), source);
    }

    /** Of a compiled class, with options of the JVM. */
    public static JavaProgram of(Path classes, String main, List<String> options) {
        return new JavaProgram(options, List.of("-cp", classes.toString(), main), "");
    }

    /** A program of the JDK. */
    public static String tool(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }

    /** The module path with the server on it. */
    public static String modules() {
        return Repository.root().resolve("cli/target/app/modules").toString();
    }

    private Process start(List<String> options, List<String> what) {
        List<String> command = new ArrayList<>();
        command.add(tool("java"));
        command.addAll(options);
        command.addAll(
                List.of(
                        "-p",
                        modules(),
                        "--add-modules=caffeine.server",
                        "--enable-native-access=caffeine.os"));
        command.addAll(what);
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Waits for its end: the exit status. */
    public int awaitEnd() {
        Await.until("the program's end", START, () -> !process.isAlive());
        return process.exitValue();
    }

    /** Waits until it prints where it listens. */
    public int port() {
        Await.until(
                () -> "it listens: " + output(),
                START,
                () -> !process.isAlive() || LISTENING.matcher(output()).find());
        MatchResult found =
                LISTENING
                        .matcher(output())
                        .results()
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("it ended: " + output()));
        return Integer.parseInt(found.group(1));
    }

    /** A connection to it. */
    public Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port());
    }

    /** What it has written. */
    public String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
        folder.close();
    }
}
