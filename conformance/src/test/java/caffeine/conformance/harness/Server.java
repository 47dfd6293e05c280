package caffeine.conformance.harness;

import caffeine.conformance.harness.Procs.Stat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server started by the launcher, as a user starts it. It leads a session of its own, so that
 * everything that descends from it can be found, orphans too. Its home and its run directory are
 * temporary ones.
 */
public final class Server implements AutoCloseable {

    /** What the ready line looks like; it must be the only line on standard output. */
    private static final Pattern READY =
            Pattern.compile(
                    "listening on (?:http://(\\[[^\\]]+\\]|[^:/]+):(\\d+)|unix:(/\\S*))(?: and"
                            + " \\S+)* \\((.*)\\)");

    private static final Pattern WORKERS = Pattern.compile("(\\d+) workers?");

    /**
     * Nothing that a test does not ask for may depend on how busy the machine is: so these are far
     * away, unless a test sets them.
     */
    private static final String[] DEADLINES = {
        "--head-timeout=2m",
        "--content-timeout=2m",
        "--idle-timeout=2m",
        "--send-timeout=2m",
        "--handler-timeout=5m",
        "--grace=30s"
    };

    private static final Duration START = Duration.ofMinutes(2);
    private static final Duration STOP = Duration.ofMinutes(2);

    private final Process process;
    private final Path home;
    private final Path runDirectory;
    private final Output out;
    private final Output log;
    private final SocketAddress address;

    private Server(Builder builder) {
        home = temporaryHome();
        runDirectory = Path.of(builder.variables(home).getOrDefault("XDG_RUNTIME_DIR", "/none"));
        process = builder.launch(home);
        Runtime.getRuntime().addShutdownHook(new Thread(this::killAll));
        out = new Output("stdout", process.getInputStream());
        log = new Output("stderr", process.getErrorStream());
        try {
            address = awaitReady();
        } catch (AssertionError e) {
            killAll();
            throw new AssertionError(e.getMessage() + "\nstderr:\n  " + log.tail(), e);
        }
    }

    /** A server for this tree: two workers or threads, a port that the kernel picks, patient. */
    public static Builder of(Path tree) {
        return of(tree, EngineKind.chosen());
    }

    /** The same with this engine. */
    public static Builder of(Path tree, EngineKind engine) {
        return new Builder()
                .options("--path", tree.toString(), "--port", "0")
                .options(DEADLINES)
                .options(engine.options());
    }

    /** A command line of its own. */
    public static Builder with(String... options) {
        return new Builder().options(options);
    }

    /** Where it listens, unless that is a Unix-domain socket; the first of several addresses. */
    public InetSocketAddress address() {
        return (InetSocketAddress) address;
    }

    public int port() {
        return address().getPort();
    }

    public String url(String target) {
        return "http://127.0.0.1:" + port() + target;
    }

    public int pid() {
        return (int) process.pid();
    }

    /** The lines on standard output. */
    public Output out() {
        return out;
    }

    /** The lines on standard error: the log. */
    public Output log() {
        return log;
    }

    public Path home() {
        return home;
    }

    /** What {@code XDG_RUNTIME_DIR} is set to. */
    public Path runDirectory() {
        return runDirectory;
    }

    /**
     * The parent's children that are workers; one that was only just forked has yet to become it.
     */
    public List<Integer> workers() {
        return Procs.childrenOf(pid()).stream()
                .filter(stat -> !stat.isZombie())
                .map(Stat::pid)
                .filter(pid -> Procs.commandLine(pid).contains("WorkerMain"))
                .sorted()
                .toList();
    }

    /**
     * How many loops with a handler serve clients: one for each worker, or several threads of one
     * process; the threads of {@code shared} and {@code reactor} drive four lanes each.
     */
    public int loops() {
        int workers = workers().size();
        int threads =
                Procs.threads(pid(), "shard-")
                        + Procs.threads(pid(), "lane-")
                        + 4 * Procs.threads(pid(), "shared-")
                        + 4 * Procs.threads(pid(), "reactor-");
        return workers > 0 ? workers : Math.max(1, threads);
    }

    /** All that descends from the server, itself too. Zombies that init has yet to reap are not. */
    public List<Stat> processes() {
        return Procs.ofSession(pid()).stream()
                .filter(stat -> !(stat.isZombie() && stat.parent() == 1))
                .toList();
    }

    /** Processes that are neither the parent nor one of its workers. */
    public List<Stat> handlers() {
        List<Integer> own = workers();
        return processes().stream()
                .filter(stat -> stat.pid() != pid() && !own.contains(stat.pid()))
                .toList();
    }

    /** Waits until no script runs, and none is left unreaped. */
    public void awaitNoHandlers() {
        Await.until(
                () -> "no script and no zombie left: " + handlers(),
                Await.PATIENCE,
                () -> handlers().isEmpty());
    }

    /** A new connection, all of which must be over within {@link Await#PATIENCE}. */
    public Wire open() {
        return Wire.connect(address, Await.PATIENCE);
    }

    /** One GET on a connection of its own. */
    public Response get(String target) {
        return exchange(Requests.get(target, "Connection: close"));
    }

    /** One request on a connection of its own; the connection may stay open after it. */
    public Response exchange(String request) {
        try (Wire wire = open()) {
            return wire.send(request).response();
        } catch (Mismatch e) {
            e.addSuppressed(new AssertionError("the log ends in\n  " + log.tail()));
            throw e;
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Sends a signal to the parent alone. */
    public Server signal(String name) {
        Procs.kill(name, pid());
        return this;
    }

    /** Waits for the parent's end; its exit status. */
    public int awaitExit() {
        try {
            if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("did not end within " + STOP + ":\n  " + log.tail());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** SIGTERM: exit status 0, and nothing of it left: no process, no file. */
    public void stop() {
        signal("TERM");
        int status = awaitExit();
        if (status != 0) {
            throw new AssertionError("exit status " + status + "\n  " + log.tail());
        }
        awaitNothingLeft();
    }

    /** Waits until no process of the session and no file in the run directory is left. */
    public void awaitNothingLeft() {
        Await.until(
                () -> "no process left, still there: " + Procs.ofSession(pid()),
                Await.PATIENCE,
                () -> processes().isEmpty());
        Await.until(
                () -> "no file left in the run directory, still there: " + Tree.list(runDirectory),
                Await.PATIENCE,
                () -> Tree.list(runDirectory).isEmpty());
    }

    /** Ends all of it, however badly it behaves; keeps quiet. */
    @Override
    public void close() {
        killAll();
        Await.holdsWithin(Await.PATIENCE, () -> processes().isEmpty());
        Tree.delete(home);
    }

    private void killAll() {
        process.destroyForcibly();
        for (Stat stat : Procs.ofSession(pid())) {
            ProcessHandle.of(stat.pid()).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    private SocketAddress awaitReady() {
        String line = out.await(READY.pattern(), START);
        Matcher matcher = READY.matcher(line);
        if (!matcher.matches()) {
            throw new AssertionError("unexpected ready line: " + line);
        }
        awaitWorkers(matcher.group(4));
        if (matcher.group(3) != null) {
            return UnixDomainSocketAddress.of(matcher.group(3));
        }
        String host = matcher.group(1).replaceAll("[\\[\\]]", "");
        InetAddress reachable = InetAddress.ofLiteral(host.equals("0.0.0.0") ? "127.0.0.1" : host);
        return new InetSocketAddress(reachable, Integer.parseInt(matcher.group(2)));
    }

    /** Clients are served from the first worker on; what is counted here needs all of them. */
    private void awaitWorkers(String arrangement) {
        Matcher matcher = WORKERS.matcher(arrangement);
        if (matcher.find()) {
            int count = Integer.parseInt(matcher.group(1));
            Await.until(
                    () -> count + " workers that have been greeted: " + workers(),
                    START,
                    () -> workers().stream().filter(Procs::sharesSlots).count() == count);
        }
    }

    private static Path temporaryHome() {
        try {
            Path home = Files.createTempDirectory("conformance-home-");
            Files.createDirectory(
                    home.resolve("run"),
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
            return home;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How to start one. */
    public static final class Builder {

        private final List<String> prefix = new ArrayList<>();
        private final List<String> options = new ArrayList<>();
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final Set<String> unset = new HashSet<>();

        private Builder() {}

        public Builder options(String... more) {
            options.addAll(List.of(more));
            return this;
        }

        public Builder with(String variable, String value) {
            environment.put(variable, value);
            return this;
        }

        public Builder without(String variable) {
            unset.add(variable);
            return this;
        }

        /** Sets deadlines that no client of a test meets; options that follow may set others. */
        public Builder patient() {
            return options(DEADLINES);
        }

        /** A command that prepares something and then executes its arguments. */
        public Builder under(String... command) {
            prefix.addAll(List.of(command));
            return this;
        }

        /** Starts it and waits until it says that it listens. */
        public Server start() {
            return new Server(this);
        }

        /** Runs it to its end: for command lines that do not lead to a listening server. */
        public Run.Outcome run() {
            Path home = temporaryHome();
            try {
                return runIn(home);
            } finally {
                Tree.delete(home);
            }
        }

        /** As above, with this folder as its home. */
        public Run.Outcome runIn(Path home) {
            return Run.of(command()).in(home).withOnly(variables(home)).outcome();
        }

        private Process launch(Path home) {
            ProcessBuilder builder = new ProcessBuilder(command()).directory(home.toFile());
            builder.environment().clear();
            builder.environment().putAll(variables(home));
            try {
                Process started = builder.start();
                started.getOutputStream().close();
                return started;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private List<String> command() {
            List<String> command = new ArrayList<>(List.of("setsid"));
            command.addAll(Repository.catchingSignals());
            command.addAll(prefix);
            command.add(Repository.launcher().toString());
            command.addAll(options);
            return command;
        }

        private Map<String, String> variables(Path home) {
            Map<String, String> all = new LinkedHashMap<>();
            all.put("CAFFEINE_NO_BUILD", "1");
            all.put("HOME", home.toString());
            all.put("JAVA_HOME", System.getProperty("java.home"));
            all.put("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin"));
            all.put("XDG_RUNTIME_DIR", home.resolve("run").toString());
            all.putAll(environment);
            all.keySet().removeAll(unset);
            return all;
        }
    }
}
