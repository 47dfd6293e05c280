package caffeine.bench;

import caffeine.bench.report.Json;
import caffeine.bench.report.RatioChart;
import caffeine.bench.soak.Soak;
import caffeine.bench.soak.SoakFailure;
import caffeine.bench.soak.SoakReport;
import caffeine.bench.soak.SoakSettings;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engines.Engines;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The {@code bench/run} command. */
@Command(
        name = "bench/run",
        description = {
            "Measures Caffeine beside the other servers of this machine: lighttpd with mod_cgi,"
                    + " Apache with mod_cgid, nginx with fcgiwrap; without scripts (hello) nginx"
                    + " and other Java servers. Nothing is installed; what is missing is named"
                    + " and left out.",
            ""
        },
        synopsisSubcommandLabel =
                "(scripts | start | memory | hello | engines | websocket | files | all | soak |"
                        + " slow | jmh)",
        sortOptions = false,
        mixinStandardHelpOptions = false)
final class Bench {

    /** The root of the repository; {@code bench/run} says where that is. */
    private static final Path HOME =
            Path.of(System.getProperty("caffeine.home", ".")).toAbsolutePath().normalize();

    @CommandLine.Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = CommandLine.ScopeType.INHERIT,
            description = "print this and end")
    boolean help;

    private Bench() {}

    public static void main(String[] args) {
        CommandLine command =
                new CommandLine(new Bench()).setCaseInsensitiveEnumValuesAllowed(true);
        Objects.requireNonNull(command.getSubcommands().get("jmh"))
                .setUnmatchedOptionsArePositionalParams(true);
        command.setExecutionExceptionHandler(
                (e, _, _) -> {
                    if (!(e instanceof IOException)) {
                        throw e;
                    }
                    System.err.println("bench: " + e.getMessage());
                    return CommandLine.ExitCode.SOFTWARE;
                });
        System.exit(command.execute(args));
    }

    @Command(
            sortOptions = false,
            description = "scripts under load: rate, latency, CPU, system calls, memory")
    void scripts(@Mixin Settings settings) throws IOException, InterruptedException {
        try (Session session = Session.forScripts(HOME, settings)) {
            print(settings.json, session.circumstances(), runScripts(session, settings));
        }
    }

    @Command(
            sortOptions = false,
            description = "from the command to the first answer; --help and --version")
    void start(@Mixin Settings settings) throws IOException, InterruptedException {
        try (Session session = Session.forScripts(HOME, settings)) {
            print(settings.json, session.circumstances(), new StartBench(session, settings).run());
        }
    }

    @Command(sortOptions = false, description = "memory of every process after many requests")
    void memory(@Mixin Settings settings) throws IOException, InterruptedException {
        try (Session session = Session.forScripts(HOME, settings)) {
            print(settings.json, session.circumstances(), new MemoryBench(session, settings).run());
        }
    }

    @Command(
            sortOptions = false,
            description =
                    "without scripts, beside nginx and Java servers: rate, latency, CPU, memory,"
                            + " system calls, allocation")
    void hello(@Mixin HelloSettings settings) throws IOException, InterruptedException {
        try (Session session = Session.forHello(HOME, settings)) {
            print(settings.json, session.circumstances(), runHello(session, settings));
        }
    }

    @Command(
            sortOptions = false,
            description =
                    "our engines beside each other and nginx: rate, CPU, latency at a constant"
                            + " rate, system calls, context switches, memory; not part of all")
    void engines(@Mixin EnginesSettings settings) throws IOException, InterruptedException {
        try (Session session = Session.forEngines(HOME, settings)) {
            EnginesReport report = new EnginesBench(session, settings).run();
            Map<String, Object> circumstances = session.circumstances();
            if (settings.write) {
                EnginesPage.write(HOME.resolve("docs"), words(circumstances), report);
                session.progress("docs/engines.md and docs/engines.svg are written");
            }
            print(settings.json, circumstances, report);
        }
    }

    @Command(
            sortOptions = false,
            description =
                    "WebSocket beside Helidon, Undertow, Jetty and npm's ws: messages that come"
                            + " back, messages to many connections, memory of idle connections,"
                            + " scripts; not part of all")
    void websocket(@Mixin WebSocketSettings settings) throws IOException, InterruptedException {
        try (Session session = Session.forWebSocket(HOME, settings)) {
            WebSocketReport report = new WebSocketBench(session, settings).run();
            Map<String, Object> circumstances = session.circumstances();
            if (settings.write) {
                WebSocketReport.page(HOME.resolve("docs"))
                        .write(words(circumstances), report.text());
                session.progress("docs/websocket.md is written");
            }
            print(settings.json, circumstances, report);
        }
    }

    @Command(
            sortOptions = false,
            description =
                    "files beside nginx and lighttpd: small, large and many, and those that the"
                            + " client has; not part of all")
    void files(@Mixin FilesSettings settings) throws IOException, InterruptedException {
        try (Session session = Session.forFiles(HOME, settings)) {
            FilesReport report = new FilesBench(session, settings).run();
            Map<String, Object> circumstances = session.circumstances();
            if (settings.write) {
                FilesReport.page(HOME.resolve("docs")).write(words(circumstances), report.text());
                session.progress("docs/files.md is written");
            }
            print(settings.json, circumstances, report);
        }
    }

    @Command(
            sortOptions = false,
            description =
                    "a mix of requests and faults for a long time: every byte is compared, and"
                            + " nothing may leak; not part of all")
    int soak(@Mixin SoakSettings settings) throws IOException, InterruptedException {
        try (Session session = Session.forCaffeine(HOME)) {
            List<SoakReport> reports = new ArrayList<>();
            settings.check();
            for (String name : settings.engines) {
                EngineDescription engine = Objects.requireNonNull(Engines.named(name));
                reports.add(
                        new Soak(HOME, settings, engine, session.cleanup(), session::progress)
                                .run());
            }
            print(settings.json, session.circumstances(), reports.toArray());
            return CommandLine.ExitCode.OK;
        } catch (SoakFailure e) {
            System.err.println("bench: soak: " + e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        }
    }

    @Command(
            sortOptions = false,
            description =
                    "a quick client beside many that are slow on purpose (slowhttptest), on every"
                            + " engine and nginx; not part of all")
    void slow(@Mixin SlowSettings settings) throws IOException, InterruptedException {
        try (Session session = Session.forSlow(HOME, settings)) {
            print(settings.json, session.circumstances(), new SlowBench(session, settings).run());
        }
    }

    @Command(
            sortOptions = false,
            description = "scripts, start, memory and hello, one after the other")
    void all(@Mixin Settings settings) throws IOException, InterruptedException {
        Optional<HelloSettings> helloSettings = HelloSettings.of(settings);
        List<Object> reports = new ArrayList<>();
        Map<String, Object> circumstances = new LinkedHashMap<>();
        try (Session session = Session.forScripts(HOME, settings)) {
            reports.add(runScripts(session, settings));
            reports.add(new StartBench(session, settings).run());
            reports.add(new MemoryBench(session, settings).run());
            circumstances.putAll(session.circumstances());
        }
        if (helloSettings.isPresent()) {
            try (Session session = Session.forHello(HOME, helloSettings.get())) {
                reports.add(runHello(session, helloSettings.get()));
                session.circumstances()
                        .forEach((name, value) -> circumstances.merge(name, value, Bench::both));
            }
        }
        print(settings.json, circumstances, reports.toArray());
    }

    @Command(
            sortOptions = false,
            description =
                    "the codec beside Netty's, by JMH; takes JMH's own options (jmh -- -h shows"
                            + " them), and without any shows allocations too (-prof gc)")
    void jmh(@Parameters(paramLabel = "JMH-OPTION", arity = "0..*") List<String> arguments)
            throws IOException {
        List<String> given = arguments == null ? List.of() : arguments;
        org.openjdk.jmh.Main.main(
                given.isEmpty() ? new String[] {"-prof", "gc"} : given.toArray(String[]::new));
    }

    /** What was found in two sessions. */
    private static Object both(Object first, Object second) {
        if (first instanceof List<?> list && second instanceof List<?> other) {
            return Stream.concat(list.stream(), other.stream()).distinct().toList();
        }
        if (first instanceof Map<?, ?> map && second instanceof Map<?, ?> other) {
            Map<Object, Object> merged = new LinkedHashMap<>(map);
            merged.putAll(other);
            return merged;
        }
        return first;
    }

    private static HelloReport runHello(Session session, HelloSettings settings)
            throws IOException, InterruptedException {
        HelloReport report = new HelloBench(session, settings).run();
        if (!report.charted().isEmpty()) {
            draw(
                    session,
                    settings.chart == null
                            ? HOME.resolve("bench/target/hello.png")
                            : settings.chart,
                    "Requests answered for the CPU time that nginx takes for one",
                    report.charted(),
                    report.requestsForCpuOfNginx());
        }
        return report;
    }

    private static void draw(
            Session session,
            Path chart,
            String title,
            List<String> workloads,
            Map<String, List<Double>> ratios) {
        try {
            RatioChart.write(chart, title, workloads, ratios);
            session.progress("the chart is in %s".formatted(chart));
        } catch (IOException | LinkageError | RuntimeException e) {
            // Drawing needs fonts, which a server's JDK may not have.
            session.progress("no chart: %s".formatted(e));
        }
    }

    private static ScriptsReport runScripts(Session session, Settings settings)
            throws IOException, InterruptedException {
        ScriptsReport report = new ScriptsBench(session, settings).run();
        draw(
                session,
                settings.chart == null ? HOME.resolve("bench/target/scripts.png") : settings.chart,
                "Requests per second; the best other server is 1",
                report.rated(),
                report.ratios());
        return report;
    }

    private static void print(boolean json, Map<String, Object> circumstances, Object... reports) {
        if (json) {
            Map<String, Object> all = new LinkedHashMap<>(circumstances);
            for (Object report : reports) {
                all.put(nameOf(report), report);
            }
            System.out.println(Json.of(all));
            return;
        }
        System.out.print(words(circumstances));
        for (Object report : reports) {
            System.out.print(textOf(report));
        }
    }

    private static String words(Map<String, Object> circumstances) {
        StringBuilder text = new StringBuilder();
        circumstances.forEach(
                (name, value) ->
                        text.append(name.replace("leftOut", "left out"))
                                .append(": ")
                                .append(words(value))
                                .append('\n'));
        return text.toString();
    }

    private static String words(Object value) {
        return switch (value) {
            case List<?> list ->
                    list.stream().map(Object::toString).collect(Collectors.joining("; "));
            case Map<?, ?> map when map.isEmpty() -> "nothing";
            case Map<?, ?> map ->
                    map.entrySet().stream()
                            .map(entry -> entry.getKey() + ": " + entry.getValue())
                            .collect(Collectors.joining("; "));
            default -> value.toString();
        };
    }

    private static String nameOf(Object report) {
        return switch (report) {
            case ScriptsReport _ -> "scripts";
            case StartBench.Report _ -> "start";
            case MemoryBench.Report _ -> "memory";
            case HelloReport _ -> "hello";
            case SoakReport r -> "soak " + r.engine();
            case SlowBench.Report _ -> "slow";
            case EnginesReport _ -> "engines";
            case WebSocketReport _ -> "websocket";
            case FilesReport _ -> "files";
            default -> throw new IllegalArgumentException(report.toString());
        };
    }

    private static String textOf(Object report) {
        return switch (report) {
            case ScriptsReport r -> r.text();
            case StartBench.Report r -> r.text();
            case MemoryBench.Report r -> r.text();
            case HelloReport r -> r.text();
            case SoakReport r -> r.text();
            case SlowBench.Report r -> r.text();
            case EnginesReport r -> r.text();
            case WebSocketReport r -> r.text();
            case FilesReport r -> r.text();
            default -> throw new IllegalArgumentException(report.toString());
        };
    }
}
