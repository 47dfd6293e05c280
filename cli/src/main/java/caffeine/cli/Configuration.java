package caffeine.cli;

import caffeine.http.Limits;
import caffeine.server.App;
import caffeine.server.Deadlines;
import caffeine.server.ErrorPages;
import caffeine.server.LogLevel;
import caffeine.server.LogOptions;
import caffeine.server.NetworkOptions;
import caffeine.server.RouteOptions;
import caffeine.server.ScriptOptions;
import caffeine.server.ServerLimits;
import caffeine.server.ServerOptions;
import caffeine.server.engine.StartException;
import caffeine.server.sharded.ShardedOptions.Accept;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Makes of the command line, and of what surrounds the command, what the server is told. */
final class Configuration {

    private static final int MILLION = 1_000_000;
    private static final int MOST_PARTS = 256;
    private static final int SMALLEST_HEAD = 64;

    private final Arguments arguments;
    private final Surroundings surroundings;

    Configuration(Arguments arguments, Surroundings surroundings) {
        this.arguments = arguments;
        this.surroundings = surroundings;
    }

    /**
     * What the words of a command line, and the file that they name, say now: for the start, and
     * for every time that the configuration is read again. Reads and checks; nothing is changed but
     * that the default folder is made when it is missing.
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
     * @throws UsageException for a value that an option cannot take
     * @throws StartException when the folder to serve cannot be served, or for a value in a file
     */
    EngineSettings read() throws UsageException, StartException {
        Arguments all = arguments.withFile(surroundings.home());
        try {
            return new Configuration(all, surroundings).readAll();
        } catch (UsageException e) {
            all.locate(e);
            throw e;
        }
    }

    private EngineSettings readAll() throws UsageException, StartException {
        // Mistakes of the command line come first: no folder is made for a command that cannot run.
        NetworkOptions network =
                HandedSocket.in(surroundings.environment()).instead(Network.read(arguments));
        EngineKind engine = engine();
        int size = size(engine);
        Accept accept = accept();
        ServerLimits limits = limits();
        Deadlines deadlines = deadlines();
        LogOptions log = log();
        App app = app();
        ScriptEnvironment environment = new ScriptEnvironment(surroundings.environment());
        Map<String, String> variables = environment.of(arguments.values(Option.PASS_ENV));
        var interpreters = Interpreters.of(arguments.values(Option.INTERPRETER));
        List<RouteOptions> routes = Routes.of(arguments.file(), environment);
        ErrorPages errorPages = Pages.of(arguments.file());
        ScriptOptions scripts =
                app == App.SCRIPTS
                        ? new ScriptOptions(
                                servedFolder(),
                                arguments.has(Option.CGI),
                                variables,
                                arguments.has(Option.PASS_AUTHORIZATION),
                                interpreters,
                                routes)
                        : ScriptOptions.NONE;
        Privileges privileges = Privileges.read(arguments);
        Privileges.check(privileges, scripts.routes());
        return new EngineSettings(
                engine,
                new ServerOptions(network, limits, deadlines, app, scripts, log, errorPages),
                size,
                accept,
                privileges,
                surroundings);
    }

    /**
     * The engine. The command line has no options of another one beside it; a file may have them,
     * to be one for several engines.
     */
    private EngineKind engine() throws UsageException {
        EngineKind chosen = EngineKind.of(arguments.value(Option.ENGINE));
        for (Option option : Option.values()) {
            if (arguments.has(option) && !chosen.takes(option)) {
                throw new UsageException(
                        option.longName()
                                + " means nothing to the engine "
                                + chosen.title()
                                + "; leave it out, or choose another with --engine (caffeine"
                                + " --engines explains them)");
            }
        }
        return chosen;
    }

    private int size(EngineKind engine) throws UsageException {
        if (engine.size.byDefault == null && arguments.given(engine.size) == null) {
            return Math.min(surroundings.processors(), MOST_PARTS);
        }
        return count(engine.size, 1, MOST_PARTS);
    }

    private Accept accept() throws UsageException {
        String text = arguments.value(Option.ACCEPT);
        return switch (text) {
            case "reuseport" -> Accept.REUSEPORT;
            case "assign" -> Accept.ASSIGN;
            default ->
                    throw new UsageException(
                            Option.ACCEPT, text, "is no way to accept", "give reuseport or assign");
        };
    }

    private Path servedFolder() throws StartException {
        String given = arguments.given(Option.PATH);
        boolean serves = !arguments.has(Option.CHECK) && !arguments.has(Option.TRY);
        try {
            return new ServedFolder(surroundings, serves).find(given);
        } catch (StartException e) {
            String text = String.valueOf(e.getMessage());
            String prefix = Option.PATH.longName() + ": ";
            arguments.locate(
                    Option.PATH,
                    given == null ? "" : given,
                    text.startsWith(prefix) ? text.substring(prefix.length()) : text);
            throw e;
        }
    }

    private ServerLimits limits() throws UsageException {
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
                (int) bytes(Option.MIN_RATE, 0, Integer.MAX_VALUE));
    }

    private Deadlines deadlines() throws UsageException {
        return new Deadlines(
                time(Option.HEAD_TIMEOUT, false),
                time(Option.CONTENT_TIMEOUT, false),
                time(Option.IDLE_TIMEOUT, false),
                time(Option.SEND_TIMEOUT, false),
                time(Option.HANDLER_TIMEOUT, true),
                time(Option.GRACE, true));
    }

    private App app() throws UsageException {
        String text = arguments.value(Option.APP);
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "scripts" -> App.SCRIPTS;
            case "hello" -> App.HELLO;
            case "echo" -> App.ECHO;
            default ->
                    throw new UsageException(
                            Option.APP, text, "is no app", "give scripts, hello or echo");
        };
    }

    private LogOptions log() throws UsageException {
        String access = arguments.given(Option.ACCESS_LOG);
        String format = arguments.value(Option.ACCESS_FORMAT);
        LogOptions.AccessFormat chosen =
                switch (format.toLowerCase(Locale.ROOT)) {
                    case "combined" -> LogOptions.AccessFormat.COMBINED;
                    case "json" -> LogOptions.AccessFormat.JSON;
                    default ->
                            throw new UsageException(
                                    Option.ACCESS_FORMAT,
                                    format,
                                    "is no format of an access log",
                                    "give combined or json");
                };
        if (access != null && access.isEmpty()) {
            throw new UsageException(
                    Option.ACCESS_LOG, access, "names no file", "give a file, or - for the output");
        }
        Path file = access == null || access.equals("-") ? null : absolute(access);
        return LogOptions.of(logLevel())
                .withAccess("-".equals(access) ? LogOptions.STANDARD_OUTPUT : file, chosen);
    }

    /** Wherever this process goes, the file stays the same one. */
    private static Path absolute(String file) throws UsageException {
        try {
            return Path.of(file).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw new UsageException(
                    Option.ACCESS_LOG, file, "is no path here: " + e.getReason(), "give another");
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
                            "is no log level",
                            "give DEBUG, INFO, WARN or ERROR");
        };
    }

    private int count(Option option, int least, int most) throws UsageException {
        return Values.count(option, arguments.value(option), least, most);
    }

    private long bytes(Option option, long least, long most) throws UsageException {
        return Values.bytes(option, arguments.value(option), least, most);
    }

    private long time(Option option, boolean zeroAllowed) throws UsageException {
        return Values.nanoseconds(option, arguments.value(option), zeroAllowed);
    }
}
