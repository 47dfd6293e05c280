package caffeine.server.script;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Processes;
import caffeine.server.file.FileCaches;
import caffeine.server.options.Deadlines;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ScriptOptions.Interpreter;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.ServerOptions;
import caffeine.server.slots.HandlerSlots;
import caffeine.server.slots.SlotCount;
import caffeine.server.testing.BenchClient;
import caffeine.server.testing.LoopBench;
import caffeine.server.testing.RecordedEvents;
import caffeine.server.testing.Reply;
import caffeine.server.testing.TestOptions;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Scripts behind real sockets, in one loop: what a worker is, without its parent. */
final class ScriptBench implements AutoCloseable {

    private static final Pattern PID = Pattern.compile("pid (\\d+)");
    private static final int EXECUTABLE = 0755;

    final Path folder;
    final Tree tree;
    final LoopBench bench;
    final RecordedEvents events;
    final ScriptHandler scripts;

    ScriptBench(Path folder) {
        this(folder, UnaryOperator.identity());
    }

    ScriptBench(Path folder, UnaryOperator<ServerOptions> change) {
        this.folder = folder;
        this.tree = new Tree(folder);
        ServerOptions options = change.apply(TestOptions.serving(folder));
        AtomicReference<@Nullable ScriptHandler> made = new AtomicReference<>();
        this.bench =
                new LoopBench(
                        options,
                        loopBench -> {
                            ScriptHandler handler = handler(options, loopBench);
                            made.set(handler);
                            return handler;
                        });
        this.scripts = Objects.requireNonNull(made.get());
        this.events = bench.events;
    }

    private ScriptHandler handler(ServerOptions options, LoopBench loopBench) {
        AtomicReference<@Nullable ScriptHandler> waking = new AtomicReference<>();
        HandlerSlots.Wakeups wakeups =
                _ -> loopBench.loop.execute(() -> Objects.requireNonNull(waking.get()).slotFreed());
        HandlerSlots slots = HandlerSlots.inProcess(1, SlotCount.of(options), wakeups).getFirst();
        ScriptHandler handler =
                new ScriptHandler(
                        options,
                        loopBench.loop,
                        ScriptHandler.contentPool(),
                        new SpoolBudget(options.limits().spoolTotalBytes(), 16),
                        new FileCaches(),
                        slots,
                        loopBench.events,
                        null,
                        () -> {});
        waking.set(handler);
        return handler;
    }

    /** Options with these numbers of running and of waiting handlers. */
    static UnaryOperator<ServerOptions> handlers(int running, int waiting) {
        return options -> {
            ServerLimits all = options.limits();
            return options.withLimits(
                    new ServerLimits(all.http(), all.connections(), 0, 0, running, waiting, 0));
        };
    }

    /** Options without a time limit for scripts. */
    static UnaryOperator<ServerOptions> withoutTimeout() {
        return options -> {
            Deadlines all = options.deadlines();
            return options.withDeadlines(
                    new Deadlines(
                            all.headNs(),
                            all.contentIdleNs(),
                            all.idleNs(),
                            all.sendIdleNs(),
                            0,
                            all.graceNs()));
        };
    }

    /**
     * Options with which scripts below {@code cgi-bin} speak CGI, and others write to the client.
     */
    static UnaryOperator<ServerOptions> directUnlessCgi() {
        return options ->
                options.withScripts(
                        options.scripts()
                                .withRoutes(List.of(mode("", "direct"), mode("/cgi-bin", "cgi"))));
    }

    private static RouteOptions mode(String prefix, String mode) {
        return new RouteOptions(prefix, Map.of(RouteSetting.MODE, mode));
    }

    /** Options with which the output of a script that has ended may be silent for so long. */
    static UnaryOperator<ServerOptions> outputQuiet(long ns) {
        return everywhere(RouteSetting.OUTPUT_QUIET, ns);
    }

    /** Options with a setting for all paths. */
    static UnaryOperator<ServerOptions> everywhere(RouteSetting setting, Object value) {
        return options ->
                options.withScripts(
                        options.scripts()
                                .withRoutes(List.of(new RouteOptions("", Map.of(setting, value)))));
    }

    /** Options with these interpreters alone. */
    static UnaryOperator<ServerOptions> interpreters(Interpreter... interpreters) {
        return options -> with(options, false, List.of(interpreters));
    }

    /** Options with which all scripts speak CGI. */
    static UnaryOperator<ServerOptions> cgiEverywhere() {
        return options -> with(options, true, options.scripts().interpreters());
    }

    private static ServerOptions with(
            ServerOptions options, boolean cgiEverywhere, List<Interpreter> interpreters) {
        ScriptOptions scripts = options.scripts();
        return options.withScripts(
                new ScriptOptions(
                        scripts.root(),
                        cgiEverywhere,
                        scripts.environment(),
                        scripts.passAuthorization(),
                        interpreters));
    }

    // ---- scripts

    /** A shell script that speaks CGI; the address that it has. */
    String cgi(String name, String... lines) {
        return shell("cgi-bin/" + name, lines);
    }

    /** A shell script that writes to the client. */
    String direct(String name, String... lines) {
        return shell(name, lines);
    }

    private String shell(String name, String... lines) {
        tree.file(name, EXECUTABLE, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        return "/" + name;
    }

    /** A CGI script that says this. */
    String saying(String name, String output) {
        return cgi(name, "cat <<'END'", output + "\nEND");
    }

    /** A CGI script that prints this with {@code printf}. */
    String printing(String name, String format) {
        return cgi(name, "printf '" + format + "'");
    }

    /** Lets a script go on that waits for it by {@link #waitFor}. */
    void let(String name) {
        try {
            Files.createFile(folder.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A line of shell that waits until the test {@link #let lets} it go on. */
    String waitFor(String name) {
        return "while [ ! -e '" + folder.resolve(name) + "' ]; do sleep 0.01; done";
    }

    /** A line of shell that tells the test that it was reached. */
    String reach(String name) {
        return ": > '" + folder.resolve(name) + "'";
    }

    void untilReached(String name) {
        bench.until(name + " is reached", () -> Files.exists(folder.resolve(name)));
    }

    // ---- clients

    static String get(String path, String... lines) {
        return request("GET " + path + " HTTP/1.1", lines);
    }

    static String request(String requestLine, String... lines) {
        StringBuilder text = new StringBuilder(requestLine).append("\r\nHost: a.test\r\n");
        for (String line : lines) {
            text.append(line).append("\r\n");
        }
        return text.append("\r\n").toString();
    }

    BenchClient connect() {
        return bench.connect();
    }

    /** The response to one request on a connection of its own. */
    Reply ask(String path) {
        try (BenchClient client = bench.connect()) {
            return client.ask(get(path));
        }
    }

    /** Waits until no script runs. */
    void untilIdle() {
        bench.until("no script runs", scripts::isIdle);
    }

    /** Waits until a script runs. */
    void untilStarted() {
        bench.until("a script runs", () -> !scripts.isIdle());
    }

    /** Waits until the scripts that run have ended, without letting the loop see it. */
    void untilEndedUnseen() {
        for (int pid : Processes.children(Processes.getpid())) {
            while (isAlive(pid)) {
                Thread.onSpinWait();
            }
        }
    }

    /** The numbers of all processes that have ended. */
    List<Integer> pids() {
        return events.outcomes.stream()
                .map(outcome -> PID.matcher(outcome == null ? "" : outcome))
                .filter(Matcher::find)
                .map(matcher -> Integer.valueOf(matcher.group(1)))
                .toList();
    }

    /** Whether a process runs; one that has ended but was not reaped yet does not. */
    boolean isAlive(int pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return "ZX".indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) < 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Ends what scripts left behind: their groups live on in their children. */
    void killChildren() {
        pids().forEach(pid -> Processes.killGroup(pid, Processes.SIGKILL));
    }

    @Override
    public void close() {
        bench.disconnect();
        scripts.killAll();
        untilIdle();
        killChildren();
        scripts.close();
        bench.close();
        tree.close();
        assertThat(events.mistakes).isEmpty();
    }
}
