import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Puts together what the launcher runs: {@code java Assemble.java APP STARTED OPTIONS JAR...}.
 *
 * <pre>
 * APP/modules/     the jars
 * APP/jvm.options  the JVM's options
 * APP/command.aot  the AOT cache of the command (JEP 514), and
 * APP/worker.aot   that of its workers
 * APP/built        as old as the start of the build, so that a source saved during it is newer
 * </pre>
 *
 * A file is replaced by renaming, never overwritten: a server that runs from here keeps what it has
 * open. What has not changed is left alone.
 */
final class Assemble {
    private static final String MAIN = "caffeine.cli/caffeine.cli.Main";
    private static final long PATIENCE_SECONDS = 60;

    private final Path app;
    private final Path modules;
    private final Path options;
    private final Path training;
    private final Map<String, List<String>> recorded = new HashMap<>();
    private boolean changed;

    private Assemble(Path app) {
        this.app = app;
        this.modules = app.resolve("modules");
        this.options = app.resolve("jvm.options");
        this.training = app.resolve("training");
    }

    public static void main(String[] args) throws IOException {
        Assemble assembly = new Assemble(Path.of(args[0]).toAbsolutePath());
        FileTime started = FileTime.from(Instant.parse(args[1]));
        List<Path> jars =
                Stream.of(args)
                        .skip(3)
                        .flatMap(argument -> Stream.of(argument.split(":")))
                        .filter(path -> path.endsWith(".jar"))
                        .map(Path::of)
                        .toList();
        assembly.copy(Path.of(args[2]), jars);
        assembly.train();
        assembly.stamp(started);
    }

    private void copy(Path optionsSource, List<Path> jars) throws IOException {
        Files.createDirectories(modules);
        replace(optionsSource, options);
        for (Path jar : jars) {
            replace(jar, modules.resolve(jar.getFileName()));
        }
        List<Path> wanted = jars.stream().map(Path::getFileName).toList();
        try (Stream<Path> present = Files.list(modules)) {
            for (Path file : present.toList()) {
                if (!wanted.contains(file.getFileName())) {
                    Files.delete(file);
                    changed = true;
                }
            }
        }
    }

    private void replace(Path source, Path target) throws IOException {
        if (Files.exists(target) && Files.mismatch(source, target) < 0) {
            return;
        }
        Path fresh = target.resolveSibling("." + target.getFileName() + ".new");
        Files.copy(source, fresh, StandardCopyOption.REPLACE_EXISTING);
        Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        changed = true;
    }

    private void stamp(FileTime started) throws IOException {
        Path stamp = app.resolve("built");
        Path fresh = app.resolve(".built.new");
        Files.writeString(fresh, System.getProperty("java.home") + "\n");
        Files.setLastModifiedTime(fresh, started);
        Files.move(fresh, stamp, StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Makes the AOT caches from a real start, a few exchanges and a real stop. A cache only saves
     * time, so a failure here is told but does not fail the build.
     */
    private void train() throws IOException {
        Path command = app.resolve("command.aot");
        Path worker = app.resolve("worker.aot");
        Path jvm = app.resolve("trained-with");
        String identity = Runtime.version() + "\n" + app + "\n";
        boolean current =
                Stream.of(command, worker, jvm).allMatch(Files::exists)
                        && Files.readString(jvm).equals(identity);
        if (!changed && current) {
            return;
        }
        Files.deleteIfExists(command);
        Files.deleteIfExists(worker);
        deleteAll(training);
        try {
            writeScripts();
            record();
            create("command");
            create("worker");
            Files.move(training.resolve("command.aot"), command, StandardCopyOption.ATOMIC_MOVE);
            Files.move(training.resolve("worker.aot"), worker, StandardCopyOption.ATOMIC_MOVE);
            Files.writeString(jvm, identity);
        } catch (TrainingException | IOException | UncheckedIOException e) {
            System.err.println("[WARNING] no AOT cache, starts will be slower: " + e.getMessage());
        }
        deleteAll(training);
    }

    private void writeScripts() throws IOException {
        Path cgi = Files.createDirectories(training.resolve("root/cgi-bin"));
        Files.writeString(
                training.resolve("caffeine.toml"),
                """
                path = "root"
                max-body = "16m"
                grace = 10
                cgi = false
                pass-env = ["LANG", "TZ"]
                [interpreters]
                sh = "sh"
                """);
        writeScript(
                cgi.resolveSibling("direct.sh"),
                "printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nok\\n'");
        writeScript(
                cgi.resolve("document.sh"),
                "cat >/dev/null; printf 'Content-Type: text/plain\\n\\nok\\n'");
    }

    private static void writeScript(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Runs the command with one worker, both of which write down what they load. */
    private void record() throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("@" + options);
        command.add("-XX:AOTMode=record");
        command.add("-XX:AOTConfiguration=" + training.resolve("command.aotconf"));
        command.addAll(List.of("--module-path", modules.toString(), "--module", MAIN));
        command.addAll(
                List.of("-c", training.resolve("caffeine.toml").toString(), "-p", "0", "-w", "1"));
        Process server = start(command, "server");
        try (BufferedReader lines = server.inputReader()) {
            // The line that says where it listens; end of input when it could not start.
            String line = lines.readLine();
            if (line == null || !line.contains("http://")) {
                throw new TrainingException("the server did not start", log("server"));
            }
            ProcessHandle worker =
                    server.children()
                            .filter(child -> commandLine(child).contains("--module"))
                            .findFirst()
                            .orElseThrow(() -> new TrainingException("no worker started", ""));
            recorded.put("command", commandLine(server.toHandle()));
            recorded.put("worker", commandLine(worker));
            exchange(URI.create(line.substring(line.indexOf("http://")).split(" ")[0]));
            server.destroy();
            server.onExit().join();
        } finally {
            server.destroyForcibly();
        }
    }

    private static void exchange(URI server) throws IOException {
        List<String> requests =
                List.of(
                        "GET /cgi-bin/document.sh?a=b HTTP/1.1\r\nHost: a\r\nCookie: c=d\r\n\r\n",
                        "POST /cgi-bin/document.sh HTTP/1.1\r\n"
                                + "Host: a\r\n"
                                + "Content-Length: 2\r\n\r\n"
                                + "hi",
                        "GET /missing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                        "GET /direct.sh HTTP/1.1\r\nHost: a\r\n\r\n");
        for (String request : requests) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(server.getHost(), server.getPort()));
                socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
                socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
                socket.shutdownOutput();
                try (InputStream answer = socket.getInputStream()) {
                    answer.readAllBytes();
                }
            }
        }
    }

    /** Repeats a recorded command, to the letter but for the mode: a cache fits nothing else. */
    private void create(String name) throws IOException {
        Path configuration = training.resolve(name + ".aotconf");
        if (!Files.exists(configuration)) {
            throw new TrainingException(name + " wrote nothing down", log("server"));
        }
        Path cache = training.resolve(name + ".aot");
        List<String> command = new ArrayList<>(recorded.get(name));
        command.set(command.indexOf("-XX:AOTMode=record"), "-XX:AOTMode=create");
        command.add(command.indexOf("-XX:AOTMode=create") + 1, "-XX:AOTCache=" + cache);
        Process dump = start(command, name);
        dump.getInputStream().close();
        dump.onExit().join();
        if (!Files.exists(cache)) {
            throw new TrainingException("no cache was written for " + name, log(name));
        }
    }

    private Process start(List<String> command, String log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        // Nothing of who builds may reach what is recorded: options, configuration, log files.
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
        builder.environment().put("HOME", training.toString());
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.redirectError(training.resolve(log + ".log").toFile());
        Process process = builder.start();
        // Nobody waits for ever for a process that says nothing and does not end.
        CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .execute(process::destroyForcibly);
        return process;
    }

    private static List<String> commandLine(ProcessHandle process) {
        try {
            String line = Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
            return List.of(line.split("\0"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String log(String name) throws IOException {
        return Files.readString(training.resolve(name + ".log"));
    }

    private static void deleteAll(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static final class TrainingException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TrainingException(String what, String log) {
            super(log.isBlank() ? what : what + ":\n" + log.strip());
        }
    }
}
