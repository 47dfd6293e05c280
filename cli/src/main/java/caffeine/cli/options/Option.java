package caffeine.cli.options;

import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engines.Engines;
import caffeine.server.options.App;
import caffeine.server.options.LogLevel;
import caffeine.server.options.LogOptions.AccessFormat;
import caffeine.server.options.RouteSetting;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;

/**
 * Every option of the command, in the order of its help: its names, its value, its default.
 *
 * <p>The default is the text that a user would write, and it is parsed in the same way: help and
 * behaviour cannot differ. A test compares them with the server's own defaults.
 */
public final class Option {

    /**
     * For each group, each option with its names, the placeholder of its value and its default, and
     * below that its description.
     */
    private static final String TABLE =
            """
            CONFIGURATION
            -c --config=FILE
                read options, routes and error pages from a TOML file; options of the command
                line win
            --check
                print what would be served, list every mistake, and exit

            SCRIPTS
            --app=APP [scripts]
                what answers requests; scripts: the folder of --path; files: that of --files;
                hello: Hello, World! for every request; echo: the content of the request;
                ws-echo: WebSocket at /echo, where each message comes back
            --path=FOLDER [~/.config/caffeine/]
                folder to serve; the default folder is created when it is missing
            --cgi
                treat every script as CGI/1.1, not only those below a cgi-bin folder and those
                that end in .cgi
            --strict-exit
                cut the response of a script that exits with a status other than 0, unless the
                script declared its length
            --pass-env=NAME[,NAME...]
                variables to pass to scripts from the environment of the server, in addition
                to PATH; may be repeated
            --env=NAME=VALUE
                variable to set for scripts; wins over --pass-env; may be repeated. Other
                users can read a command line: put secrets in the configuration file
            --pass-authorization
                pass Authorization and Proxy-Authorization to scripts
            --follow-links
                follow links that lead out of the folder, if root or the server's user owns
                every link, folder and file on the way, and no other user can write to them
            --compress
                compress the output of CGI scripts that is text and longer than 1 KiB (gzip)
                for clients that accept it; files have stored codings instead
            --encoded-slash=HOW [reject]
                how to treat %2F behind a script's name; reject: answer 400; decode: a slash
                in PATH_INFO; keep: %2F in PATH_INFO
            --interpreter=ENDING=COMMAND
                program that runs the files of an ending, in addition to py=python3, js=node,
                sh=sh, pl=perl, rb=ruby, php=php-cgi, lua=lua; may be repeated

            FILES
            --files=FOLDER
                folder of files to send at / where --path has nothing; without --path, no
                scripts are served; files below a folder static of --path are sent without it
            --index=NAME[,NAME...] [index.html]
                files that answer for their folder, the first one that exists
            --listing
                answer for a folder without an index with a page of its names
            --sendfile-root=FOLDER
                folder whose files CGI scripts may have sent by the field X-Sendfile, in
                addition to files below the script's own folder
            --type=ENDING=TYPE
                media type of the files of an ending, as in webp=image/webp, in addition to
                the usual ones; may be repeated

            WEBSOCKET
            --ws-origin=HOST[,HOST...]
                hosts whose pages may open WebSocket connections, as in example.org or
                https://example.org:8443; *: all; default: the host that the request is for;
                may be repeated
            --ws-binary
                messages of WebSocket scripts are binary: a message is written to standard
                input as it is, and each read of standard output is a message; default: lines
                of text
            --ws-compress
                compress messages (permessage-deflate) for clients that ask for it; needs
                about 300 KiB of memory for each of them

            NETWORK
            -p --port=PORT [8080]
                TCP port; 0: the kernel chooses a free port
            --bind=ADDRESS [127.0.0.1]
                address to listen on; 0.0.0.0: all IPv4 addresses; ::  all IPv6 and IPv4
                addresses; unix:/path/of/socket: a Unix-domain socket, which has no port; may
                be repeated
            --bind-v6-only
                with --bind :: listen on IPv6 only
            --bind-mode=MODE [0660]
                permissions of the file of a Unix-domain socket; users with write permission
                can connect
            --trusted-proxy=NETWORK[,NETWORK...]
                proxies whose X-Forwarded-For, -Proto and -Port describe the client:
                addresses, networks as in 10.0.0.0/8, or unix: for every client of a
                Unix-domain socket; may be repeated
            --user=USER[:GROUP]
                user to switch to after binding, for the server and all scripts; needs root

            ENGINE
            --engine=NAME [@default]
                arrangement of processes and threads: @names
            @engines

            LIMITS
            --max-connections=N [16384]
                connected clients; more clients wait in the kernel's queue
            --max-connections-per-address=N [0]
                connected clients of one network address; one more gets 503; 0: no limit
            --max-requests=N [0]
                requests on one connection, which then closes; 0: no limit
            --max-handlers=N [256]
                scripts that run at the same time; more requests wait
            --max-queue=N [1024]
                requests that wait for a script to end; one more gets 503
            --max-body=SIZE [16m]
                content of a request, without its transfer coding; else 413
            --max-request-line=SIZE [8k]
                request line; else 414
            --max-field-section=SIZE [32k]
                size of all field lines of a request, and again of its trailer section; else
                431
            --max-fields=N [100]
                number of field lines of a request, and again of its trailer section; else 431
            --max-message=SIZE [16m]
                size of a WebSocket message; else it closes with 1009
            --max-fragments=N [16384]
                frames of a WebSocket message; else it closes with 1008
            --min-rate=SIZE [64]
                least average rate of request content, in bytes a second; else 408; 0: no
                limit
            --min-send-rate=SIZE [64]
                least average rate, in bytes a second, at which a client takes a response that
                waits for it; a slower client is disconnected; 0: no limit
            --max-spool=SIZE [16m]
                part of a CGI response that is kept in a file for a slow client; when the file
                is full, the script waits; 0: no file
            --max-spool-total=SIZE [1g]
                size of these files for all responses together

            TIMES
            --handler-timeout=TIME [60s]
                time of a script; direct: in all; CGI: until the end of its header, then
                between bytes; 0: no limit
            --output-quiet=TIME [2s]
                end of a response without output, when the script has ended and a process that
                it started holds the output open
            --head-timeout=TIME [5s]
                from the first byte of a request to the end of its field section; else 408
            --content-timeout=TIME [5s]
                between two bytes of request content; else 408
            --idle-timeout=TIME [5s]
                of a connection without a request; then it closes
            --send-timeout=TIME [30s]
                of a client that takes no byte of its response; then it is disconnected
            --ws-ping=TIME [30s]
                without a byte from a WebSocket client; then it gets a Ping; 0: never
            --ws-pong-timeout=TIME [10s]
                of a WebSocket client that does not answer a Ping or a Close; then it is
                disconnected
            --linger=TIME [30s]
                to read and drop further bytes of a client after the last response of its
                connection; at most 5 s without a byte
            --grace=TIME [10s]
                for requests in progress to finish after SIGTERM or SIGINT; 0: none

            LOG
            --log-level=LEVEL [INFO]
                lowest level to write: DEBUG, INFO, WARN or ERROR
            --access-log=FILE
                write a line for each request to this file, not to the log; -: standard output
            --access-format=FORMAT [combined]
                format of these lines: combined or json

            INSTANCES
            -n --name=NAME
                name of the instance; it selects the log and is used by the options below
            -d --daemon
                run the instance in the background; returns when the server listens
            -s --stop
                drain and stop the instance; returns when its process has ended
            --reload
                make the instance read its configuration again; returns when this is done, or
                prints the mistakes
            -L --list-instances
                list the instances that run; with --json for programs
            --json
                with --list-instances or --engines: print a JSON array
            -l --log
                print the log of the instance; with --follow, keep printing new lines
            --follow
                with --log: keep printing new lines until Ctrl-C
            --reset-logs
                empty the log of the instance, also while it runs

            TRIAL
            --try=TARGET
                run one handler as the server would, as in --try /hello?x=1; print its input,
                its output and every mistake, and exit
            --method=METHOD
                method of the request (default: GET, or POST with --body)
            --body=TEXT
                content of the request; @FILE: the content of that file. For a WebSocket script
                each line of it is a message
            --field=LINE
                field line of the request, as in 'Accept: */*'; may be repeated

            HELP
            -h --help
                print this help and exit
            --engines
                describe each engine and exit; with --json: a JSON array
            --version
                print the version and exit
            """;

    /** The beginning of the name of an option that switches something off. */
    private static final String NEGATION = "--no-";

    private static final List<Option> ALL = read();

    static final Option CONFIG = named("--config");
    public static final Option CHECK = named("--check");
    public static final Option APP = named("--app");
    public static final Option PATH = named("--path");
    public static final Option CGI = named("--cgi");
    static final Option STRICT_EXIT = named("--strict-exit");
    public static final Option PASS_ENV = named("--pass-env");
    public static final Option ENV = named("--env");
    public static final Option PASS_AUTHORIZATION = named("--pass-authorization");
    public static final Option FOLLOW_LINKS = named("--follow-links");
    static final Option COMPRESS = named("--compress");
    public static final Option ENCODED_SLASH = named("--encoded-slash");
    public static final Option INTERPRETER = named("--interpreter");
    public static final Option FILES = named("--files");
    static final Option INDEX = named("--index");
    static final Option LISTING = named("--listing");
    static final Option SENDFILE_ROOT = named("--sendfile-root");
    public static final Option TYPE = named("--type");
    static final Option WS_ORIGIN = named("--ws-origin");
    static final Option WS_BINARY = named("--ws-binary");
    static final Option WS_COMPRESS = named("--ws-compress");
    public static final Option PORT = named("--port");
    static final Option BIND = named("--bind");
    static final Option BIND_V6_ONLY = named("--bind-v6-only");
    static final Option BIND_MODE = named("--bind-mode");
    static final Option TRUSTED_PROXY = named("--trusted-proxy");
    public static final Option USER = named("--user");
    public static final Option ENGINE = named("--engine");
    static final Option MAX_CONNECTIONS = named("--max-connections");
    static final Option MAX_CONNECTIONS_PER_ADDRESS = named("--max-connections-per-address");
    static final Option MAX_REQUESTS = named("--max-requests");
    public static final Option MAX_HANDLERS = named("--max-handlers");
    public static final Option MAX_QUEUE = named("--max-queue");
    static final Option MAX_BODY = named("--max-body");
    static final Option MAX_REQUEST_LINE = named("--max-request-line");
    static final Option MAX_FIELD_SECTION = named("--max-field-section");
    static final Option MAX_FIELDS = named("--max-fields");
    static final Option MAX_MESSAGE = named("--max-message");
    static final Option MAX_FRAGMENTS = named("--max-fragments");
    static final Option MIN_RATE = named("--min-rate");
    static final Option MIN_SEND_RATE = named("--min-send-rate");
    static final Option MAX_SPOOL = named("--max-spool");
    static final Option MAX_SPOOL_TOTAL = named("--max-spool-total");
    public static final Option HANDLER_TIMEOUT = named("--handler-timeout");
    public static final Option OUTPUT_QUIET = named("--output-quiet");
    static final Option HEAD_TIMEOUT = named("--head-timeout");
    static final Option CONTENT_TIMEOUT = named("--content-timeout");
    static final Option IDLE_TIMEOUT = named("--idle-timeout");
    static final Option SEND_TIMEOUT = named("--send-timeout");
    static final Option WS_PING = named("--ws-ping");
    static final Option WS_PONG_TIMEOUT = named("--ws-pong-timeout");
    static final Option LINGER = named("--linger");
    static final Option GRACE = named("--grace");
    static final Option LOG_LEVEL = named("--log-level");
    static final Option ACCESS_LOG = named("--access-log");
    static final Option ACCESS_FORMAT = named("--access-format");
    public static final Option NAME = named("--name");
    public static final Option DAEMON = named("--daemon");
    public static final Option STOP = named("--stop");
    public static final Option RELOAD = named("--reload");
    public static final Option LIST_INSTANCES = named("--list-instances");
    public static final Option JSON = named("--json");
    public static final Option LOG = named("--log");
    public static final Option FOLLOW = named("--follow");
    public static final Option RESET_LOGS = named("--reset-logs");
    public static final Option TRY = named("--try");
    public static final Option METHOD = named("--method");
    public static final Option BODY = named("--body");
    public static final Option FIELD = named("--field");
    public static final Option HELP = named("--help");
    public static final Option ENGINES = named("--engines");
    public static final Option VERSION = named("--version");

    /** A heading of the help. */
    public enum Group {
        CONFIGURATION("Configuration"),
        SCRIPTS("Scripts"),
        FILES("Files"),
        WEBSOCKET("WebSocket"),
        NETWORK("Network"),
        ENGINE("Engine"),
        LIMITS("Limits (SIZE: bytes, or with k, m, g: 16m)"),
        TIMES("Times (TIME: seconds, or with ms, s, m, h: 500ms)"),
        LOG("Log"),
        INSTANCES("Instances (--daemon, --stop, --reload, --log and --reset-logs need --name)"),
        TRIAL("Trying a handler"),
        HELP("Help");

        public final String heading;

        Group(String heading) {
            this.heading = heading;
        }
    }

    public final Group group;

    /** The placeholder of the value in the help; null: it takes none. */
    public final @Nullable String label;

    /** The default value; null: none, or no. */
    public final @Nullable String byDefault;

    /** As in the table: lines with blanks before them. */
    private final String description;

    private final @Nullable String shortName;

    private final String longName;

    /** The option of engines; null: an option of every server. */
    private final @Nullable EngineOption ofEngines;

    private Option(
            Group group,
            @Nullable String label,
            @Nullable String byDefault,
            String description,
            @Nullable String shortName,
            String longName,
            @Nullable EngineOption ofEngines) {
        this.group = group;
        this.label = label;
        this.byDefault = byDefault;
        this.description = description;
        this.shortName = shortName;
        this.longName = longName;
        this.ofEngines = ofEngines;
    }

    /** Without regular expressions and streams, which would cost each start some milliseconds. */
    private static List<Option> read() {
        List<Option> all = new ArrayList<>();
        Group group = Group.CONFIGURATION;
        int at = 0;
        while (at < TABLE.length()) {
            int end = TABLE.indexOf('\n', at);
            int next = end + 1;
            if (TABLE.charAt(at) == '-') {
                while (next < TABLE.length() && TABLE.charAt(next) == ' ') {
                    next = TABLE.indexOf('\n', next) + 1;
                }
                all.add(read(group, TABLE.substring(at, end), TABLE.substring(end, next)));
            } else if (TABLE.startsWith("@engines", at)) {
                for (EngineOption option : Engines.options()) {
                    all.add(of(Group.ENGINE, option));
                }
            } else if (end > at) {
                group = Group.valueOf(TABLE.substring(at, end));
            }
            at = next;
        }
        return Collections.unmodifiableList(all);
    }

    /**
     * Reads one option.
     *
     * @param line {@code -s --name=LABEL [default]}, of which only the name must be there
     */
    private static Option read(Group group, String line, String description) {
        int name = line.indexOf("--");
        int bracket = line.indexOf(" [");
        String names = bracket < 0 ? line : line.substring(0, bracket);
        int equals = names.indexOf('=');
        return new Option(
                group,
                equals < 0 ? null : names.substring(equals + 1),
                bracket < 0 ? null : filled(line.substring(bracket + 2, line.length() - 1)),
                description,
                name == 0 ? null : names.substring(0, name - 1),
                names.substring(name, equals < 0 ? names.length() : equals),
                null);
    }

    private static String filled(String text) {
        return text.indexOf('@') < 0
                ? text
                : text.replace("@names", Engines.names())
                        .replace("@default", Engines.DEFAULT.name());
    }

    private static Option of(Group group, EngineOption option) {
        return new Option(
                group,
                option.isSwitch() ? null : option.isNumber() ? "N" : "HOW",
                option.isSwitch() ? null : option.byDefault(),
                describe(option),
                option.letter() == null ? null : "-" + option.letter(),
                (option.isSwitch() ? NEGATION : "--") + option.name(),
                option);
    }

    private static Option named(String longName) {
        for (Option each : ALL) {
            if (each.longName.equals(longName)) {
                return each;
            }
        }
        throw new IllegalArgumentException(longName);
    }

    private static String describe(EngineOption option) {
        if (!option.isNumber()) {
            return option.description();
        }
        String size = option.byDefault() == null ? perProcessor() : "";
        return option.description() + " of " + Engines.with(option) + size;
    }

    private static String perProcessor() {
        StringBuilder text = new StringBuilder(" (default: one for each processor");
        for (EngineDescription each : Engines.ALL) {
            if (each.threadsPerProcessor() != 1) {
                text.append("; ").append(each.name()).append(": ");
                text.append(each.threadsPerProcessor());
            }
        }
        return text.append(')').toString();
    }

    /** What the help says of it. */
    public String description() {
        StringJoiner words = new StringJoiner(" ");
        filled(description)
                .lines()
                .map(String::strip)
                .filter(l -> !l.isEmpty())
                .forEach(words::add);
        return words.toString();
    }

    /** All of them. */
    public static List<Option> values() {
        return ALL;
    }

    /** The one by which the command line says what engines take. */
    public static Option of(EngineOption option) {
        for (Option each : ALL) {
            if (option.equals(each.ofEngines)) {
                return each;
            }
        }
        throw new IllegalArgumentException(option.name());
    }

    /** Whether an engine has it; those of every server all do. */
    boolean isOf(EngineDescription engine) {
        return ofEngines == null || engine.options().contains(ofEngines);
    }

    /** Whether it says how large an engine is. */
    boolean isSizeOf(EngineDescription engine) {
        return ofEngines != null && ofEngines.equals(engine.size());
    }

    /** The words that its value is one of; none when it is free. */
    public List<String> choices() {
        if (ofEngines != null) {
            return takesValue() ? ofEngines.choices() : List.of();
        }
        return switch (longName) {
            case "--app" -> lowerCase(App.values());
            case "--access-format" -> lowerCase(AccessFormat.values());
            case "--encoded-slash" -> RouteSetting.ENCODED_SLASH.words;
            case "--engine" -> Engines.ALL.stream().map(EngineDescription::name).toList();
            case "--log-level" -> Arrays.stream(LogLevel.values()).map(Enum::name).toList();
            default -> List.of();
        };
    }

    private static List<String> lowerCase(Enum<?>[] values) {
        return Arrays.stream(values)
                .map(v -> v.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .toList();
    }

    public boolean takesValue() {
        return label != null;
    }

    public boolean isRepeatable() {
        return List.of(
                        PASS_ENV,
                        ENV,
                        INTERPRETER,
                        INDEX,
                        TYPE,
                        BIND,
                        FIELD,
                        TRUSTED_PROXY,
                        WS_ORIGIN)
                .contains(this);
    }

    /**
     * Whether a value is a pair of name and value. Pairs of the command line and the file add up; a
     * pair replaces only the one with its name. In a file this is a table.
     */
    public boolean isTable() {
        return this == ENV || this == INTERPRETER || this == TYPE;
    }

    /**
     * Whether a configuration file may have it. The other options select the action and the file.
     */
    public boolean isForAFile() {
        return switch (group) {
            case CONFIGURATION, TRIAL, HELP -> false;
            case INSTANCES -> this == NAME;
            default -> true;
        };
    }

    /**
     * The key in a configuration file: the long name without the dashes, and without {@code no-}
     * where it {@link #isNegative}.
     */
    public String key() {
        if (this == INTERPRETER) {
            return ConfigFile.INTERPRETERS;
        }
        return this == TYPE
                ? ConfigFile.TYPES
                : longName.substring(isNegative() ? NEGATION.length() : 2);
    }

    /** Whether it switches off what is on without it; in a file the key is {@code false} then. */
    public boolean isNegative() {
        return ofEngines != null && ofEngines.isSwitch();
    }

    /** Whether the value is a path, which begins at the working directory. */
    public boolean isPath() {
        return "FILE".equals(label) || "FOLDER".equals(label);
    }

    /** All names, the short one first. */
    public String[] names() {
        return shortName == null ? new String[] {longName} : new String[] {shortName, longName};
    }

    /** The short name without its hyphen; null without one. */
    public @Nullable String letter() {
        return shortName == null ? null : shortName.substring(1);
    }

    /** The name in messages: {@code --port}. */
    public String longName() {
        return longName;
    }

    @Override
    public String toString() {
        return longName;
    }
}
