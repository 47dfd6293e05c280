package caffeine.cli.manual;

import caffeine.cli.options.Option;
import caffeine.server.options.RouteSetting;

/** The manual page caffeine(1), in the language of man 7 man. */
public final class ManPage {

    private static final String HEAD =
            """
            .\\" Made from the table of options.
            .TH CAFFEINE 1 "" "Caffeine" "User commands"
            .SH NAME
            caffeine \\- serve a folder of scripts over HTTP
            .SH SYNOPSIS
            .B caffeine
            .RI [ OPTIONS ]
            .SH DESCRIPTION
            Each script or program in a folder gets a web address.
            A script gets the request in its environment and on its standard input (RFC 3875).
            It writes a CGI response, or a whole HTTP response straight to the client's socket.
            The server recognises which of the two from the script's first output.
            Scripts below a
            .I cgi-bin
            folder are always CGI.
            .PP
            The server listens on 127.0.0.1 unless
            .B \\-\\-bind
            is given.
            SIGTERM or SIGINT drains and stops it; a second signal cuts off requests in progress.
            .SH OPTIONS
            If an option is given twice, the last one counts, unless it may be repeated.
            """;

    private static final String FILE_HEAD =
            """
            .SH CONFIGURATION FILE
            .B \\-\\-config
            names a file in TOML (https://toml.io).
            A key is the name of an option without its hyphens;
            options of the command line win.
            Numbers,
            .B true
            and
            .B false
            are written as such, sizes and times as numbers or as text with a unit,
            several values as a list.
            Relative paths begin at the folder of the file, and
            .B \\(ti/
            is the user's home.
            It may also have four tables.
            .PP
            .nf
            path = "handlers"
            port = 9000
            max\\-body = "64m"
            pass\\-env = ["LANG", "DATABASE_URL"]

            [env]
            GIT_PROJECT_ROOT = "/srv/git"

            [interpreters]
            tcl = "/usr/bin/tclsh"

            [routes."/reports"]
            handler\\-timeout = "10m"
            methods = ["GET", "POST"]

            [error\\-pages]
            404 = "pages/404.html"
            5xx = "pages/broken.html"
            .fi
            .SS [env]
            Variables to set for scripts, as
            .B \\-\\-env
            does. They win over variables of
            .BR pass\\-env .
            .SS [interpreters]
            Programs that run the files of an ending, as
            .B \\-\\-interpreter
            does.
            .SS [error\\-pages]
            Files to send when the server itself answers with an error.
            A key is a status from 400 to 599, or
            .B 4xx
            or
            .B 5xx
            for all other statuses.
            A file is at most 1 MiB long and in UTF\\-8, and ends in .html, .txt, .json, .xml or .svg.
            It is read at the start and at a reload.
            .SS [routes."/path"]
            Settings for the scripts at a path and below it.
            A longer path inherits the settings of the shorter ones.
            A path consists of the decoded names of folders and files.
            """;

    private static final String TAIL =
            """
            .SH EXIT STATUS
            .TP
            .B 0
            The server was stopped, or the command succeeded.
            .TP
            .B 1
            The server could not start or could not continue; a line for each reason says what to do.
            .TP
            .B 2
            A mistake in the options. All mistakes are listed, also those in a configuration file.
            .TP
            .BR 130 ", " 143
            A second SIGINT or SIGTERM cut off requests in progress.
            .SH FILES
            .TP
            .I ~/.config/caffeine/
            The folder that is served without
            .BR \\-\\-path .
            .TP
            .I /tmp/caffeine_NAME.pid
            The process number of an instance, as long as it runs.
            .TP
            .I ~/.local/share/caffeine/NAME.log
            The log of an instance. Beside it
            .I NAME.lock
            is locked as long as it runs, and
            .I NAME.json
            holds the details that
            .B \\-\\-list\\-instances
            shows.
            .TP
            .I share/doc/caffeine/caffeine.toml
            A configuration file with every key and its default,
            below the folder that Caffeine was installed to
            (/usr, /usr/local, ~/.local).
            .SH EXAMPLES
            .TP
            .B caffeine \\-\\-port 8080 \\-\\-workers 4
            Serve ~/.config/caffeine/ to this machine alone.
            .TP
            .B caffeine \\-\\-name site \\-\\-path /srv/site \\-\\-daemon
            Serve /srv/site in the background.
            .TP
            .B caffeine \\-\\-name site \\-\\-stop
            Stop this instance.
            .TP
            .B caffeine \\-\\-name site \\-\\-reload
            Make this instance read its configuration again.
            """;

    private ManPage() {}

    public static String text() {
        StringBuilder page = new StringBuilder(16_000).append(HEAD);
        Option.Group group = null;
        for (Option option : Option.values()) {
            if (option.group != group) {
                group = option.group;
                page.append(".SS ").append(escape(group.heading)).append('\n');
            }
            append(page, option);
        }
        page.append(FILE_HEAD);
        for (RouteSetting setting : RouteSetting.values()) {
            page.append(".TP\n\\fB").append(escape(setting.key())).append("\\fR \\fI");
            page.append(escape(value(setting))).append("\\fR\n");
            page.append(escape(describe(setting))).append('\n');
        }
        return page.append(TAIL).toString();
    }

    private static void append(StringBuilder page, Option option) {
        page.append(".TP\n");
        String[] names = option.names();
        for (int i = 0; i < names.length; i++) {
            page.append(i == 0 ? "" : ", ").append("\\fB").append(escape(names[i])).append("\\fR");
        }
        if (option.label != null) {
            page.append(" \\fI").append(escape(option.label)).append("\\fR");
        }
        page.append('\n').append(escape(sentence(option.description()))).append('\n');
        if (option.byDefault != null) {
            page.append("Default: ").append(escape(option.byDefault)).append(".\n");
        }
    }

    /** The value of a route's setting, in TOML. */
    public static String value(RouteSetting setting) {
        return switch (setting.type) {
            case FLAG -> "true, false";
            case COUNT -> "N";
            case SIZE -> "SIZE";
            case TIME -> "TIME";
            case WORD -> String.join(", ", setting.words);
            case TEXT -> "NAME";
            case TOKENS, VARIABLES -> "[NAME, ...]";
            case ASSIGNMENTS -> "{ NAME = \"value\", ... }";
        };
    }

    /** A sentence or two about a route's setting, for the page and docs/options.md. */
    public static String describe(RouteSetting setting) {
        return switch (setting) {
            case MODE ->
                    "What scripts write. cgi: a CGI response; direct: a whole HTTP response,"
                        + " straight to the client; text: plain text, and 500 if the exit status is"
                        + " not 0; websocket: messages; auto: CGI below a cgi-bin folder, websocket"
                        + " below a ws folder, elsewhere the first output of a script decides"
                        + " between cgi and direct. files: nothing is run; the files are sent, as"
                        + " auto does below a folder static.";
            case HANDLER_TIMEOUT, OUTPUT_QUIET -> "As the option.";
            case EXIT_STATUS ->
                    "With log, an exit status other than 0 is logged, and the response stays as it"
                            + " is; with strict, it cuts a response that declared no length.";
            case MAX_HANDLERS ->
                    "Scripts of the route that run at the same time. They also count for the limit"
                            + " of the server.";
            case MAX_QUEUE ->
                    "Requests that wait for a script of the route; one more gets 503. Needs"
                            + " max-handlers.";
            case PASS_ENV ->
                    "Variables to pass from the environment of the server. Replaces the list of the"
                            + " server; PATH is always passed.";
            case ENV ->
                    "Variables to set, in addition to those of the server and of shorter paths. The"
                            + " longest path wins.";
            case PASS_AUTHORIZATION, FOLLOW_LINKS, ENCODED_SLASH, WS_BINARY -> "As the option.";
            case METHODS -> "Allowed methods. Others get 405 with Allow. GET includes HEAD.";
            case CACHE_CONTROL -> "Value of the Cache-Control field of files, as in max-age=3600.";
            case CPU_TIME ->
                    "Processor time of each process, in whole seconds; then SIGXCPU, and SIGKILL a"
                            + " second later.";
            case MEMORY ->
                    "Address space of each process. A process that asks for more gets an error.";
            case PROCESSES ->
                    "Processes and threads of the script's user in all. Give the route a user of"
                            + " its own; processes of root are not counted.";
            case OPEN_FILES -> "Open files of each process, including the three standard ones.";
            case FILE_SIZE -> "Size of a file that a script writes.";
            case NICE -> "Niceness of the processes, 0 to 19.";
            case USER ->
                    "User to run scripts as, with the groups of this user. Needs a server that runs"
                            + " as root, without --user.";
        };
    }

    private static String sentence(String description) {
        String first = description.substring(0, 1);
        // The first word may be a value, which is written as it is.
        boolean isWord = description.matches("[a-z]+[ ,].*");
        return (isWord ? first.toUpperCase(java.util.Locale.ROOT) : first)
                + description.substring(1)
                + (description.endsWith(".") ? "" : ".");
    }

    /**
     * A backslash begins an escape, a hyphen would be a typographic one, a dot begins a request.
     */
    private static String escape(String text) {
        String escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti");
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }
}
