package caffeine.cli;

import caffeine.http.Limits;
import caffeine.server.engine.StartException;
import caffeine.server.options.App;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ErrorPages;
import caffeine.server.options.LogLevel;
import caffeine.server.options.LogOptions;
import caffeine.server.options.NetworkOptions;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.ServerOptions;
import caffeine.server.sharded.ShardedOptions.Accept;

import org.jspecify.annotations.Nullable;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Turns the command line and the surroundings of the command into the settings of the server. */
final class Configuration {

    private static final int MILLION = 1_000_000;
    private static final int MOST_PARTS = 256;
    private static final int SMALLEST_HEAD = 64;
    private static final long SECOND = 1_000_000_000;

    private final Arguments arguments;
    private final Surroundings surroundings;

    Configuration(Arguments arguments, Surroundings surroundings) {
        this.arguments = arguments;
        this.surroundings = surroundings;
    }

    /**
     * Reads the command line and its file as they are now: at the start, and at each reload. Only
     * the default folder is created when it is missing; nothing else changes.
     *
     * @throws UsageException for a mistake in the words
     * @throws StartException when the file cannot be read, for a mistake in it, and when the folder
     *     to serve cannot be served
     */
    static EngineSettings read(Surroundings surroundings, String... words)
            throws UsageException, StartException {
        return new Configuration(Arguments.parse(words), surroundings).read();
    }

    /**
     * Reads all options.
     *
     * @throws UsageException for a value that an option cannot take, with all other mistakes
     * @throws StartException when the folder to serve cannot be served, or for values in a file
     */
    EngineSettings read() throws UsageException, StartException {
        Arguments all = arguments.withFile(surroundings.home());
        return new Configuration(all, surroundings).readAll();
    }

    /**
     * Unreadable parts are replaced, so that the rest is read too; then all mistakes are reported.
     */
    private EngineSettings readAll() throws UsageException, StartException {
        NetworkOptions network = network();
        EngineKind engine = engine();
        int size = size(engine);
        Accept accept = arguments.read(Accept.REUSEPORT, () -> accept(engine));
        ServerLimits limits = limits();
        Deadlines deadlines = deadlines();
        LogOptions log = log();
        App app = arguments.read(App.SCRIPTS, this::app);
        ScriptEnvironment environment =
                new ScriptEnvironment(surroundings.environment())
                        .with(arguments.values(Option.ENV), arguments::add);
        Map<String, String> variables =
                environment.of(arguments.values(Option.PASS_ENV), arguments::add);
        var interpreters = Interpreters.of(arguments.values(Option.INTERPRETER), arguments::add);
        List<RouteOptions> routes =
                Routes.within(everywhere(), Routes.of(arguments.file(), environment));
        ErrorPages errorPages = Pages.of(arguments.file());
        Privileges privileges = arguments.read(null, () -> Privileges.read(arguments));
        if (app == App.SCRIPTS) {
            routes.forEach(route -> check(privileges, route));
        }
        Path folder = app == App.SCRIPTS ? servedFolder() : null;
        arguments.mistakes().check();
        ScriptOptions scripts =
                folder == null
                        ? ScriptOptions.NONE
                        : new ScriptOptions(
                                folder,
                                arguments.has(Option.CGI),
                                variables,
                                arguments.has(Option.PASS_AUTHORIZATION),
                                interpreters,
                                routes);
        return new EngineSettings(
                engine,
                new ServerOptions(network, limits, deadlines, app, scripts, log, errorPages),
                size,
                accept,
                privileges,
                surroundings);
    }

    /** The options that a route can override. */
    private RouteOptions everywhere() {
        Map<RouteSetting, Object> settings = new EnumMap<>(RouteSetting.class);
        if (arguments.has(Option.STRICT_EXIT)) {
            settings.put(RouteSetting.EXIT_STATUS, "strict");
        }
        long quietNs = time(Option.OUTPUT_QUIET, true);
        if (quietNs != ScriptOptions.OUTPUT_QUIET_NS) {
            settings.put(RouteSetting.OUTPUT_QUIET, quietNs);
        }
        if (arguments.has(Option.FOLLOW_LINKS)) {
            settings.put(RouteSetting.FOLLOW_LINKS, true);
        }
        String reject = RouteSetting.ENCODED_SLASH.words.getFirst();
        String slash = arguments.read(reject, this::encodedSlash);
        if (!slash.equals(reject)) {
            settings.put(RouteSetting.ENCODED_SLASH, slash);
        }
        return new RouteOptions("", settings);
    }

    private String encodedSlash() throws UsageException {
        String text = arguments.value(Option.ENCODED_SLASH);
        if (!RouteSetting.ENCODED_SLASH.words.contains(text)) {
            throw new UsageException(
                    Option.ENCODED_SLASH,
                    text,
                    "is not a way to treat it",
                    "give reject, decode or keep");
        }
        return text;
    }

    private NetworkOptions network() {
        NetworkOptions said = Network.read(arguments);
        HandedSocket handed = HandedSocket.in(surroundings.environment());
        return arguments.read(said, () -> handed.instead(said));
    }

    private void check(@Nullable Privileges privileges, RouteOptions route) {
        arguments.read(
                null,
                () -> {
                    Privileges.check(privileges, route);
                    return null;
                });
    }

    /**
     * The engine. The command line has no options of another one beside it; a file may have them,
     * to be one for several engines.
     */
    private EngineKind engine() {
        EngineKind chosen =
                arguments.read(null, () -> EngineKind.of(arguments.value(Option.ENGINE)));
        if (chosen == null) {
            return EngineKind.PREFORK;
        }
        for (Option option : Option.values()) {
            if (arguments.isWhole() && arguments.has(option) && !chosen.takes(option)) {
                arguments.add(
                        new UsageException(
                                option.longName()
                                        + " has no effect on the engine "
                                        + chosen.title()
                                        + "; leave it out, or choose another with --engine"
                                        + " (caffeine --engines explains them)"));
            }
        }
        return chosen;
    }

    private int size(EngineKind engine) {
        if (engine.size.byDefault == null && arguments.given(engine.size) == null) {
            return Math.min(surroundings.processors(), MOST_PARTS);
        }
        return count(engine.size, 1, MOST_PARTS);
    }

    private Accept accept(EngineKind engine) throws UsageException {
        String text = arguments.value(Option.ACCEPT);
        if (!engine.takes(Option.ACCEPT) && arguments.saysItself(Option.ACCEPT)) {
            return Accept.REUSEPORT; // That it is there is the mistake, whatever it says.
        }
        return switch (text) {
            case "reuseport" -> Accept.REUSEPORT;
            case "assign" -> Accept.ASSIGN;
            default ->
                    throw new UsageException(
                            Option.ACCEPT,
                            text,
                            "is not an accept mode",
                            "give reuseport or assign");
        };
    }

    /**
     * The folder, or null when it cannot be served. The default folder is created only if
     * everything else is right.
     */
    private @Nullable Path servedFolder() {
        String given = arguments.given(Option.PATH);
        if (given == null && !arguments.mistakes().isEmpty()) {
            return null;
        }
        boolean serves = !arguments.has(Option.CHECK) && !arguments.has(Option.TRY);
        try {
            return new ServedFolder(surroundings, serves).find(given);
        } catch (StartException e) {
            String text = String.valueOf(e.getMessage());
            String prefix = Option.PATH.longName() + ": ";
            String rest = text.startsWith(prefix) ? text.substring(prefix.length()) : text;
            if (!arguments.locate(Option.PATH, given == null ? "" : given, rest)) {
                arguments.mistakes().add(e);
            }
            return null;
        }
    }

    private ServerLimits limits() {
        int largestHead = Limits.LARGEST_HEAD_LIMIT;
        Limits http =
                new Limits(
                        (int) bytes(Option.MAX_REQUEST_LINE, SMALLEST_HEAD, largestHead),
                        (int) bytes(Option.MAX_FIELD_SECTION, SMALLEST_HEAD, largestHead),
                        count(Option.MAX_FIELDS, 1, MILLION),
                        bytes(Option.MAX_BODY, 0, Long.MAX_VALUE),
                        Limits.DEFAULTS.chunkExtensionBytes());
        return new ServerLimits(
                http,
                count(Option.MAX_CONNECTIONS, 1, MILLION),
                count(Option.MAX_CONNECTIONS_PER_ADDRESS, 0, MILLION),
                count(Option.MAX_REQUESTS, 0, Integer.MAX_VALUE),
                count(Option.MAX_HANDLERS, 1, MILLION),
                count(Option.MAX_QUEUE, 0, MILLION),
                (int) bytes(Option.MIN_RATE, 0, Integer.MAX_VALUE),
                (int) bytes(Option.MIN_SEND_RATE, 0, Integer.MAX_VALUE),
                bytes(Option.MAX_SPOOL, 0, Long.MAX_VALUE),
                bytes(Option.MAX_SPOOL_TOTAL, 0, Long.MAX_VALUE));
    }

    private Deadlines deadlines() {
        return new Deadlines(
                time(Option.HEAD_TIMEOUT, false),
                time(Option.CONTENT_TIMEOUT, false),
                time(Option.IDLE_TIMEOUT, false),
                time(Option.SEND_TIMEOUT, false),
                time(Option.HANDLER_TIMEOUT, true),
                time(Option.GRACE, true),
                time(Option.LINGER, false));
    }

    private App app() throws UsageException {
        String text = arguments.value(Option.APP);
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "scripts" -> App.SCRIPTS;
            case "hello" -> App.HELLO;
            case "echo" -> App.ECHO;
            default ->
                    throw new UsageException(
                            Option.APP, text, "is not an app", "give scripts, hello or echo");
        };
    }

    private LogOptions log() {
        LogOptions.AccessFormat format =
                arguments.read(LogOptions.AccessFormat.COMBINED, this::accessFormat);
        LogLevel level = arguments.read(LogLevel.INFO, this::logLevel);
        Path file = arguments.read(null, this::accessFile);
        return LogOptions.of(level).withAccess(file, format);
    }

    private LogOptions.AccessFormat accessFormat() throws UsageException {
        String text = arguments.value(Option.ACCESS_FORMAT);
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "combined" -> LogOptions.AccessFormat.COMBINED;
            case "json" -> LogOptions.AccessFormat.JSON;
            default ->
                    throw new UsageException(
                            Option.ACCESS_FORMAT,
                            text,
                            "is not an access log format",
                            "give combined or json");
        };
    }

    private @Nullable Path accessFile() throws UsageException {
        String text = arguments.given(Option.ACCESS_LOG);
        if (text == null) {
            return null;
        }
        if (text.isEmpty()) {
            throw new UsageException(
                    Option.ACCESS_LOG, text, "names no file", "give a file, or - for the output");
        }
        if (!text.equals("-")) {
            return absolute(text);
        }
        if (arguments.has(Option.DAEMON)) {
            throw new UsageException(
                    Option.ACCESS_LOG,
                    text,
                    "is standard output, which a daemon does not have",
                    "give a file");
        }
        return LogOptions.STANDARD_OUTPUT;
    }

    /** Absolute, so that a change of the working directory does not matter. */
    private static Path absolute(String file) throws UsageException {
        try {
            return Path.of(file).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw new UsageException(
                    Option.ACCESS_LOG,
                    file,
                    "cannot be used as a path: " + e.getReason(),
                    "give another");
        }
    }

    private LogLevel logLevel() throws UsageException {
        String text = arguments.value(Option.LOG_LEVEL);
        return switch (text.toUpperCase(Locale.ROOT)) {
            case "DEBUG" -> LogLevel.DEBUG;
            case "INFO" -> LogLevel.INFO;
            case "WARN" -> LogLevel.WARN;
            case "ERROR" -> LogLevel.ERROR;
            default ->
                    throw new UsageException(
                            Option.LOG_LEVEL,
                            text,
                            "is not a log level",
                            "give DEBUG, INFO, WARN or ERROR");
        };
    }

    private int count(Option option, int least, int most) {
        return arguments.read(
                least, () -> Values.count(option, arguments.value(option), least, most));
    }

    private long bytes(Option option, long least, long most) {
        return arguments.read(
                least, () -> Values.bytes(option, arguments.value(option), least, most));
    }

    private long time(Option option, boolean zeroAllowed) {
        return arguments.read(
                SECOND, () -> Values.nanoseconds(option, arguments.value(option), zeroAllowed));
    }
}
