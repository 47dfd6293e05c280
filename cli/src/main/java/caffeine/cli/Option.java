package caffeine.cli;

import org.jspecify.annotations.Nullable;

/**
 * Every option of the command, in the order of its help: what it is called, what it takes, what
 * holds without it.
 *
 * <p>The default is the text that a user would write, and it is read like one: help and behaviour
 * cannot part. A test compares them with what the server takes for its own defaults.
 */
enum Option {
    CONFIG(
            Group.CONFIGURATION,
            "FILE",
            null,
            "TOML file with any of the options below as keys, and tables for routes and error"
                    + " pages; what stands on the command line wins",
            "-c",
            "--config"),
    CHECK(
            Group.CONFIGURATION,
            null,
            null,
            "say what would be served and what is wrong with it, and end",
            "--check"),

    APP(
            Group.SCRIPTS,
            "APP",
            "scripts",
            "what answers: scripts; hello: Hello, World! to every request; echo: the request's"
                    + " content. The last two serve no folder",
            "--app"),
    PATH(Group.SCRIPTS, "FOLDER", "~/.config/caffeine/", "folder to serve", "--path"),
    CGI(
            Group.SCRIPTS,
            null,
            null,
            "every script writes a CGI/1.1 response, not only those below a cgi-bin folder and"
                    + " those that end in .cgi",
            "--cgi"),
    STRICT_EXIT(
            Group.SCRIPTS,
            null,
            null,
            "a script that exits with another status than 0 has failed: its response is cut, unless"
                    + " it said its length",
            "--strict-exit"),
    PASS_ENV(
            Group.SCRIPTS,
            "NAME[,NAME...]",
            null,
            "variables that scripts get from here, beside PATH; may be repeated",
            "--pass-env"),
    ENV(
            Group.SCRIPTS,
            "NAME=VALUE",
            null,
            "a variable that scripts get, in place of one that is passed on; may be repeated. Other"
                    + " users see what stands on a command line: a secret belongs into the file",
            "--env"),
    PASS_AUTHORIZATION(
            Group.SCRIPTS,
            null,
            null,
            "scripts see the client's Authorization and Proxy-Authorization",
            "--pass-authorization"),
    FOLLOW_LINKS(
            Group.SCRIPTS,
            null,
            null,
            "links may lead out of the folder, if they and what they lead through belong to root or"
                    + " to the server's user and no other user may write it",
            "--follow-links"),
    ENCODED_SLASH(
            Group.SCRIPTS,
            "HOW",
            "reject",
            "what becomes of %2F behind a script's name; reject: 400; decode: a slash in PATH_INFO;"
                    + " keep: %2F in PATH_INFO",
            "--encoded-slash"),
    INTERPRETER(
            Group.SCRIPTS,
            "ENDING=COMMAND",
            null,
            "what runs files of an ending that are not executable, beside py=python3, js=node,"
                    + " sh=sh, pl=perl, rb=ruby, php=php-cgi, lua=lua; may be repeated",
            "--interpreter"),

    PORT(
            Group.NETWORK,
            "PORT",
            "8080",
            "TCP port to listen on; 0: one that is free",
            "-p",
            "--port"),
    BIND(
            Group.NETWORK,
            "ADDRESS",
            "127.0.0.1",
            "address to listen on; 0.0.0.0: everyone by IPv4, ::  everyone by IPv6 and IPv4;"
                    + " unix:/path/of/socket: a Unix-domain socket, which has no port; may be"
                    + " repeated",
            "--bind"),
    BIND_V6_ONLY(
            Group.NETWORK,
            null,
            null,
            "with --bind :: listen for IPv6 alone; so it is beside an IPv4 address, too",
            "--bind-v6-only"),
    BIND_MODE(
            Group.NETWORK,
            "MODE",
            "0660",
            "permissions of that socket's file: who may connect",
            "--bind-mode"),
    TRUSTED_PROXY(
            Group.NETWORK,
            "NETWORK[,NETWORK...]",
            null,
            "proxies in front whose X-Forwarded-For, -Proto and -Port say who the client is, as in"
                    + " 192.0.2.1, 10.0.0.0/8, unix: (whoever connects to a Unix-domain socket);"
                    + " may be repeated",
            "--trusted-proxy"),

    USER(
            Group.NETWORK,
            "USER[:GROUP]",
            null,
            "as whom to go on once it listens, with all scripts; needs root",
            "--user"),

    ENGINE(
            Group.ENGINE,
            "NAME",
            "prefork",
            "how processes and threads share the work: prefork, sharded, virtual",
            "--engine"),
    WORKERS(Group.ENGINE, "N", "4", "worker processes, of prefork", "-w", "--workers"),
    THREADS(
            Group.ENGINE,
            "N",
            null,
            "threads, of sharded and virtual (default: one for each processor)",
            "--threads"),
    ACCEPT(
            Group.ENGINE,
            "HOW",
            "reuseport",
            "how clients come to the threads of sharded; reuseport: a listener each, and the kernel"
                    + " chooses; assign: to the one with the fewest",
            "--accept"),

    MAX_CONNECTIONS(
            Group.LIMITS,
            "N",
            "16384",
            "clients connected at one time; more wait in the kernel's queue",
            "--max-connections"),
    MAX_CONNECTIONS_PER_ADDRESS(
            Group.LIMITS,
            "N",
            "0",
            "clients of one network address at one time; one more gets 503; 0: any number",
            "--max-connections-per-address"),
    MAX_REQUESTS(
            Group.LIMITS,
            "N",
            "0",
            "requests on one connection before it closes; 0: any number",
            "--max-requests"),
    MAX_HANDLERS(Group.LIMITS, "N", "256", "scripts running at one time", "--max-handlers"),
    MAX_QUEUE(
            Group.LIMITS,
            "N",
            "1024",
            "requests that wait for a script to end; one more is answered 503",
            "--max-queue"),
    MAX_BODY(
            Group.LIMITS,
            "SIZE",
            "16m",
            "content of one request, transfer coding removed; else 413",
            "--max-body"),
    MAX_REQUEST_LINE(Group.LIMITS, "SIZE", "8k", "request line; else 414", "--max-request-line"),
    MAX_FIELD_SECTION(
            Group.LIMITS,
            "SIZE",
            "32k",
            "field lines of one request in all, and again of its trailer section; else 431",
            "--max-field-section"),
    MAX_FIELDS(
            Group.LIMITS,
            "N",
            "100",
            "field lines of one request, and again of its trailer section; else 431",
            "--max-fields"),
    MIN_RATE(
            Group.LIMITS,
            "SIZE",
            "64",
            "bytes a second, on average, at which content must arrive, else 408; 0: any rate",
            "--min-rate"),
    MIN_SEND_RATE(
            Group.LIMITS,
            "SIZE",
            "64",
            "bytes a second, on average, at which a client must take a response that waits for it,"
                    + " else it is cut off; 0: any rate",
            "--min-send-rate"),
    MAX_SPOOL(
            Group.LIMITS,
            "SIZE",
            "16m",
            "of a script's response, kept in a file while its client takes it slowly; beyond that"
                    + " the script waits; 0: it waits at once",
            "--max-spool"),
    MAX_SPOOL_TOTAL(
            Group.LIMITS, "SIZE", "1g", "the same, of all responses together", "--max-spool-total"),

    HANDLER_TIMEOUT(
            Group.TIMES,
            "TIME",
            "60s",
            "for a script: in all when it writes to the client itself; in CGI until its header is"
                    + " out, then between bytes; 0: no limit",
            "--handler-timeout"),
    OUTPUT_QUIET(
            Group.TIMES,
            "TIME",
            "2s",
            "without output, when a script has ended and a process that it started holds its output"
                    + " open; then the response ends",
            "--output-quiet"),
    HEAD_TIMEOUT(
            Group.TIMES,
            "TIME",
            "5s",
            "from a request's first byte to the end of its field section; else 408",
            "--head-timeout"),
    CONTENT_TIMEOUT(
            Group.TIMES,
            "TIME",
            "5s",
            "between two bytes of a request's content; else 408",
            "--content-timeout"),
    IDLE_TIMEOUT(
            Group.TIMES,
            "TIME",
            "5s",
            "for a connection without a request; then it closes",
            "--idle-timeout"),
    SEND_TIMEOUT(
            Group.TIMES,
            "TIME",
            "30s",
            "while a client takes no byte of its response; then it is cut off",
            "--send-timeout"),
    LINGER(
            Group.TIMES,
            "TIME",
            "30s",
            "after the response that ends a connection, for what the client still sends, which is"
                    + " read and dropped; 5 s at most without a byte",
            "--linger"),
    GRACE(
            Group.TIMES,
            "TIME",
            "10s",
            "for running requests to end after SIGTERM or SIGINT; 0: none",
            "--grace"),

    LOG_LEVEL(
            Group.LOG,
            "LEVEL",
            "INFO",
            "least of DEBUG, INFO, WARN, ERROR that is written",
            "--log-level"),
    ACCESS_LOG(
            Group.LOG,
            "FILE",
            null,
            "a line for each request goes to this file, and not among the others; -: standard"
                    + " output",
            "--access-log"),
    ACCESS_FORMAT(
            Group.LOG,
            "FORMAT",
            "combined",
            "how such a line looks: combined or json",
            "--access-format"),

    NAME(
            Group.INSTANCES,
            "NAME",
            null,
            "the instance's name, under which it is found again; it writes a log of its own",
            "-n",
            "--name"),
    DAEMON(
            Group.INSTANCES,
            null,
            null,
            "run the instance in the background; returns when it listens",
            "-d",
            "--daemon"),
    STOP(
            Group.INSTANCES,
            null,
            null,
            "stop the instance after the requests in progress; returns when it has gone",
            "-s",
            "--stop"),
    RELOAD(
            Group.INSTANCES,
            null,
            null,
            "have the instance read its configuration again; returns when that is done, or says"
                    + " what is wrong with it",
            "--reload"),
    LIST_INSTANCES(
            Group.INSTANCES,
            null,
            null,
            "list the instances that run; with --json for programs",
            "-L",
            "--list-instances"),
    JSON(Group.INSTANCES, null, null, "with --list-instances: a JSON array", "--json"),
    LOG(
            Group.INSTANCES,
            null,
            null,
            "print the instance's log; with --follow go on when more comes",
            "-l",
            "--log"),
    FOLLOW(Group.INSTANCES, null, null, "with --log: print what comes, until Ctrl-C", "--follow"),
    RESET_LOGS(
            Group.INSTANCES,
            null,
            null,
            "empty the instance's log, also while it runs",
            "--reset-logs"),
    TRY(
            Group.TRIAL,
            "TARGET",
            null,
            "run one handler as the server would, as in --try /hello?x=1; show what it was given,"
                    + " what it wrote and what is wrong with that, and end",
            "--try"),
    METHOD(
            Group.TRIAL,
            "METHOD",
            null,
            "the request's method; GET, or POST with a body",
            "--method"),
    BODY(Group.TRIAL, "TEXT", null, "the request's content; @FILE: what is in that file", "--body"),
    FIELD(
            Group.TRIAL,
            "LINE",
            null,
            "a field line of the request, as in 'Accept: */*'; may be repeated",
            "--field"),

    HELP(Group.HELP, null, null, "print this and end", "-h", "--help"),
    ENGINES(Group.HELP, null, null, "print what each engine is and end", "--engines"),
    VERSION(Group.HELP, null, null, "print the version and end", "--version");

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

    /** What stands for the option's value in the help; null: it takes none. */
    final @Nullable String label;

    /** What holds without the option; null: nothing, or no. */
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
     * Whether a value is a name and what it stands for, so that those of the command line and of a
     * file add up, and each takes the place of the one of its name alone. A table in a file.
     */
    boolean isTable() {
        return this == ENV || this == INTERPRETER;
    }

    /** Whether a configuration file may say it; the others say what to do now, and with which. */
    boolean isForAFile() {
        return switch (group) {
            case CONFIGURATION, TRIAL, HELP -> false;
            case INSTANCES -> this == NAME;
            default -> true;
        };
    }

    /** What a configuration file calls it: its long name without the dashes. */
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

    /** The name by which messages call it: {@code --port}. */
    String longName() {
        return longName;
    }
}
