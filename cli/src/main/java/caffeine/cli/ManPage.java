package caffeine.cli;

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
