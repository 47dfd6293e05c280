package caffeine.bench.soak;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Command;
import caffeine.bench.host.ProcessStat;
import caffeine.bench.host.Waiting;
import caffeine.bench.server.CaffeineHello;
import caffeine.bench.server.RunningServer;
import caffeine.bench.server.ServerKind;
import caffeine.bench.server.Setup;
import caffeine.server.engine.EngineDescription;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A server under soak, and what is done to it. Its run directory and temporary files are its own.
 */
final class SoakServer implements AutoCloseable {
    /** Loops, and worker processes. */
    static final int LOOPS = 2;

    /** Spent only by what hangs. */
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final String LOG = "access.log";

    private final Kind kind;
    private final Cleanup cleanup;
    private final Path folder;
    private final RunningServer running;
    private int rotations;

    private SoakServer(Kind kind, Cleanup cleanup, Path folder, RunningServer running) {
        this.kind = kind;
        this.cleanup = cleanup;
        this.folder = folder;
        this.running = running;
    }

    /**
     * How it is started. No deadline may pass while a slow machine takes its time.
     *
     * @param hello whether it answers without scripts
     */
    record Kind(Path launcher, EngineDescription engine, boolean hello) implements ServerKind {

        /** How many it has at rest. */
        int processes() {
            return CaffeineHello.hasWorkers(engine) ? 1 + LOOPS : 1;
        }

        @Override
        public String name() {
            return engine.name() + (hello ? "-hello" : "-scripts");
        }

        @Override
        public String description() {
            return name();
        }

        @Override
        public Optional<String> missing() {
            return Optional.empty();
        }

        @Override
        public List<Mode> modes() {
            return List.of(new Mode(name(), hello ? "/" : "/cgi-bin/"));
        }

        @Override
        public boolean printsItsPort() {
            return true;
        }

        @Override
        public List<List<String>> prepare(Setup setup) throws IOException {
            List<String> command = new ArrayList<>(List.of("env", "CAFFEINE_NO_BUILD=1"));
            for (String variable : List.of("TMPDIR", "XDG_RUNTIME_DIR")) {
                Path own = Files.createDirectories(setup.folder().resolve(variable));
                command.add(variable + "=" + own);
            }
            command.add(launcher.toString());
            command.addAll(
                    hello
                            ? List.of("--app", "hello")
                            : List.of("--path", setup.documentRoot().toString()));
            command.addAll(List.of("--engine", engine.name()));
            command.addAll(CaffeineHello.size(engine, setup.workers()));
            command.addAll(List.of("--port", "0", "--log-level", "WARN"));
            command.addAll(List.of("--access-log", setup.folder().resolve(LOG).toString()));
            for (String time : List.of("head", "content", "idle", "send", "handler")) {
                command.addAll(List.of("--" + time + "-timeout", "5m"));
            }
            command.addAll(List.of("--min-rate", "0", "--grace", "60s"));
            return List.of(command);
        }
    }

    static SoakServer start(Kind kind, Path root, Path folder, Cleanup cleanup)
            throws IOException, InterruptedException {
        return new SoakServer(
                kind,
                cleanup,
                folder,
                RunningServer.start(kind, root, "shell?start", folder, LOOPS, true, 0, cleanup));
    }

    Kind kind() {
        return kind;
    }

    int port() {
        return running.port();
    }

    long pid() {
        return running.main().pid();
    }

    /** Where its own files are. */
    Path folder() {
        return folder;
    }

    /** All its processes. */
    List<ProcessStat> processes() throws IOException {
        return running.group().members();
    }

    /** The parent and its workers, or the one process that has the threads. */
    List<Long> own() throws IOException {
        List<Long> own = new ArrayList<>(List.of(pid()));
        own.addAll(workers());
        return own;
    }

    private List<Long> workers() throws IOException {
        return processes().stream()
                .filter(process -> process.parent() == pid() && isWorker(process.pid()))
                .map(ProcessStat::pid)
                .toList();
    }

    private static boolean isWorker(long pid) {
        try {
            Path file = Path.of("/proc/" + pid + "/cmdline");
            return Files.readString(file, StandardCharsets.ISO_8859_1).contains("WorkerMain");
        } catch (IOException _) {
            return false;
        }
    }

    /** Has it read its configuration again. */
    void reload() throws IOException, InterruptedException {
        signal("HUP");
    }

    /** Moves its access log away and has it open a new one. */
    void rotate() throws IOException, InterruptedException, SoakFailure {
        Path log = folder.resolve(LOG);
        Files.move(log, folder.resolve(LOG + "." + ++rotations));
        signal("USR1");
        if (!Waiting.until(PATIENCE, () -> Files.exists(log))) {
            throw new SoakFailure("%s did not reopen its log after SIGUSR1".formatted(kind.name()));
        }
    }

    /** Removes the logs that were moved away; returns how many lines they had. */
    long removeRotated() throws IOException {
        long lines = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(f -> isRotated(f.getFileName().toString())).toList()) {
                try (Stream<String> all = Files.lines(file, StandardCharsets.ISO_8859_1)) {
                    lines += all.count();
                }
                Files.delete(file);
            }
        }
        return lines;
    }

    private static boolean isRotated(String name) {
        return name.startsWith(LOG + ".");
    }

    /** Kills one of its workers; false when it has none now. */
    boolean killWorker(int which, Kills kills)
            throws IOException, InterruptedException, SoakFailure {
        List<Long> workers = workers();
        if (workers.isEmpty()) {
            return false;
        }
        long pid = workers.get(which % workers.size());
        Kills.Kill kill = kills.begin(this);
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        if (!Waiting.until(PATIENCE, () -> ProcessStat.of(pid).isEmpty())) {
            throw new SoakFailure(
                    "%s: worker %d was killed and never reaped".formatted(kind.name(), pid));
        }
        kill.gone();
        // jcmd made it, and a JVM that is killed leaves it behind.
        Files.deleteIfExists(Path.of("/tmp/.java_pid" + pid));
        return true;
    }

    private void signal(String name) throws IOException, InterruptedException {
        Command sent =
                Command.run(cleanup, PATIENCE, List.of("kill", "-" + name, Long.toString(pid())));
        if (sent.status() != 0) {
            throw new IOException("kill -%s %d: %s".formatted(name, pid(), sent.lastWords()));
        }
    }

    /** Fails when its process has ended. */
    void checkAlive() throws SoakFailure {
        if (!running.main().isAlive()) {
            throw new SoakFailure(
                    "%s ended by itself with status %d; its last words: %s"
                            .formatted(kind.name(), running.main().exitValue(), lastWords()));
        }
    }

    /** The lines of its log, from WARN on. */
    List<String> log() throws IOException {
        return Files.readAllLines(folder.resolve("stderr.log"), StandardCharsets.ISO_8859_1);
    }

    private String lastWords() {
        try {
            List<String> lines = log();
            return String.join("; ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** SIGTERM: it ends with 0, and nothing is left of it but its logs. */
    void stop() throws IOException, InterruptedException, SoakFailure {
        checkAlive();
        running.main().destroy();
        if (!running.main().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new SoakFailure(kind.name() + " did not end after SIGTERM");
        }
        if (running.main().exitValue() != 0) {
            throw new SoakFailure(
                    "%s ended with status %d after SIGTERM: %s"
                            .formatted(kind.name(), running.main().exitValue(), lastWords()));
        }
        if (!Waiting.until(PATIENCE, () -> Holdings.quietly(() -> processes().isEmpty()))) {
            throw new SoakFailure(
                    "%s left processes behind: %s".formatted(kind.name(), processes()));
        }
        List<String> left =
                Holdings.files(folder).stream().filter(f -> !f.endsWith(".log")).toList();
        if (!left.isEmpty()) {
            throw new SoakFailure("%s left files behind: %s".formatted(kind.name(), left));
        }
    }

    @Override
    public void close() throws IOException {
        running.close();
    }
}
