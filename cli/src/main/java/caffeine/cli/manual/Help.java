package caffeine.cli.manual;

import caffeine.cli.options.Option;
import caffeine.cli.options.Text;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engines.Engines;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.StringJoiner;

/** The output of {@code --help}. Laid out here, without loading a parser. */
public final class Help {

    private static final int WIDTH = 98;

    /** Where descriptions begin: behind the longest name, or on the next line. */
    private static final int COLUMN = 39;

    private static final String HEAD =
            """
            Usage: caffeine [OPTIONS]
            Serve a folder over HTTP: each script or program in it gets a web address.
            """;

    private static final String EXAMPLES =
            """

            Examples
              caffeine --path examples                    serve a folder to this machine only
              caffeine --path site -p 80 --bind 0.0.0.0   serve a folder to the network
              caffeine --path app --cgi --interpreter py=/opt/python/bin/python3
              caffeine --path app --pass-env DATABASE_URL,LANG --handler-timeout 5m

            SIGTERM or SIGINT (Ctrl-C) drains and stops the server; a second one cuts off requests.
            Exit codes: 0 success, 1 could not start or continue, 2 a mistake in the options.
            """;

    private Help() {}

    /**
     * The text.
     *
     * @param example a configuration file to begin with; null for none
     */
    public static String text(@Nullable Path example) {
        StringBuilder text = new StringBuilder(6_000).append(HEAD);
        Option.Group group = null;
        for (Option option : Option.values()) {
            if (option.group != group) {
                group = option.group;
                text.append('\n').append(group.heading).append('\n');
            }
            int start = text.length();
            appendNames(text, option);
            if (text.length() - start >= COLUMN) {
                text.append('\n');
                start = text.length();
            }
            pad(text, start);
            String description =
                    option.byDefault == null
                            ? option.description()
                            : option.description() + " (default: " + option.byDefault + ")";
            appendWrapped(text, start, description);
            text.append('\n');
        }
        text.append(EXAMPLES);
        if (example != null) {
            text.append("A configuration file with every key and its default: ");
            text.append(Text.oneLine(example.toString())).append('\n');
        }
        return text.toString();
    }

    /** The output of {@code --engines}: each engine and its drawing. */
    public static String engines() {
        StringBuilder text = new StringBuilder(2_000);
        for (EngineDescription engine : Engines.ALL) {
            text.append(text.isEmpty() ? "" : "\n").append(engine.name());
            text.append(engine.equals(Engines.DEFAULT) ? " (default)" : "");
            text.append(": ").append(whetherItRuns(engine)).append('\n');
            engine.drawing()
                    .lines()
                    .map(line -> line.isEmpty() ? "\n" : "  " + line + "\n")
                    .forEach(text::append);
        }
        return text.toString();
    }

    private static String whetherItRuns(EngineDescription engine) {
        String obstacle = engine.obstacle();
        EngineDescription.Substitute other = engine.substitute();
        if (obstacle != null) {
            return obstacle;
        }
        return other == null
                ? "runs here"
                : other.engine().name() + " runs in its place (" + other.reason() + ")";
    }

    /** The same for programs: a JSON array, with each engine on a line of its own. */
    public static String enginesAsJson() {
        StringJoiner json = new StringJoiner(",\n", "[\n", "\n]\n");
        for (EngineDescription engine : Engines.ALL) {
            EngineOption size = engine.size();
            StringJoiner choices = new StringJoiner(",", "{", "}");
            for (EngineOption option : engine.options()) {
                if (!option.isNumber()) {
                    String words = String.join("\",\"", option.choices());
                    choices.add("\"%s\":[\"%s\"]".formatted(option.name(), words));
                }
            }
            json.add(
                    ("{\"name\":\"%s\",\"runsHere\":%b,\"size\":%s,\"choices\":%s,"
                         + "\"sequential\":%b,\"processPerConnection\":%b,\"portable\":%b,\"descriptors\":%b}")
                            .formatted(
                                    engine.name(),
                                    engine.obstacle() == null && engine.substitute() == null,
                                    size == null ? null : '"' + size.name() + '"',
                                    choices,
                                    engine.isSequential(),
                                    engine.isProcessPerConnection(),
                                    engine.isPortable(),
                                    engine.hasDescriptors()));
        }
        return json.toString();
    }

    private static void appendNames(StringBuilder text, Option option) {
        String[] names = option.names();
        text.append(names.length == 1 ? "      " : "  " + names[0] + ", ");
        text.append(option.longName());
        if (option.label != null) {
            text.append('=').append(option.label);
        }
    }

    /** Spaces up to the column of descriptions. */
    private static void pad(StringBuilder text, int lineStart) {
        while (text.length() - lineStart < COLUMN) {
            text.append(' ');
        }
    }

    private static void appendWrapped(StringBuilder text, int start, String words) {
        int lineStart = start;
        int from = 0;
        while (from < words.length()) {
            int space = words.indexOf(' ', from);
            int to = space < 0 ? words.length() : space;
            if (text.length() - lineStart + 1 + to - from > WIDTH) {
                text.append('\n');
                lineStart = text.length();
                pad(text, lineStart);
            } else if (from > 0) {
                text.append(' ');
            }
            text.append(words, from, to);
            from = to + 1;
        }
    }
}
