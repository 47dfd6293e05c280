package caffeine.cli.options;

import caffeine.http.Limits;
import caffeine.http.Syntax;
import caffeine.http.websocket.OriginPolicy;
import caffeine.http.websocket.WebSocketLimits;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engine.StartException;
import caffeine.server.engines.Engines;
import caffeine.server.options.App;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ErrorPages;
import caffeine.server.options.FileOptions;
import caffeine.server.options.LogLevel;
import caffeine.server.options.LogOptions;
import caffeine.server.options.LogOptions.AccessFormat;
import caffeine.server.options.NetworkOptions;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.ServerOptions;
import caffeine.server.options.WebSocketOptions;

import org.jspecify.annotations.Nullable;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Turns the command line and the surroundings of the command into the settings of the server. */
public final class Configuration {

    private static final int MILLION = 1_000_000;
    private static final int SMALLEST_HEAD = 64;
    private static final long SECOND = 1_000_000_000;

    private final Arguments arguments;
    private final Surroundings surroundings;

    public Configuration(Arguments arguments, Surroundings surroundings) {
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
    public static EngineSettings read(Surroundings surroundings, String... words)
            throws UsageException, StartException {
        return new Configuration(Arguments.parse(words), surroundings).read();
    }

    /**
     * Reads all options.
     *
     * @throws UsageException for a value that an option cannot take, with all other mistakes
     * @throws StartException when the folder to serve cannot be served, or for values in a file
     */
    public EngineSettings read() throws UsageException, StartException {
        Arguments all = arguments.withFile(surroundings.home());
        return new Configuration(all, surroundings).readAll();
    }

    /**
     * Unreadable parts are replaced, so that the rest is read too; then all mistakes are reported.
     */
    private EngineSettings readAll() throws UsageException, StartException {
        NetworkOptions network = network();
        EngineDescription engine = engine();
        int size = size(engine);
        Map<String, String> choices = choices(engine);
        ServerLimits limits = limits();
        Deadlines deadlines = deadlines();
        WebSocketOptions webSocket = webSocket();
        LogOptions log = log();
        FileOptions files = files();
        App app = app(files);
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
                        ? ScriptOptions.NONE.withRoutes(routes)
                        : new ScriptOptions(
                                folder,
                                arguments.has(Option.CGI),
                                variables,
                                arguments.has(Option.PASS_AUTHORIZATION),
                                interpreters,
                                routes);
        return new EngineSettings(
                engine,
                new ServerOptions(
                        network,
                        limits,
                        deadlines,
                        app,
                        scripts,
                        log,
                        errorPages,
                        "",
                        webSocket,
                        files,
                        arguments.has(Option.COMPRESS)),
                size,
                choices,
                privileges,
                surroundings);
    }

    /** The chosen application; a folder of files alone needs no folder of scripts beside it. */
    private App app(FileOptions files) {
        App chosen = choice(Option.APP, App.class);
        boolean filesAlone =
                arguments.given(Option.APP) == null
                        && files.folder() != null
                        && arguments.given(Option.PATH) == null;
        if (filesAlone) {
            return App.FILES;
        }
        if (chosen == App.FILES && !arguments.has(Option.FILES)) {
            arguments.add(
                    new UsageException(
                            "--app files sends the files of a folder, and none is named; name it"
                                    + " with --files"));
        }
        return chosen;
    }

    private FileOptions files() {
        String given = arguments.given(Option.FILES);
        Path folder = given == null ? null : folder(Option.FILES, given);
        List<String> index = new ArrayList<>();
        List<String> names = arguments.values(Option.INDEX);
        for (String text : names.isEmpty() ? List.of(arguments.value(Option.INDEX)) : names) {
            for (String each : text.split(",", -1)) {
                if (arguments.read(false, () -> isIndex(each.strip()))) {
                    index.add(each.strip());
                }
            }
        }
        Map<String, String> types = new HashMap<>();
        for (String text : arguments.values(Option.TYPE)) {
            int equals = text.indexOf('=');
            if (arguments.read(false, () -> isType(text))) {
                types.put(
                        text.substring(text.startsWith(".") ? 1 : 0, equals),
                        text.substring(equals + 1));
            }
        }
        String root = arguments.given(Option.SENDFILE_ROOT);
        Path sendfileRoot = root == null ? null : folder(Option.SENDFILE_ROOT, root);
        return new FileOptions(
                folder, sendfileRoot, index, arguments.has(Option.LISTING), types, "");
    }

    private static boolean isIndex(String name) throws UsageException {
        if (name.isEmpty() || name.startsWith(".") || name.indexOf('/') >= 0) {
            throw new UsageException(
                    Option.INDEX,
                    name,
                    "is not the name of a file that can be sent",
                    "give names as in index.html, which neither begin with a dot nor have a slash");
        }
        return true;
    }

    private static boolean isType(String text) throws UsageException {
        int equals = text.indexOf('=');
        String ending = text.substring(text.startsWith(".") ? 1 : 0, Math.max(equals, 0));
        String type = text.substring(equals + 1);
        boolean isEnding = !ending.isEmpty() && !ending.contains(".") && !ending.contains("/");
        int slash = type.indexOf('/');
        if (!isEnding || slash < 1 || slash == type.length() - 1 || !Syntax.isFieldValue(type)) {
            throw new UsageException(
                    Option.TYPE,
                    text,
                    "is not an ending with its media type",
                    "give both as in webp=image/webp");
        }
        return true;
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
        if (arguments.has(Option.WS_BINARY)) {
            settings.put(RouteSetting.WS_BINARY, true);
        }
        String reject = RouteSetting.ENCODED_SLASH.words.getFirst();
        String slash = choice(Option.ENCODED_SLASH);
        if (!slash.equals(reject)) {
            settings.put(RouteSetting.ENCODED_SLASH, slash);
        }
        return new RouteOptions("", settings);
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
    private EngineDescription engine() {
        EngineDescription chosen = Engines.named(arguments.value(Option.ENGINE));
        if (chosen == null) {
            arguments.add(
                    new UsageException(
                            Option.ENGINE,
                            arguments.value(Option.ENGINE),
                            "is not an engine",
                            "give one of "
                                    + Engines.names()
                                    + "; caffeine --engines explains them"));
            return Engines.DEFAULT;
        }
        for (Option option : Option.values()) {
            if (arguments.isWhole() && arguments.isOnCommandLine(option) && !option.isOf(chosen)) {
                arguments.add(
                        new UsageException(
                                option.longName()
                                        + " has no effect on the engine "
                                        + chosen.name()
                                        + instead(option, chosen)
                                        + "; leave it out, or choose another with --engine"
                                        + " (caffeine --engines explains them)"));
            }
        }
        return chosen;
    }

    /** The option for the size of an engine, beside one for the size of another. */
    private static String instead(Option option, EngineDescription engine) {
        EngineOption size = engine.size();
        boolean isSize = Engines.ALL.stream().anyMatch(option::isSizeOf);
        return isSize && size != null ? ", whose size is " + Option.of(size).longName() : "";
    }

    private int size(EngineDescription engine) {
        EngineOption counted = engine.size();
        return counted == null ? 1 : number(counted, engine);
    }

    private int number(EngineOption counted, EngineDescription engine) {
        Option option = Option.of(counted);
        if (option.byDefault == null && arguments.given(option) == null) {
            int threads = engine.threadsPerProcessor() * surroundings.processors();
            return Math.min(threads, counted.most());
        }
        return count(option, 1, counted.most());
    }

    /** The engine's options other than its size. */
    private Map<String, String> choices(EngineDescription engine) {
        Map<String, String> choices = new HashMap<>();
        for (EngineOption each : engine.options()) {
            if (each.isSwitch()) {
                boolean isOff = arguments.has(Option.of(each));
                choices.put(each.name(), isOff ? EngineOption.OFF : EngineOption.ON);
            } else if (each.isNumber() && !each.equals(engine.size())) {
                choices.put(each.name(), Integer.toString(number(each, engine)));
            } else if (!each.isNumber()) {
                choices.put(each.name(), choice(Option.of(each)));
            }
        }
        return choices;
    }

    /** One of an option's words, as it is written there; in any case here. */
    private String choice(Option option) {
        String text = arguments.value(option);
        for (String choice : option.choices()) {
            if (choice.equalsIgnoreCase(text)) {
                return choice;
            }
        }
        String all = String.join(", ", option.choices());
        int last = all.lastIndexOf(", ");
        String advice = "give " + all.substring(0, last) + " or " + all.substring(last + 2);
        arguments.add(new UsageException(option, text, "is not one of its values", advice));
        return option.choices().getFirst();
    }

    private <E extends Enum<E>> E choice(Option option, Class<E> type) {
        return Enum.valueOf(type, choice(option).toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    /**
     * The folder, or null when it cannot be served. The default folder is created only if
     * everything else is right.
     */
    private @Nullable Path servedFolder() {
        String given = arguments.given(Option.PATH);
        return given == null && !arguments.mistakes().isEmpty() ? null : folder(Option.PATH, given);
    }

    private @Nullable Path folder(Option option, @Nullable String given) {
        boolean serves = !arguments.has(Option.CHECK) && !arguments.has(Option.TRY);
        try {
            return new ServedFolder(option, surroundings, serves).find(given);
        } catch (StartException e) {
            String text = String.valueOf(e.getMessage());
            String prefix = option.longName() + ": ";
            String rest = text.startsWith(prefix) ? text.substring(prefix.length()) : text;
            if (!arguments.locate(option, given == null ? "" : given, rest)) {
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

    private WebSocketOptions webSocket() {
        WebSocketOptions usual = WebSocketOptions.DEFAULT;
        return new WebSocketOptions(
                origins(),
                usual.subprotocols(),
                arguments.has(Option.WS_COMPRESS),
                (int) bytes(Option.MAX_MESSAGE, 1, WebSocketLimits.LARGEST_MESSAGE_BYTES),
                count(Option.MAX_FRAGMENTS, 1, MILLION),
                usual.queueBytes(),
                time(Option.WS_PING, true),
                time(Option.WS_PONG_TIMEOUT, false));
    }

    private List<String> origins() {
        List<String> all = new ArrayList<>();
        for (String text : arguments.values(Option.WS_ORIGIN)) {
            for (String each : text.split(",", -1)) {
                String host = each.strip();
                if (arguments.read(false, () -> isOrigin(host))) {
                    all.add(host);
                }
            }
        }
        return all.contains("*") ? List.of("*") : all;
    }

    private static boolean isOrigin(String host) throws UsageException {
        try {
            OriginPolicy _ = OriginPolicy.of(List.of(host));
            return true;
        } catch (IllegalArgumentException _) {
            throw new UsageException(
                    Option.WS_ORIGIN,
                    host,
                    "names no host",
                    "give hosts as in example.org, example.org:8443 or https://example.org, or *"
                            + " for all");
        }
    }

    private LogOptions log() {
        AccessFormat format = choice(Option.ACCESS_FORMAT, AccessFormat.class);
        LogLevel level = choice(Option.LOG_LEVEL, LogLevel.class);
        Path file = arguments.read(null, this::accessFile);
        return LogOptions.of(level).withAccess(file, format);
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
