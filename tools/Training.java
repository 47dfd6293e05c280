import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Makes the AOT caches (JEP 514) of the command and of its workers. The command says its answers,
 * serves with each engine, and is asked for a little of everything; a real start, real exchanges, a
 * real stop, after which both processes write down what they have loaded.
 */
final class Training {
    private static final String MAIN = "caffeine.cli/caffeine.cli.Main";
    private static final String REHEARSAL = "caffeine.cli/caffeine.cli.Rehearsal";
    private static final String DONE = "rehearsed: ";
    private static final long PATIENCE_SECONDS = 60;

    /** Who practises with a worker at one time, and how often each of them asks everything. */
    private static final int CLIENTS = 4;

    private static final int ROUNDS = 200;

    /** Command lines that end by themselves: %1$s is a configuration, %2$s a server that runs. */
    private static final List<String> QUICK =
            List.of(
                    "--help",
                    "--version",
                    "--engines",
                    "-L",
                    "-L --json",
                    "-l -n %2$s",
                    "-s -n %2$s",
                    "-L",
                    "-s -n %2$s",
                    "-d -n nobody --path missing",
                    "--check -c %1$s",
                    "--try /cgi-bin/document.sh -c %1$s",
                    "--try /direct.sh -c %1$s",
                    "--no-such-option");

    /** Those that serve with threads; the default one, with processes, is the last. */
    private static final List<String> ENGINES = List.of("sharded", "virtual");

    private static final List<String> TO_SCRIPTS =
            List.of(
                    "GET /cgi-bin/document.sh?a=b HTTP/1.1\r\nHost: a\r\nCookie: c=d\r\n\r\n",
                    "POST /cgi-bin/document.sh HTTP/1.1\r\n"
                            + "Host: a\r\n"
                            + "Content-Length: 2\r\n\r\n"
                            + "hi",
                    "POST /cgi-bin/document.sh HTTP/1.1\r\n"
                            + "Host: a\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n"
                            + "2\r\nhi\r\n0\r\n\r\n",
                    "HEAD /cgi-bin/document.sh HTTP/1.1\r\nHost: a\r\n\r\n",
                    "GET /missing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                    "GET /direct.sh HTTP/1.1\r\nHost: a\r\n\r\n");

    private static final List<String> TO_HELLO =
            List.of("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");

    private static final List<String> TO_ECHO =
            List.of(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\n"
                            + "Content-Length: 2\r\n\r\nhi"
                            + "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

    /** What a server is told to answer with, and what it is asked. */
    private record Mode(String words, List<String> requests) {}

    private static final List<Mode> MODES =
            List.of(
                    new Mode("--app hello", TO_HELLO),
                    new Mode("--app echo", TO_ECHO),
                    new Mode("-c %1$s", TO_SCRIPTS));

    private final List<String> java;
    private final Path folder;
    private final Map<String, List<String>> recorded = new HashMap<>();

    private Training(List<String> java, Path folder) {
        this.java = java;
        this.folder = folder;
    }

    /**
     * Makes {@code command.aot} and {@code worker.aot} in a folder.
     *
     * @param java the Java and its options, up to {@code --module}
     * @param app where they go; what happens on the way happens below it too
     * @return why there are none; empty when there are
     */
    static String train(List<String> java, Path app) throws IOException {
        Path folder = app.resolve("training");
        deleteAll(folder);
        try {
            Training training = new Training(java, folder);
            training.writeScripts();
            training.record();
            for (String name : List.of("command", "worker")) {
                training.create(name);
            }
            for (String name : List.of("command.aot", "worker.aot")) {
                Path target = app.resolve(name);
                Files.move(folder.resolve(name), target, StandardCopyOption.ATOMIC_MOVE);
            }
            return "";
        } catch (TrainingException | IOException | UncheckedIOException e) {
            return String.valueOf(e.getMessage());
        } finally {
            deleteAll(folder);
        }
    }

    private void writeScripts() throws IOException {
        Path cgi = Files.createDirectories(folder.resolve("root/cgi-bin"));
        Files.writeString(
                folder.resolve("caffeine.toml"),
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

    private void record() throws IOException {
        String file = folder.resolve("caffeine.toml").toString();
        String resident = "training-" + ProcessHandle.current().pid();
        List<String> serving = new ArrayList<>(java);
        serving.addAll(List.of("--module", MAIN, "-n", resident, "-c", file, "-p", "0"));
        serving.addAll(List.of("--engine", "sharded"));
        Process server = start(serving, "resident");
        try (BufferedReader output = server.inputReader()) {
            await(output, "http://");
            record(file, resident);
        } finally {
            server.destroyForcibly();
        }
    }

    private void record(String file, String resident) throws IOException {
        List<String> command = new ArrayList<>(java);
        command.add(1, "-XX:AOTMode=record");
        command.add(2, "-XX:AOTConfiguration=" + folder.resolve("command.aotconf"));
        command.addAll(List.of("--module", REHEARSAL));
        Process process = start(command, "server");
        try (BufferedReader output = process.inputReader();
                Writer lines = process.outputWriter()) {
            recorded.put("command", commandLine(process.toHandle()));
            for (String words : QUICK) {
                say(lines, words, file, resident);
                await(output, DONE);
            }
            for (String engine : ENGINES) {
                for (Mode mode : MODES) {
                    say(lines, mode.words() + " -p 0 --threads 1 --engine " + engine, file);
                    exchange(await(output, "http://"), mode.requests());
                    process.toHandle().destroy();
                    await(output, DONE);
                }
            }
            // As a daemon does it, which takes its output away: so this is the last.
            String name = "training-" + process.pid();
            say(lines, "--in-background -c %1$s -p 0 -w 1 -n " + name, file);
            URI server = uri(await(output, "http://"));
            ProcessHandle worker =
                    process.children()
                            .filter(child -> commandLine(child).contains("--module"))
                            .findFirst()
                            .orElseThrow(() -> new TrainingException("no worker started", ""));
            recorded.put("worker", commandLine(worker));
            exchange(server, TO_SCRIPTS);
            practise(server);
            process.toHandle().destroy();
            lines.close();
            process.onExit().join();
        } finally {
            process.destroyForcibly();
        }
    }

    /**
     * Asks a worker the same many times: how often it went which way is in the cache too (JEP 515),
     * so that the compiler of each later worker knows at its start what it would otherwise have to
     * find out within some ten thousand requests.
     */
    private static void practise(URI server) throws IOException {
        List<String> requests = new ArrayList<>(TO_SCRIPTS);
        // On one connection: up to the one that has it closed.
        requests.add(String.join("", TO_SCRIPTS.subList(0, TO_SCRIPTS.size() - 1)));
        List<Future<?>> clients = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
            for (int client = 0; client < CLIENTS; client++) {
                clients.add(
                        threads.submit(
                                () -> {
                                    for (int round = 0; round < ROUNDS; round++) {
                                        exchange(server, requests);
                                    }
                                    return null;
                                }));
            }
        }
        for (Future<?> client : clients) {
            if (client.state() == Future.State.FAILED) {
                throw new IOException("practice with scripts failed", client.exceptionNow());
            }
        }
    }

    private static void say(Writer lines, String words, Object... names) throws IOException {
        lines.write(words.replace(' ', '\t').formatted(names) + "\n");
        lines.flush();
    }

    /** The next line with this in it. */
    private String await(BufferedReader output, String what) throws IOException {
        String line;
        do {
            line = output.readLine();
            if (line == null) {
                throw new TrainingException("the server ended", log("resident") + log("server"));
            }
        } while (!line.contains(what));
        return line;
    }

    private static URI uri(String line) {
        return URI.create(line.substring(line.indexOf("http://")).split(" ")[0]);
    }

    private static void exchange(String line, List<String> requests) throws IOException {
        exchange(uri(line), requests);
    }

    private static void exchange(URI server, List<String> requests) throws IOException {
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
        Path configuration = folder.resolve(name + ".aotconf");
        if (!Files.exists(configuration)) {
            throw new TrainingException(name + " wrote nothing down", log("server"));
        }
        Path cache = folder.resolve(name + ".aot");
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
        builder.environment().put("HOME", folder.toString());
        builder.redirectError(folder.resolve(log + ".log").toFile());
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
        Path file = folder.resolve(name + ".log");
        return Files.exists(file) ? Files.readString(file) : "";
    }

    static void deleteAll(Path folder) throws IOException {
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
