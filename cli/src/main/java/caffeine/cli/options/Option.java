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

/**
 * Every option of the command, in the order of its help: its names, its value, its default.
 *
 * <p>The default is the text that a user would write, and it is parsed in the same way: help and
 * behaviour cannot differ. A test compares them with the server's own defaults.
 */
public final class Option {

    private static final List<Option> ALL = new ArrayList<>();

    static final Option CONFIG =
            new Option(
                    Group.CONFIGURATION,
                    "FILE",
                    null,
                    "read options, routes and error pages from a TOML file; options of the command"
                            + " line win",
                    "-c",
                    "--config");
    public static final Option CHECK =
            new Option(
                    Group.CONFIGURATION,
                    null,
                    null,
                    "print what would be served, list every mistake, and exit",
                    "--check");

    public static final Option APP =
            new Option(
                    Group.SCRIPTS,
                    "APP",
                    "scripts",
                    "what answers requests; scripts: the folder; hello: Hello, World! for every"
                            + " request; echo: the content of the request",
                    "--app");
    public static final Option PATH =
            new Option(
                    Group.SCRIPTS,
                    "FOLDER",
                    "~/.config/caffeine/",
                    "folder to serve; the default folder is created when it is missing",
                    "--path");
    public static final Option CGI =
            new Option(
                    Group.SCRIPTS,
                    null,
                    null,
                    "treat every script as CGI/1.1, not only those below a cgi-bin folder and those"
                            + " that end in .cgi",
                    "--cgi");
    static final Option STRICT_EXIT =
            new Option(
                    Group.SCRIPTS,
                    null,
                    null,
                    "cut the response of a script that exits with a status other than 0, unless the"
                            + " script declared its length",
                    "--strict-exit");
    public static final Option PASS_ENV =
            new Option(
                    Group.SCRIPTS,
                    "NAME[,NAME...]",
                    null,
                    "variables to pass to scripts from the environment of the server, in addition"
                            + " to PATH; may be repeated",
                    "--pass-env");
    public static final Option ENV =
            new Option(
                    Group.SCRIPTS,
                    "NAME=VALUE",
                    null,
                    "variable to set for scripts; wins over --pass-env; may be repeated. Other"
                        + " users can read a command line: put secrets in the configuration file",
                    "--env");
    public static final Option PASS_AUTHORIZATION =
            new Option(
                    Group.SCRIPTS,
                    null,
                    null,
                    "pass Authorization and Proxy-Authorization to scripts",
                    "--pass-authorization");
    public static final Option FOLLOW_LINKS =
            new Option(
                    Group.SCRIPTS,
                    null,
                    null,
                    "follow links that lead out of the folder, if root or the server's user owns"
                        + " every link, folder and file on the way, and no other user can write to"
                        + " them",
                    "--follow-links");
    public static final Option ENCODED_SLASH =
            new Option(
                    Group.SCRIPTS,
                    "HOW",
                    "reject",
                    "how to treat %2F behind a script's name; reject: answer 400; decode: a slash"
                            + " in PATH_INFO; keep: %2F in PATH_INFO",
                    "--encoded-slash");
    public static final Option INTERPRETER =
            new Option(
                    Group.SCRIPTS,
                    "ENDING=COMMAND",
                    null,
                    "program that runs the files of an ending, in addition to py=python3, js=node,"
                            + " sh=sh, pl=perl, rb=ruby, php=php-cgi, lua=lua; may be repeated",
                    "--interpreter");

    public static final Option PORT =
            new Option(
                    Group.NETWORK,
                    "PORT",
                    "8080",
                    "TCP port; 0: the kernel chooses a free port",
                    "-p",
                    "--port");
    static final Option BIND =
            new Option(
                    Group.NETWORK,
                    "ADDRESS",
                    "127.0.0.1",
                    "address to listen on; 0.0.0.0: all IPv4 addresses; ::  all IPv6 and IPv4"
                            + " addresses; unix:/path/of/socket: a Unix-domain socket, which has no"
                            + " port; may be repeated",
                    "--bind");
    static final Option BIND_V6_ONLY =
            new Option(
                    Group.NETWORK,
                    null,
                    null,
                    "with --bind :: listen on IPv6 only",
                    "--bind-v6-only");
    static final Option BIND_MODE =
            new Option(
                    Group.NETWORK,
                    "MODE",
                    "0660",
                    "permissions of the file of a Unix-domain socket; users with write permission"
                            + " can connect",
                    "--bind-mode");
    static final Option TRUSTED_PROXY =
            new Option(
                    Group.NETWORK,
                    "NETWORK[,NETWORK...]",
                    null,
                    "proxies whose X-Forwarded-For, -Proto and -Port describe the client:"
                        + " addresses, networks as in 10.0.0.0/8, or unix: for every client of a"
                        + " Unix-domain socket; may be repeated",
                    "--trusted-proxy");

    public static final Option USER =
            new Option(
                    Group.NETWORK,
                    "USER[:GROUP]",
                    null,
                    "user to switch to after binding, for the server and all scripts; needs root",
                    "--user");

    public static final Option ENGINE =
            new Option(
                    Group.ENGINE,
                    "NAME",
                    Engines.DEFAULT.name(),
                    "how processes and threads share the work: " + Engines.names(),
                    "--engine");

    static {
        Engines.options().forEach(Option::new);
    }

    static final Option MAX_CONNECTIONS =
            new Option(
                    Group.LIMITS,
                    "N",
                    "16384",
                    "connected clients; more clients wait in the kernel's queue",
                    "--max-connections");
    static final Option MAX_CONNECTIONS_PER_ADDRESS =
            new Option(
                    Group.LIMITS,
                    "N",
                    "0",
                    "connected clients of one network address; one more gets 503; 0: no limit",
                    "--max-connections-per-address");
    static final Option MAX_REQUESTS =
            new Option(
                    Group.LIMITS,
                    "N",
                    "0",
                    "requests on one connection, which then closes; 0: no limit",
                    "--max-requests");
    public static final Option MAX_HANDLERS =
            new Option(
                    Group.LIMITS,
                    "N",
                    "256",
                    "scripts that run at the same time; more requests wait",
                    "--max-handlers");
    public static final Option MAX_QUEUE =
            new Option(
                    Group.LIMITS,
                    "N",
                    "1024",
                    "requests that wait for a script to end; one more gets 503",
                    "--max-queue");
    static final Option MAX_BODY =
            new Option(
                    Group.LIMITS,
                    "SIZE",
                    "16m",
                    "content of a request, without its transfer coding; else 413",
                    "--max-body");
    static final Option MAX_REQUEST_LINE =
            new Option(Group.LIMITS, "SIZE", "8k", "request line; else 414", "--max-request-line");
    static final Option MAX_FIELD_SECTION =
            new Option(
                    Group.LIMITS,
                    "SIZE",
                    "32k",
                    "size of all field lines of a request, and again of its trailer section; else"
                            + " 431",
                    "--max-field-section");
    static final Option MAX_FIELDS =
            new Option(
                    Group.LIMITS,
                    "N",
                    "100",
                    "number of field lines of a request, and again of its trailer section; else"
                            + " 431",
                    "--max-fields");
    static final Option MIN_RATE =
            new Option(
                    Group.LIMITS,
                    "SIZE",
                    "64",
                    "least average rate of request content, in bytes a second; else 408; 0: no"
                            + " limit",
                    "--min-rate");
    static final Option MIN_SEND_RATE =
            new Option(
                    Group.LIMITS,
                    "SIZE",
                    "64",
                    "least average rate, in bytes a second, at which a client takes a response that"
                            + " waits for it; a slower client is disconnected; 0: no limit",
                    "--min-send-rate");
    static final Option MAX_SPOOL =
            new Option(
                    Group.LIMITS,
                    "SIZE",
                    "16m",
                    "part of a CGI response that is kept in a file for a slow client; when the file"
                            + " is full, the script waits; 0: no file",
                    "--max-spool");
    static final Option MAX_SPOOL_TOTAL =
            new Option(
                    Group.LIMITS,
                    "SIZE",
                    "1g",
                    "size of these files for all responses together",
                    "--max-spool-total");

    public static final Option HANDLER_TIMEOUT =
            new Option(
                    Group.TIMES,
                    "TIME",
                    "60s",
                    "time of a script; direct: in all; CGI: until the end of its header, then"
                            + " between bytes; 0: no limit",
                    "--handler-timeout");
    public static final Option OUTPUT_QUIET =
            new Option(
                    Group.TIMES,
                    "TIME",
                    "2s",
                    "end of a response without output, when the script has ended and a process that"
                            + " it started holds the output open",
                    "--output-quiet");
    static final Option HEAD_TIMEOUT =
            new Option(
                    Group.TIMES,
                    "TIME",
                    "5s",
                    "from the first byte of a request to the end of its field section; else 408",
                    "--head-timeout");
    static final Option CONTENT_TIMEOUT =
            new Option(
                    Group.TIMES,
                    "TIME",
                    "5s",
                    "between two bytes of request content; else 408",
                    "--content-timeout");
    static final Option IDLE_TIMEOUT =
            new Option(
                    Group.TIMES,
                    "TIME",
                    "5s",
                    "of a connection without a request; then it closes",
                    "--idle-timeout");
    static final Option SEND_TIMEOUT =
            new Option(
                    Group.TIMES,
                    "TIME",
                    "30s",
                    "of a client that takes no byte of its response; then it is disconnected",
                    "--send-timeout");
    static final Option LINGER =
            new Option(
                    Group.TIMES,
                    "TIME",
                    "30s",
                    "to read and drop further bytes of a client after the last response of its"
                            + " connection; at most 5 s without a byte",
                    "--linger");
    static final Option GRACE =
            new Option(
                    Group.TIMES,
                    "TIME",
                    "10s",
                    "for requests in progress to finish after SIGTERM or SIGINT; 0: none",
                    "--grace");

    static final Option LOG_LEVEL =
            new Option(
                    Group.LOG,
                    "LEVEL",
                    "INFO",
                    "lowest level to write: DEBUG, INFO, WARN or ERROR",
                    "--log-level");
    static final Option ACCESS_LOG =
            new Option(
                    Group.LOG,
                    "FILE",
                    null,
                    "write a line for each request to this file, not to the log; -: standard"
                            + " output",
                    "--access-log");
    static final Option ACCESS_FORMAT =
            new Option(
                    Group.LOG,
                    "FORMAT",
                    "combined",
                    "format of these lines: combined or json",
                    "--access-format");

    public static final Option NAME =
            new Option(
                    Group.INSTANCES,
                    "NAME",
                    null,
                    "name of the instance; it selects the log and is used by the options below",
                    "-n",
                    "--name");
    public static final Option DAEMON =
            new Option(
                    Group.INSTANCES,
                    null,
                    null,
                    "run the instance in the background; returns when the server listens",
                    "-d",
                    "--daemon");
    public static final Option STOP =
            new Option(
                    Group.INSTANCES,
                    null,
                    null,
                    "drain and stop the instance; returns when its process has ended",
                    "-s",
                    "--stop");
    public static final Option RELOAD =
            new Option(
                    Group.INSTANCES,
                    null,
                    null,
                    "make the instance read its configuration again; returns when this is done, or"
                            + " prints the mistakes",
                    "--reload");
    public static final Option LIST_INSTANCES =
            new Option(
                    Group.INSTANCES,
                    null,
                    null,
                    "list the instances that run; with --json for programs",
                    "-L",
                    "--list-instances");
    public static final Option JSON =
            new Option(
                    Group.INSTANCES,
                    null,
                    null,
                    "with --list-instances or --engines: print a JSON array",
                    "--json");
    public static final Option LOG =
            new Option(
                    Group.INSTANCES,
                    null,
                    null,
                    "print the log of the instance; with --follow, keep printing new lines",
                    "-l",
                    "--log");
    public static final Option FOLLOW =
            new Option(
                    Group.INSTANCES,
                    null,
                    null,
                    "with --log: keep printing new lines until Ctrl-C",
                    "--follow");
    public static final Option RESET_LOGS =
            new Option(
                    Group.INSTANCES,
                    null,
                    null,
                    "empty the log of the instance, also while it runs",
                    "--reset-logs");
    public static final Option TRY =
            new Option(
                    Group.TRIAL,
                    "TARGET",
                    null,
                    "run one handler as the server would, as in --try /hello?x=1; print its input,"
                            + " its output and every mistake, and exit",
                    "--try");
    public static final Option METHOD =
            new Option(
                    Group.TRIAL,
                    "METHOD",
                    null,
                    "method of the request (default: GET, or POST with --body)",
                    "--method");
    public static final Option BODY =
            new Option(
                    Group.TRIAL,
                    "TEXT",
                    null,
                    "content of the request; @FILE: the content of that file",
                    "--body");
    public static final Option FIELD =
            new Option(
                    Group.TRIAL,
                    "LINE",
                    null,
                    "field line of the request, as in 'Accept: */*'; may be repeated",
                    "--field");

    public static final Option HELP =
            new Option(Group.HELP, null, null, "print this help and exit", "-h", "--help");
    public static final Option ENGINES =
            new Option(
                    Group.HELP,
                    null,
                    null,
                    "describe each engine and exit; with --json: a JSON array",
                    "--engines");
    public static final Option VERSION =
            new Option(Group.HELP, null, null, "print the version and exit", "--version");

    /** A heading of the help. */
    public enum Group {
        CONFIGURATION("Configuration"),
        SCRIPTS("Scripts"),
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

    public final String description;

    private final @Nullable String shortName;

    private final String longName;

    /** What it is to the engines that have it; null: an option of every server. */
    private final @Nullable EngineOption ofEngines;

    private Option(
            Group group,
            @Nullable String label,
            @Nullable String byDefault,
            String description,
            String longName) {
        this(group, label, byDefault, description, null, longName);
    }

    private Option(
            Group group,
            @Nullable String label,
            @Nullable String byDefault,
            String description,
            @Nullable String shortName,
            String longName) {
        this(group, label, byDefault, description, shortName, longName, null);
    }

    private Option(EngineOption option) {
        this(
                Group.ENGINE,
                option.isNumber() ? "N" : "HOW",
                option.byDefault(),
                describe(option),
                option.letter() == null ? null : "-" + option.letter(),
                "--" + option.name(),
                option);
    }

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
        ALL.add(this);
    }

    private static String describe(EngineOption option) {
        if (!option.isNumber()) {
            return option.description();
        }
        String processors = option.byDefault() == null ? " (default: one for each processor)" : "";
        return option.description() + " of " + Engines.with(option) + processors;
    }

    /** All of them. */
    public static List<Option> values() {
        return Collections.unmodifiableList(ALL);
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

    /** The words that its value is one of; none when it is free. */
    public List<String> choices() {
        if (ofEngines != null) {
            return ofEngines.choices();
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
        return Arrays.stream(values).map(v -> v.name().toLowerCase(Locale.ROOT)).toList();
    }

    public boolean takesValue() {
        return label != null;
    }

    public boolean isRepeatable() {
        return List.of(PASS_ENV, ENV, INTERPRETER, BIND, FIELD, TRUSTED_PROXY).contains(this);
    }

    /**
     * Whether a value is a pair of name and value. Pairs of the command line and the file add up; a
     * pair replaces only the one with its name. In a file this is a table.
     */
    boolean isTable() {
        return this == ENV || this == INTERPRETER;
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

    /** The key in a configuration file: the long name without the dashes. */
    public String key() {
        return this == INTERPRETER ? ConfigFile.INTERPRETERS : longName.substring(2);
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
