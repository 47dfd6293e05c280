package caffeine.bench.server;

import caffeine.bench.client.Asking;
import caffeine.bench.host.Cleanup;
import caffeine.bench.host.ProcessGroup;
import caffeine.bench.host.ProcessStat;
import caffeine.bench.host.Waiting;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A server that was started and has answered. */
public final class RunningServer implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(15);
    private static final Duration SETTLE = Duration.ofSeconds(3);

    private final ServerKind kind;
    private final Setup setup;
    private final ProcessGroup group;
    private final String firstScript;
    private final List<Process> started = new CopyOnWriteArrayList<>();
    private URI base = URI.create("http://127.0.0.1/");
    private double startMillis = Double.NaN;
    private int atRest;
    private boolean closed;

    private RunningServer(ServerKind kind, Setup setup, ProcessGroup group, String firstScript) {
        this.kind = kind;
        this.setup = setup;
        this.group = group;
        this.firstScript = firstScript;
    }

    /**
     * Starts it and waits for its first answer.
     *
     * @param documentRoot what it serves
     * @param firstScript what it is asked for until it answers
     * @param workers how many processes or threads answer
     * @param logs whether it logs requests
     * @param folder its own folder, which is made
     * @throws IOException when it does not start, with what it said
     */
    public static RunningServer start(
            ServerKind kind,
            Path documentRoot,
            String firstScript,
            Path folder,
            int workers,
            boolean logs,
            int scriptsAtOnce,
            Cleanup cleanup)
            throws IOException, InterruptedException {
        Files.createDirectories(folder);
        int port = kind.printsItsPort() ? 0 : Ports.free();
        Setup setup = new Setup(folder, documentRoot, port, workers, logs, scriptsAtOnce);
        List<List<String>> commands = kind.prepare(setup);
        ProcessGroup group = ProcessGroup.create(cleanup, kind.name());
        RunningServer server = new RunningServer(kind, setup, group, firstScript);
        cleanup.add(server::close);
        try {
            server.run(commands, cleanup);
        } catch (IOException | InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
        return server;
    }

    private void run(List<List<String>> commands, Cleanup cleanup)
            throws IOException, InterruptedException {
        long startNs = System.nanoTime();
        for (List<String> command : commands) {
            ProcessBuilder builder =
                    new ProcessBuilder(group.wrap(command))
                            .directory(setup.folder().toFile())
                            .redirectInput(Path.of("/dev/null").toFile())
                            .redirectError(
                                    ProcessBuilder.Redirect.appendTo(
                                            setup.file("stderr.log").toFile()));
            if (!kind.printsItsPort()) {
                builder.redirectOutput(
                        ProcessBuilder.Redirect.appendTo(setup.file("stdout.log").toFile()));
            }
            cleanup.start(
                    builder,
                    process -> {
                        group.started(process);
                        started.add(process);
                    });
        }
        int port = kind.printsItsPort() ? printedPort(started.getLast()) : setup.port();
        base = URI.create("http://127.0.0.1:" + port);
        awaitAnswer();
        startMillis = (System.nanoTime() - startNs) / 1e6;
        atRest = group.members().size();
    }

    private int printedPort(Process process) throws IOException, InterruptedException {
        BufferedReader reader = process.inputReader();
        CompletableFuture<Optional<String>> first =
                CompletableFuture.supplyAsync(() -> reader.lines().findFirst());
        try {
            String line =
                    first.get(START.toSeconds(), TimeUnit.SECONDS)
                            .orElseThrow(() -> failure("it ended"));
            String address = line.replaceFirst("^.*(http://[^ ]*[0-9]/?).*$", "$1");
            return URI.create(address).getPort();
        } catch (TimeoutException | ExecutionException e) {
            throw failure("it did not say where it listens: " + e);
        }
    }

    private void awaitAnswer() throws IOException {
        URI first = uri(kind.modes().getLast(), firstScript);
        boolean answered =
                Waiting.until(
                        START,
                        () ->
                                started.stream().anyMatch(process -> !process.isAlive())
                                        || answers(first));
        if (!answered) {
            throw failure("no answer within " + START.toSeconds() + " s");
        }
        if (started.stream().anyMatch(process -> !process.isAlive())) {
            throw failure("it ended");
        }
    }

    private static boolean answers(URI uri) {
        try (Asking asking = new Asking(uri, false)) {
            return asking.ask().status() == 200;
        } catch (IOException _) {
            return false;
        }
    }

    private IOException failure(String what) {
        StringBuilder said = new StringBuilder(what);
        for (String log : List.of("stderr.log", "error.log")) {
            try {
                List<String> lines = Files.readAllLines(setup.file(log));
                lines.stream()
                        .skip(Math.max(0, lines.size() - 3))
                        .forEach(l -> said.append(": ").append(l));
            } catch (IOException _) {
                // It wrote no such log.
            }
        }
        return new IOException(kind.name() + " did not start: " + said);
    }

    /** What it is. */
    public ServerKind kind() {
        return kind;
    }

    /** Whether it logs requests. */
    public boolean logs() {
        return setup.logs();
    }

    /** The address of a script. */
    public URI uri(ServerKind.Mode mode, String script) {
        return base.resolve(mode.path() + script);
    }

    /** Where it listens, on the loopback address. */
    public int port() {
        return base.getPort();
    }

    /** All its processes. */
    public ProcessGroup group() {
        return group;
    }

    /** The process of its last command. */
    public Process main() {
        return started.getLast();
    }

    /** From its command to its first answer. */
    public double startMillis() {
        return startMillis;
    }

    /**
     * Waits until it has ended the scripts that a load generator left behind.
     *
     * @param sleepers how many scripts stay
     */
    public void settle(int sleepers) {
        Waiting.until(
                SETTLE,
                () -> {
                    try {
                        return group.members().size() <= atRest + sleepers;
                    } catch (IOException _) {
                        return true;
                    }
                });
    }

    /** Those of its processes that run that program. */
    public List<ProcessStat> running(String command) throws IOException {
        return group.members().stream().filter(p -> p.command().equals(command)).toList();
    }

    /** Ends it as an operator would, and by force what is left. */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        for (Process process : started.reversed()) {
            process.destroy();
        }
        Waiting.until(STOP, () -> started.stream().noneMatch(Process::isAlive));
        for (Process process : started) {
            process.destroyForcibly();
            process.getInputStream().close();
        }
        group.close();
    }
}
