package caffeine.bench;

import caffeine.bench.report.Json;
import caffeine.bench.report.RatioChart;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** The {@code bench/run} command. */
@Command(
        name = "bench/run",
        description = {
            "Measures Caffeine beside the other servers of this machine: lighttpd with mod_cgi,"
                    + " Apache with mod_cgid, nginx with fcgiwrap. Nothing is installed; what is"
                    + " missing is named and left out.",
            ""
        },
        synopsisSubcommandLabel = "(scripts | start | memory | all | jmh)",
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
        try (Session session = new Session(HOME, settings)) {
            print(settings, session, runScripts(session, settings));
        }
    }

    @Command(
            sortOptions = false,
            description = "from the command to the first answer; --help and --version")
    void start(@Mixin Settings settings) throws IOException, InterruptedException {
        try (Session session = new Session(HOME, settings)) {
            print(settings, session, new StartBench(session, settings).run());
        }
    }

    @Command(sortOptions = false, description = "memory of every process after many requests")
    void memory(@Mixin Settings settings) throws IOException, InterruptedException {
        try (Session session = new Session(HOME, settings)) {
            print(settings, session, new MemoryBench(session, settings).run());
        }
    }

    @Command(sortOptions = false, description = "the three above, one after the other")
    void all(@Mixin Settings settings) throws IOException, InterruptedException {
        try (Session session = new Session(HOME, settings)) {
            print(
                    settings,
                    session,
                    runScripts(session, settings),
                    new StartBench(session, settings).run(),
                    new MemoryBench(session, settings).run());
        }
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

    private static ScriptsReport runScripts(Session session, Settings settings)
            throws IOException, InterruptedException {
        ScriptsReport report = new ScriptsBench(session, settings).run();
        Path chart =
                settings.chart == null ? HOME.resolve("bench/target/scripts.png") : settings.chart;
        try {
            RatioChart.write(
                    chart,
                    "Requests per second; the best other server is 1",
                    report.rated(),
                    report.ratios());
            session.progress("the chart is in %s".formatted(chart));
        } catch (IOException | LinkageError | RuntimeException e) {
            // Drawing needs fonts, which a server's JDK may not have.
            session.progress("no chart: %s".formatted(e));
        }
        return report;
    }

    private static void print(Settings settings, Session session, Object... reports)
            throws IOException {
        Map<String, Object> circumstances = session.circumstances();
        if (settings.json) {
            Map<String, Object> all = new LinkedHashMap<>(circumstances);
            for (Object report : reports) {
                all.put(nameOf(report), report);
            }
            System.out.println(Json.of(all));
            return;
        }
        circumstances.forEach(
                (name, value) ->
                        System.out.println(
                                name.replace("leftOut", "left out") + ": " + words(value)));
        for (Object report : reports) {
            System.out.print(textOf(report));
        }
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
            default -> throw new IllegalArgumentException(report.toString());
        };
    }

    private static String textOf(Object report) {
        return switch (report) {
            case ScriptsReport r -> r.text();
            case StartBench.Report r -> r.text();
            case MemoryBench.Report r -> r.text();
            default -> throw new IllegalArgumentException(report.toString());
        };
    }
}
