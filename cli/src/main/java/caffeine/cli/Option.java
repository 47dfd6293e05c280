package caffeine.cli;

import org.jspecify.annotations.Nullable;

/**
 * Every option of the command, in the order of its help: its names, its value, its default.
 *
 * <p>The default is the text that a user would write, and it is parsed in the same way: help and
 * behaviour cannot differ. A test compares them with the server's own defaults.
 */
enum Option {
    CONFIG(
            Group.CONFIGURATION,
            "FILE",
            null,
            "read options, routes and error pages from a TOML file; options of the command line"
                    + " win",
            "-c",
            "--config"),
    CHECK(
            Group.CONFIGURATION,
            null,
            null,
            "print what would be served, list every mistake, and exit",
            "--check"),

    APP(
            Group.SCRIPTS,
            "APP",
            "scripts",
            "what answers requests; scripts: the folder; hello: Hello, World! for every request;"
                    + " echo: the content of the request",
            "--app"),
    PATH(
            Group.SCRIPTS,
            "FOLDER",
            "~/.config/caffeine/",
            "folder to serve; the default folder is created when it is missing",
            "--path"),
    CGI(
            Group.SCRIPTS,
            null,
            null,
            "treat every script as CGI/1.1, not only those below a cgi-bin folder and those that"
                    + " end in .cgi",
            "--cgi"),
    STRICT_EXIT(
            Group.SCRIPTS,
            null,
            null,
            "cut the response of a script that exits with a status other than 0, unless the script"
                    + " declared its length",
            "--strict-exit"),
    PASS_ENV(
            Group.SCRIPTS,
            "NAME[,NAME...]",
            null,
            "variables to pass to scripts from the environment of the server, in addition to PATH;"
                    + " may be repeated",
            "--pass-env"),
    ENV(
            Group.SCRIPTS,
            "NAME=VALUE",
            null,
            "variable to set for scripts; wins over --pass-env; may be repeated. Other users can"
                    + " read a command line: put secrets in the configuration file",
            "--env"),
    PASS_AUTHORIZATION(
            Group.SCRIPTS,
            null,
            null,
            "pass Authorization and Proxy-Authorization to scripts",
            "--pass-authorization"),
    FOLLOW_LINKS(
            Group.SCRIPTS,
            null,
            null,
            "follow links that lead out of the folder, if root or the server's user owns every"
                    + " link, folder and file on the way, and no other user can write to them",
            "--follow-links"),
    ENCODED_SLASH(
            Group.SCRIPTS,
            "HOW",
            "reject",
            "how to treat %2F behind a script's name; reject: answer 400; decode: a slash in"
                    + " PATH_INFO; keep: %2F in PATH_INFO",
            "--encoded-slash"),
    INTERPRETER(
            Group.SCRIPTS,
            "ENDING=COMMAND",
            null,
            "program that runs the files of an ending, in addition to py=python3, js=node, sh=sh,"
                    + " pl=perl, rb=ruby, php=php-cgi, lua=lua; may be repeated",
            "--interpreter"),

    PORT(
            Group.NETWORK,
            "PORT",
            "8080",
            "TCP port; 0: the kernel chooses a free port",
            "-p",
            "--port"),
    BIND(
            Group.NETWORK,
            "ADDRESS",
            "127.0.0.1",
            "address to listen on; 0.0.0.0: all IPv4 addresses; ::  all IPv6 and IPv4 addresses;"
                + " unix:/path/of/socket: a Unix-domain socket, which has no port; may be repeated",
            "--bind"),
    BIND_V6_ONLY(Group.NETWORK, null, null, "with --bind :: listen on IPv6 only", "--bind-v6-only"),
    BIND_MODE(
            Group.NETWORK,
            "MODE",
            "0660",
            "permissions of the file of a Unix-domain socket; users with write permission can"
                    + " connect",
            "--bind-mode"),
    TRUSTED_PROXY(
            Group.NETWORK,
            "NETWORK[,NETWORK...]",
            null,
            "proxies whose X-Forwarded-For, -Proto and -Port describe the client: addresses,"
                + " networks as in 10.0.0.0/8, or unix: for every client of a Unix-domain socket;"
                + " may be repeated",
            "--trusted-proxy"),

    USER(
            Group.NETWORK,
            "USER[:GROUP]",
            null,
            "user to switch to after binding, for the server and all scripts; needs root",
            "--user"),

    ENGINE(
            Group.ENGINE,
            "NAME",
            "prefork",
            "how processes and threads share the work: prefork, sharded, virtual",
            "--engine"),
    WORKERS(Group.ENGINE, "N", "4", "worker processes of prefork", "-w", "--workers"),
    THREADS(
            Group.ENGINE,
            "N",
            null,
            "threads of sharded and virtual (default: one for each processor)",
            "--threads"),
    ACCEPT(
            Group.ENGINE,
            "HOW",
            "reuseport",
            "how sharded distributes clients; reuseport: a listener for each thread, and the kernel"
                    + " chooses; assign: to the thread with the fewest clients",
            "--accept"),

    MAX_CONNECTIONS(
            Group.LIMITS,
            "N",
            "16384",
            "connected clients; more clients wait in the kernel's queue",
            "--max-connections"),
    MAX_CONNECTIONS_PER_ADDRESS(
            Group.LIMITS,
            "N",
            "0",
            "connected clients of one network address; one more gets 503; 0: no limit",
            "--max-connections-per-address"),
    MAX_REQUESTS(
            Group.LIMITS,
            "N",
            "0",
            "requests on one connection, which then closes; 0: no limit",
            "--max-requests"),
    MAX_HANDLERS(
            Group.LIMITS,
            "N",
            "256",
            "scripts that run at the same time; more requests wait",
            "--max-handlers"),
    MAX_QUEUE(
            Group.LIMITS,
            "N",
            "1024",
            "requests that wait for a script to end; one more gets 503",
            "--max-queue"),
    MAX_BODY(
            Group.LIMITS,
            "SIZE",
            "16m",
            "content of a request, without its transfer coding; else 413",
            "--max-body"),
    MAX_REQUEST_LINE(Group.LIMITS, "SIZE", "8k", "request line; else 414", "--max-request-line"),
    MAX_FIELD_SECTION(
            Group.LIMITS,
            "SIZE",
            "32k",
            "size of all field lines of a request, and again of its trailer section; else 431",
            "--max-field-section"),
    MAX_FIELDS(
            Group.LIMITS,
            "N",
            "100",
            "number of field lines of a request, and again of its trailer section; else 431",
            "--max-fields"),
    MIN_RATE(
            Group.LIMITS,
            "SIZE",
            "64",
            "least average rate of request content, in bytes a second; else 408; 0: no limit",
            "--min-rate"),
    MIN_SEND_RATE(
            Group.LIMITS,
            "SIZE",
            "64",
            "least average rate, in bytes a second, at which a client takes a response that waits"
                    + " for it; a slower client is disconnected; 0: no limit",
            "--min-send-rate"),
    MAX_SPOOL(
            Group.LIMITS,
            "SIZE",
            "16m",
            "part of a CGI response that is kept in a file for a slow client; when the file is"
                    + " full, the script waits; 0: no file",
            "--max-spool"),
    MAX_SPOOL_TOTAL(
            Group.LIMITS,
            "SIZE",
            "1g",
            "size of these files for all responses together",
            "--max-spool-total"),

    HANDLER_TIMEOUT(
            Group.TIMES,
            "TIME",
            "60s",
            "time of a script; direct: in all; CGI: until the end of its header, then between"
                    + " bytes; 0: no limit",
            "--handler-timeout"),
    OUTPUT_QUIET(
            Group.TIMES,
            "TIME",
            "2s",
            "end of a response without output, when the script has ended and a process that it"
                    + " started holds the output open",
            "--output-quiet"),
    HEAD_TIMEOUT(
            Group.TIMES,
            "TIME",
            "5s",
            "from the first byte of a request to the end of its field section; else 408",
            "--head-timeout"),
    CONTENT_TIMEOUT(
            Group.TIMES,
            "TIME",
            "5s",
            "between two bytes of request content; else 408",
            "--content-timeout"),
    IDLE_TIMEOUT(
            Group.TIMES,
            "TIME",
            "5s",
            "of a connection without a request; then it closes",
            "--idle-timeout"),
    SEND_TIMEOUT(
            Group.TIMES,
            "TIME",
            "30s",
            "of a client that takes no byte of its response; then it is disconnected",
            "--send-timeout"),
    LINGER(
            Group.TIMES,
            "TIME",
            "30s",
            "to read and drop further bytes of a client after the last response of its connection;"
                    + " at most 5 s without a byte",
            "--linger"),
    GRACE(
            Group.TIMES,
            "TIME",
            "10s",
            "for requests in progress to finish after SIGTERM or SIGINT; 0: none",
            "--grace"),

    LOG_LEVEL(
            Group.LOG,
            "LEVEL",
            "INFO",
            "lowest level to write: DEBUG, INFO, WARN or ERROR",
            "--log-level"),
    ACCESS_LOG(
            Group.LOG,
            "FILE",
            null,
            "write a line for each request to this file, not to the log; -: standard output",
            "--access-log"),
    ACCESS_FORMAT(
            Group.LOG,
            "FORMAT",
            "combined",
            "format of these lines: combined or json",
            "--access-format"),

    NAME(
            Group.INSTANCES,
            "NAME",
            null,
            "name of the instance; it selects the log and is used by the options below",
            "-n",
            "--name"),
    DAEMON(
            Group.INSTANCES,
            null,
            null,
            "run the instance in the background; returns when the server listens",
            "-d",
            "--daemon"),
    STOP(
            Group.INSTANCES,
            null,
            null,
            "drain and stop the instance; returns when its process has ended",
            "-s",
            "--stop"),
    RELOAD(
            Group.INSTANCES,
            null,
            null,
            "make the instance read its configuration again; returns when this is done, or prints"
                    + " the mistakes",
            "--reload"),
    LIST_INSTANCES(
            Group.INSTANCES,
            null,
            null,
            "list the instances that run; with --json for programs",
            "-L",
            "--list-instances"),
    JSON(Group.INSTANCES, null, null, "with --list-instances: print a JSON array", "--json"),
    LOG(
            Group.INSTANCES,
            null,
            null,
            "print the log of the instance; with --follow, keep printing new lines",
            "-l",
            "--log"),
    FOLLOW(
            Group.INSTANCES,
            null,
            null,
            "with --log: keep printing new lines until Ctrl-C",
            "--follow"),
    RESET_LOGS(
            Group.INSTANCES,
            null,
            null,
            "empty the log of the instance, also while it runs",
            "--reset-logs"),
    TRY(
            Group.TRIAL,
            "TARGET",
            null,
            "run one handler as the server would, as in --try /hello?x=1; print its input, its"
                    + " output and every mistake, and exit",
            "--try"),
    METHOD(
            Group.TRIAL,
            "METHOD",
            null,
            "method of the request (default: GET, or POST with --body)",
            "--method"),
    BODY(
            Group.TRIAL,
            "TEXT",
            null,
            "content of the request; @FILE: the content of that file",
            "--body"),
    FIELD(
            Group.TRIAL,
            "LINE",
            null,
            "field line of the request, as in 'Accept: */*'; may be repeated",
            "--field"),

    HELP(Group.HELP, null, null, "print this help and exit", "-h", "--help"),
    ENGINES(Group.HELP, null, null, "describe each engine and exit", "--engines"),
    VERSION(Group.HELP, null, null, "print the version and exit", "--version");

    /** A heading of the help. */
    enum Group {
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

        final String heading;

        Group(String heading) {
            this.heading = heading;
        }
    }

    final Group group;

    /** The placeholder of the value in the help; null: it takes none. */
    final @Nullable String label;

    /** The default value; null: none, or no. */
    final @Nullable String byDefault;

    final String description;

    private final @Nullable String shortName;

    private final String longName;

    Option(
            Group group,
            @Nullable String label,
            @Nullable String byDefault,
            String description,
            String longName) {
        this(group, label, byDefault, description, null, longName);
    }

    Option(
            Group group,
            @Nullable String label,
            @Nullable String byDefault,
            String description,
            @Nullable String shortName,
            String longName) {
        this.group = group;
        this.label = label;
        this.byDefault = byDefault;
        this.description = description;
        this.shortName = shortName;
        this.longName = longName;
    }

    boolean takesValue() {
        return label != null;
    }

    boolean isRepeatable() {
        return switch (this) {
            case PASS_ENV, ENV, INTERPRETER, BIND, FIELD, TRUSTED_PROXY -> true;
            default -> false;
        };
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
    boolean isForAFile() {
        return switch (group) {
            case CONFIGURATION, TRIAL, HELP -> false;
            case INSTANCES -> this == NAME;
            default -> true;
        };
    }

    /** The key in a configuration file: the long name without the dashes. */
    String key() {
        return this == INTERPRETER ? ConfigFile.INTERPRETERS : longName.substring(2);
    }

    /** Whether the value is a path, which begins at the working directory. */
    boolean isPath() {
        return "FILE".equals(label) || "FOLDER".equals(label);
    }

    /** All names, the short one first. */
    String[] names() {
        return shortName == null ? new String[] {longName} : new String[] {shortName, longName};
    }

    /** The short name without its hyphen; null without one. */
    @Nullable String letter() {
        return shortName == null ? null : shortName.substring(1);
    }

    /** The name in messages: {@code --port}. */
    String longName() {
        return longName;
    }
}
