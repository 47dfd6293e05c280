package caffeine.cli;

import caffeine.server.options.RouteSetting;

/** The manual page caffeine(1), in the language of man 7 man. */
final class ManPage {

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
            Every script and program below a folder becomes a web address.
            A script gets the request in its environment and on its standard input,
            as RFC 3875 has it, and writes a whole HTTP response to its standard output,
            which is the client's socket.
            Below a
            .I cgi-bin
            folder it writes a CGI response, of which the server makes HTTP.
            .PP
            The server listens on 127.0.0.1 until
            .B \\-\\-bind
            says otherwise.
            SIGTERM or SIGINT end it after the requests in progress; a second one cuts them off.
            .SH OPTIONS
            Given twice, the last of an option counts, unless it may be repeated.
            """;

    private static final String FILE_HEAD =
            """
            .SH CONFIGURATION FILE
            .B \\-\\-config
            names a file in TOML (https://toml.io).
            A key of it is the name of an option without its hyphens;
            what the command line says wins.
            Numbers,
            .B true
            and
            .B false
            are written as such, sizes and times as numbers or as text with a unit,
            several values as a list.
            Relative paths begin at the folder of the file, and
            .B \\(ti/
            is the user's home.
            Beside the options it may have four tables.
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
            Variables that scripts get, as
            .B \\-\\-env
            has them; they take the place of those of the same names that
            .B pass\\-env
            passes on.
            .SS [interpreters]
            What runs files that are not executable, by their endings, as
            .B \\-\\-interpreter
            has it.
            .SS [error\\-pages]
            Files that clients read when the server itself answers with an error.
            A key is a status from 400 to 599, or
            .B 4xx
            or
            .B 5xx
            for all others.
            A file is at most 1 MiB long and in UTF\\-8, and ends in .html, .txt, .json, .xml or .svg.
            It is read at the start and at a reload.
            .SS [routes."/path"]
            What holds for the scripts of a path and below it, where that is not what holds for all.
            A longer path has what the shorter ones say beside its own.
            Paths are the decoded names of folders and files, whole segments of them.
            """;

    private static final String TAIL =
            """
            .SH EXIT STATUS
            .TP
            .B 0
            It ended as it was told, or did what it was asked for.
            .TP
            .B 1
            It could not start, or could not go on; a line for each reason says what to do.
            .TP
            .B 2
            A mistake in the options. All mistakes are told, those in a configuration file too.
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
            The number of the process of an instance, as long as it runs.
            .TP
            .I ~/.local/share/caffeine/NAME.log
            The log of an instance. Beside it
            .I NAME.lock
            is locked as long as it runs, and
            .I NAME.json
            holds what
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
            Stop that again.
            .TP
            .B caffeine \\-\\-name site \\-\\-reload
            Have it read its configuration again.
            """;

    private ManPage() {}

    static String text() {
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
        page.append('\n').append(escape(sentence(option.description))).append('\n');
        if (option.byDefault != null) {
            page.append("Default: ").append(escape(option.byDefault)).append(".\n");
        }
    }

    /** What a route's setting takes, in TOML. */
    private static String value(RouteSetting setting) {
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

    private static String describe(RouteSetting setting) {
        return switch (setting) {
            case MODE ->
                    "What scripts write: a CGI response; a whole HTTP response, to the client"
                        + " (direct); text, which is answered as text/plain, 500 if the exit is not"
                        + " 0; auto: CGI below a cgi-bin folder, elsewhere the first answer of a"
                        + " script tells whether it is CGI or direct.";
            case HANDLER_TIMEOUT, OUTPUT_QUIET -> "As the option.";
            case EXIT_STATUS ->
                    "With log, an exit other than 0 is logged, and the response stays as it is;"
                            + " with strict it cuts a response that does not say its length.";
            case MAX_HANDLERS ->
                    "Scripts of the route that run at one time; they count for the server's limit"
                            + " too.";
            case MAX_QUEUE ->
                    "Beside max-handlers: requests that wait for a script of the route; one more is"
                            + " answered 503.";
            case PASS_ENV -> "In place of the server's list; PATH is always passed.";
            case ENV ->
                    "Variables beside those of the server and of shorter paths, and in place of"
                            + " those of the same names.";
            case PASS_AUTHORIZATION, FOLLOW_LINKS, ENCODED_SLASH -> "As the option.";
            case METHODS -> "Others are answered 405 with Allow; GET has HEAD with it.";
            case CPU_TIME ->
                    "Processor time of each process, in whole seconds; then SIGXCPU, and a second"
                            + " later SIGKILL.";
            case MEMORY -> "Address space of each process: to ask for more fails.";
            case PROCESSES ->
                    "Processes and threads of the script's user in all, so it is for a user of its"
                            + " own; root's are not counted.";
            case OPEN_FILES -> "Open files of each process, the three standard ones among them.";
            case FILE_SIZE -> "Of a file that is written.";
            case NICE -> "How much scripts yield to others, 0 to 19.";
            case USER ->
                    "User to run scripts as, with that user's groups; for a server that is root,"
                            + " without --user.";
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
