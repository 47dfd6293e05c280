import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Makes the AOT caches (JEP 514) of the command and of its workers. The command says its answers,
 * serves with each engine, and is asked for a little of everything; a real start, real exchanges, a
 * real stop, after which both processes write down what they have loaded.
 *
 * <p>Everything happens in a folder of its own: HOME, PID files and control sockets too. A killed
 * training leaves only that folder, and the next one removes it.
 *
 * <p>A slow machine gets caches as well. Each part ends when its work is done or its time is over;
 * of each part at least the first step is done. A single step has no limit but {@link #PATIENCE},
 * which only a process that hangs reaches.
 */
final class Training {
    private static final String REHEARSAL = "caffeine.cli/caffeine.cli.Rehearsal";
    private static final String DONE = "rehearsed: ";

    /** What a part may take; the tests make it short. */
    private static final Duration PART = seconds("caffeine.training.part", 20);

    /** After which a process that gives no sign of life is ended. */
    private static final Duration PATIENCE = seconds("caffeine.training.patience", 300);

    /** What the kernel may take to end a process that was killed. */
    private static final Duration DEATH = Duration.ofSeconds(60);

    private static final long LOOK_AGAIN_MS = 20;

    /** Clients that practise with a worker at one time, and how often each asks everything. */
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

    /** An engine that runs here, and its option for its size, in what --engines --json says. */
    private static final Pattern ENGINE =
            Pattern.compile(
                    "\"name\":\"([^\"]+)\",\"runsHere\":true,\"size\":(?:null|\"([^\"]+)\")");

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
    private final List<ProcessHandle> started = new ArrayList<>();

    private Training(List<String> java, Path folder) {
        this.java = java;
        this.folder = folder;
    }

    private static Duration seconds(String property, long usual) {
        return Duration.ofSeconds(Long.getLong(property, usual));
    }

    /**
     * Makes {@code command.aot} and {@code worker.aot} in a folder.
     *
     * @param java the Java and its options, up to {@code --module}
     * @param app where they go; the folder for the training is made below it
     * @return why there are none, in the first line, with what the processes logged behind it;
     *     empty when there are
     */
    static String train(List<String> java, Path app) {
        Path folder = app.resolve("training");
        Training training = new Training(java, folder);
        try {
            deleteAll(folder);
            training.writeScripts();
            training.recordCommand();
            training.recordWorker();
            for (String name : List.of("command", "worker")) {
                training.create(name);
            }
            for (String name : List.of("command.aot", "worker.aot")) {
                Path target = app.resolve(name);
                Files.move(folder.resolve(name), target, StandardCopyOption.ATOMIC_MOVE);
            }
            return "";
        } catch (TrainingException e) {
            return String.valueOf(e.getMessage());
        } catch (IOException | UncheckedIOException e) {
            return e.toString();
        } finally {
            training.clean();
        }
    }

    /** Ends what still runs, which is something only after a failure, and removes the folder. */
    private void clean() {
        List<ProcessHandle> killed = new ArrayList<>(started);
        started.forEach(process -> process.descendants().forEach(killed::add));
        killed.forEach(ProcessHandle::destroyForcibly);
        try {
            for (ProcessHandle process : killed) {
                awaitEnd(process, "a process that was killed", DEATH);
            }
            deleteAll(folder);
        } catch (TrainingException | IOException | UncheckedIOException e) {
            System.err.println(
                    "[WARNING] " + folder + " is left behind; the next training removes it: " + e);
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

    private void recordCommand() throws IOException {
        String file = folder.resolve("caffeine.toml").toString();
        String name = "training-" + ProcessHandle.current().pid();
        Process server = start(rehearsal(java), "resident");
        try (Writer lines = server.outputWriter()) {
            say(lines, "-n %2$s -c %1$s -p 0 --engine sharded", file, name);
        }
        try (BufferedReader output = server.inputReader()) {
            await(server, output, "http://");
            recordCommand(file, name);
        }
        end(server);
    }

    private void recordCommand(String file, String resident) throws IOException {
        Process process = start(recording("command"), "command");
        try (BufferedReader output = process.inputReader();
                Writer lines = process.outputWriter()) {
            recorded.put("command", commandLine(process.toHandle()));
            Part answers = new Part();
            for (String words : QUICK) {
                say(lines, words, file, resident);
                await(process, output, DONE);
                if (answers.isOver()) {
                    break;
                }
            }
            for (String engine : otherEngines(process, output, lines)) {
                for (Mode mode : MODES) {
                    say(lines, mode.words() + " -p 0 " + engine, file);
                    exchange(uri(await(process, output, "http://")), mode.requests(), new Part());
                    process.toHandle().destroy();
                    await(process, output, DONE);
                }
            }
            // As a daemon does it, which takes its output away: so this is the last.
            say(lines, "--in-background -c %1$s -p 0 -w 1 -n " + resident + "d", file);
            exchange(uri(await(process, output, "http://")), TO_SCRIPTS, new Part());
        }
        end(process);
    }

    /**
     * The options for each but the default one, which is the first, and served by the last; and but
     * those that start a process for each connection, which is the worker's recording.
     */
    private List<String> otherEngines(Process process, BufferedReader output, Writer lines)
            throws IOException {
        List<String> engines = new ArrayList<>();
        say(lines, "--engines --json");
        for (String line = ""; !line.equals("]"); line = await(process, output, "")) {
            Matcher engine = ENGINE.matcher(line);
            if (engine.find() && !line.contains("\"processPerConnection\":true")) {
                String size = engine.group(2) == null ? "" : " --" + engine.group(2) + " 1";
                engines.add("--engine " + engine.group(1) + size);
            }
        }
        await(process, output, DONE);
        return engines.subList(1, engines.size());
    }

    /**
     * A worker, whose parent is killed at the end. A parent that stops would wait for it, but not
     * as long as a slow machine needs to write the recording: it kills a worker that does not
     * answer.
     */
    private void recordWorker() throws IOException {
        Process parent = start(recording("worker"), "worker");
        try (BufferedReader output = parent.inputReader();
                Writer lines = parent.outputWriter()) {
            say(lines, "-c %1$s -p 0 -w 1", folder.resolve("caffeine.toml"));
            URI server = uri(await(parent, output, "http://"));
            ProcessHandle worker =
                    parent.children()
                            .filter(child -> commandLine(child).contains("--module"))
                            .findFirst()
                            .orElseThrow(() -> new TrainingException("no worker started", ""));
            started.add(worker);
            recorded.put("worker", commandLine(worker));
            exchange(server, TO_SCRIPTS, new Part());
            practise(server);
            parent.destroyForcibly();
            awaitEnd(worker, "the worker", PATIENCE);
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
        Part practice = new Part();
        List<Future<?>> clients = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
            for (int client = 0; client < CLIENTS; client++) {
                clients.add(
                        threads.submit(
                                () -> {
                                    for (int i = 0; i < ROUNDS && !practice.isOver(); i++) {
                                        exchange(server, requests, practice);
                                    }
                                    return null;
                                }));
            }
        }
        for (Future<?> client : clients) {
            if (client.state() == Future.State.FAILED) {
                throw new IOException("practice with scripts failed: " + client.exceptionNow());
            }
        }
    }

    private static void say(Writer lines, String words, Object... names) throws IOException {
        lines.write(words.replace(' ', '\t').formatted(names) + "\n");
        lines.flush();
    }

    /** The next line with this in it. */
    private String await(Process process, BufferedReader output, String what) throws IOException {
        String line;
        do {
            CompletableFuture<Void> end =
                    CompletableFuture.runAsync(
                            process::destroyForcibly,
                            CompletableFuture.delayedExecutor(
                                    PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
            try {
                line = output.readLine();
            } catch (IOException e) { // a process that is destroyed has its streams closed
                line = null;
            }
            if (!end.cancel(false)) {
                throw hangs("the server");
            } else if (line == null) {
                throw new TrainingException("the server ended early", logs());
            }
        } while (!line.contains(what));
        return line;
    }

    private TrainingException hangs(String process) throws IOException {
        String reason = " gave no sign of life for " + PATIENCE.toSeconds() + " s and was ended";
        return new TrainingException(process + reason, logs());
    }

    private static URI uri(String line) {
        return URI.create(line.substring(line.indexOf("http://")).split(" ")[0]);
    }

    /** At least the first; the others while there is time. */
    private static void exchange(URI server, List<String> requests, Part part) throws IOException {
        int patienceMs = (int) Math.max(1, PATIENCE.toMillis());
        for (String request : requests) {
            try (Socket socket = new Socket()) {
                InetSocketAddress address =
                        new InetSocketAddress(server.getHost(), server.getPort());
                socket.connect(address, patienceMs);
                socket.setSoTimeout(patienceMs);
                socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
                socket.shutdownOutput();
                try (InputStream answer = socket.getInputStream()) {
                    answer.readAllBytes();
                }
            }
            if (part.isOver()) {
                return;
            }
        }
    }

    /** Repeats a recorded command, to the letter but for the mode: a cache fits nothing else. */
    private void create(String name) throws IOException {
        if (!Files.exists(folder.resolve(name).resolve(name + ".aotconf"))) {
            throw new TrainingException(name + " wrote nothing down", logs());
        }
        Path cache = folder.resolve(name + ".aot");
        List<String> command = new ArrayList<>(recorded.get(name));
        command.set(command.indexOf("-XX:AOTMode=record"), "-XX:AOTMode=create");
        command.add(command.indexOf("-XX:AOTMode=create") + 1, "-XX:AOTCache=" + cache);
        Process dump = start(command, name + "-cache");
        dump.getInputStream().close();
        awaitEnd(dump.toHandle(), "the JVM that writes " + cache.getFileName(), PATIENCE);
        if (!Files.exists(cache)) {
            throw new TrainingException("no cache was written for " + name, logs());
        }
    }

    /** The command of a process that writes down what it and its workers load. */
    private List<String> recording(String name) throws IOException {
        Path configuration = Files.createDirectory(folder.resolve(name)).resolve("command.aotconf");
        List<String> command = new ArrayList<>(java);
        command.addAll(1, List.of("-XX:AOTMode=record", "-XX:AOTConfiguration=" + configuration));
        return rehearsal(command);
    }

    private List<String> rehearsal(List<String> options) {
        List<String> command = new ArrayList<>(options);
        command.add("-Dcaffeine.pid-folder=" + folder);
        command.addAll(List.of("--module", REHEARSAL));
        command.add(Long.toString(ProcessHandle.current().pid()));
        return command;
    }

    private Process start(List<String> command, String log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        // No setting of the builder may reach the recorded data: options, configuration, log files.
        builder.environment()
                .keySet()
                .removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"));
        builder.environment().put("HOME", folder.toString());
        // The folder under a name that is short enough for the address of a socket.
        builder.environment().put("XDG_RUNTIME_DIR", "/proc/self/cwd");
        builder.redirectError(folder.resolve(log + ".log").toFile());
        Process process = builder.start();
        started.add(process.toHandle());
        return process;
    }

    /** Has a server end as it does in real life, and waits until it has. */
    private void end(Process server) throws IOException {
        server.destroy();
        awaitEnd(server.toHandle(), "the server", PATIENCE);
    }

    /**
     * Waits for the end of a process, which may be no child of ours: then a zombie is as good as
     * gone, since in a container there may be nothing that reaps it.
     */
    private void awaitEnd(ProcessHandle process, String name, Duration patience)
            throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            while (process.isAlive() && !isZombie(process)) {
                if (System.nanoTime() - deadline > 0) {
                    throw hangs(name);
                }
                Thread.sleep(LOOK_AGAIN_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** man 5 proc_pid_stat: the state follows the name, which may hold anything. */
    private static boolean isZombie(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
            return stat.startsWith(") Z", stat.lastIndexOf(')'));
        } catch (IOException e) {
            return true; // It has gone.
        }
    }

    private static List<String> commandLine(ProcessHandle process) {
        try {
            String line = Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
            return List.of(line.split("\0"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String logs() throws IOException {
        StringBuilder all = new StringBuilder();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.log")) {
            for (Path file : files) {
                all.append(Files.readString(file));
            }
        }
        return all.toString();
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

    /** A piece of the work with a time of its own. */
    private static final class Part {
        private final long endNs = System.nanoTime() + PART.toNanos();

        boolean isOver() {
            return System.nanoTime() - endNs > 0;
        }
    }

    private static final class TrainingException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TrainingException(String what, String log) {
            super(log.isBlank() ? what : what + ":\n" + log.strip());
        }
    }
}
