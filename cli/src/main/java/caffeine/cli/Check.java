package caffeine.cli;

import caffeine.cli.options.Addresses;
import caffeine.cli.options.Arguments;
import caffeine.cli.options.ConfigFile;
import caffeine.cli.options.Configuration;
import caffeine.cli.options.Kind;
import caffeine.cli.options.Option;
import caffeine.cli.options.Surroundings;
import caffeine.cli.options.Text;
import caffeine.cli.options.UsageException;
import caffeine.cli.serve.Server;
import caffeine.server.engine.StartException;
import caffeine.server.options.App;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ServerOptions;
import caffeine.server.script.Script;
import caffeine.server.script.Survey;
import caffeine.server.script.Survey.Finding;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code --check}: reads the configuration, checks the handlers, and prints what would be served,
 * without starting anything. The result goes to standard output, mistakes go to standard error.
 */
final class Check {

    private static final int ADDRESS_WIDTH = 32;
    private static final int SETTING_WIDTH = 44;

    private final Arguments arguments;
    private final ServerOptions options;
    private final StringBuilder text = new StringBuilder(2_000);

    private Check(Arguments arguments, ServerOptions options) {
        this.arguments = arguments;
        this.options = options;
    }

    /**
     * Checks.
     *
     * @return the exit code: 1 when something is wrong
     * @throws UsageException for a mistake in the command line
     * @throws StartException for what would prevent a start
     */
    static int run(Arguments words, PrintStream output, Surroundings surroundings)
            throws UsageException, StartException {
        Arguments arguments = words.withFile(surroundings.home());
        ServerOptions options = new Configuration(arguments, surroundings).read().server();
        List<Finding> findings = survey(options);
        Check check = new Check(arguments, options);
        check.printSettings();
        check.printErrorPages();
        check.printRoutes();
        check.printHandlers(findings);
        List<String> wrong = new ArrayList<>(check.emptyRoutes());
        wrong.addAll(check.wrong(findings));
        check.printResult(findings, wrong.size());
        output.print(check.text);
        output.flush();
        wrong.forEach(surroundings::print);
        return wrong.isEmpty() ? Server.OK : Server.FAILED;
    }

    private static List<Finding> survey(ServerOptions options) throws StartException {
        if (options.app() != App.SCRIPTS) {
            return List.of();
        }
        try {
            return Survey.of(options);
        } catch (IOException e) {
            throw new StartException(String.valueOf(e.getMessage()));
        }
    }

    /** Every setting as a configuration file would say it, and where it comes from. */
    private void printSettings() {
        text.append("Settings\n");
        for (Option option : Option.values()) {
            if (option == Option.ENV) {
                printVariables();
            } else if (option.isForAFile() && !option.isTable()) {
                line(option.key() + " = " + value(option), SETTING_WIDTH, arguments.source(option));
            }
        }
        for (String each : arguments.values(Option.TYPE)) {
            int equals = each.indexOf('=');
            line(
                    Option.TYPE.key()
                            + "."
                            + each.substring(0, equals)
                            + " = "
                            + Text.quoted(each.substring(equals + 1)),
                    SETTING_WIDTH,
                    arguments.source(Option.TYPE, each.substring(0, equals + 1)));
        }
        if (options.app() == App.SCRIPTS) {
            for (ScriptOptions.Interpreter each : options.scripts().interpreters()) {
                line(
                        "interpreters." + each.ending() + " = " + Text.quoted(each.command()),
                        SETTING_WIDTH,
                        each.cgiOnly() ? "writes CGI" : "");
            }
        }
    }

    /** Their names alone: what they are set to may be a secret. */
    private void printVariables() {
        Set<String> names = new LinkedHashSet<>();
        arguments.values(Option.ENV).forEach(each -> names.add(name(each)));
        for (String name : names) {
            line(variable(name), SETTING_WIDTH, arguments.source(Option.ENV, name + "="));
        }
    }

    private static String name(String assignment) {
        return assignment.substring(0, assignment.indexOf('='));
    }

    private static String variable(String name) {
        return Option.ENV.key() + "." + name + " = (not shown)";
    }

    /** Which files clients read of errors. */
    private void printErrorPages() {
        ConfigFile file = arguments.file();
        if (file == null) {
            return;
        }
        file.errorPages()
                .forEach(
                        (status, page) ->
                                line(
                                        ConfigFile.ERROR_PAGES
                                                + "."
                                                + status
                                                + " = "
                                                + Text.quoted(page.text()),
                                        SETTING_WIDTH,
                                        file.name() + ":" + page.line()));
    }

    /** The settings of each route, and where they are written. */
    private void printRoutes() {
        ConfigFile file = arguments.file();
        List<ConfigFile.Route> routes = file == null ? List.of() : file.routes();
        if (file == null || routes.isEmpty() || options.app() != App.SCRIPTS) {
            return;
        }
        text.append("\nRoutes (what they do not say holds as above)\n");
        for (ConfigFile.Route route : routes) {
            text.append("  ").append(Text.oneLine(route.path())).append('\n');
            for (RouteSetting setting : RouteSetting.values()) {
                if (setting.type == RouteSetting.Type.ASSIGNMENTS) {
                    printVariables(file, route, setting);
                    continue;
                }
                List<ConfigFile.Route> saying = file.routesWith(route, setting);
                ConfigFile.Route says = saying.isEmpty() ? null : saying.getLast();
                List<ConfigFile.Entry> said = says == null ? null : says.settings().get(setting);
                if (says != null && said != null) {
                    int line = said.isEmpty() ? says.line() : said.getFirst().line();
                    String place = file.name() + ":" + line;
                    line(
                            "  " + setting.key() + " = " + written(setting, said),
                            SETTING_WIDTH,
                            says.equals(route) ? place : place + ", of " + says.path());
                }
            }
        }
    }

    /** Those of a route and of the wider ones, each where it is set last. */
    private void printVariables(ConfigFile file, ConfigFile.Route route, RouteSetting setting) {
        Map<String, String> places = new LinkedHashMap<>();
        for (ConfigFile.Route each : file.routesWith(route, setting)) {
            for (ConfigFile.Entry entry : each.settings().getOrDefault(setting, List.of())) {
                String place = file.name() + ":" + entry.line();
                places.put(
                        name(entry.text()),
                        each.equals(route) ? place : place + ", of " + each.path());
            }
        }
        places.forEach((name, place) -> line("  " + variable(name), SETTING_WIDTH, place));
    }

    private static String written(RouteSetting setting, List<ConfigFile.Entry> said) {
        boolean bare =
                setting.type == RouteSetting.Type.FLAG || setting.type == RouteSetting.Type.COUNT;
        List<String> values =
                said.stream()
                        .map(ConfigFile.Entry::text)
                        .map(each -> bare ? each : Text.quoted(each))
                        .toList();
        return setting.type.isList() ? values.toString() : values.getFirst();
    }

    private String value(Option option) {
        Kind kind = Kind.of(option);
        if (kind == Kind.FLAG) {
            return Boolean.toString(arguments.has(option) != option.isNegative());
        }
        if (option == Option.PATH && options.app() == App.SCRIPTS) {
            return Text.quoted(options.scripts().root().toString());
        }
        List<String> given = arguments.values(option);
        if (option.isRepeatable() && (option.byDefault == null || given.size() > 1)) {
            List<String> quoted = new ArrayList<>();
            given.forEach(each -> quoted.add(Text.quoted(each)));
            return quoted.toString();
        }
        String value = given.isEmpty() ? option.byDefault : given.getLast();
        if (value == null) {
            return "(none)";
        }
        return kind == Kind.COUNT ? value : Text.quoted(value);
    }

    private void printHandlers(List<Finding> findings) {
        if (options.app() == App.FILES) {
            text.append("\nNo handlers: the files of the folder are sent.\n");
            return;
        }
        if (options.app() != App.SCRIPTS) {
            text.append("\nNo handlers: ").append("every request is answered by the app.\n");
            return;
        }
        text.append("\nHandlers\n");
        long sent = 0;
        for (Finding finding : findings) {
            Script script = finding.script();
            if (script != null && !finding.isWrong()) {
                String address = String.valueOf(finding.address());
                boolean index = address.endsWith("/index");
                String also = index ? address.substring(0, address.length() - 5) : "";
                line(index ? also + "  " + address : address, ADDRESS_WIDTH, describe(script));
            } else if (finding.isSent()) {
                sent++;
            }
        }
        if (sent > 0) {
            text.append("  ").append(number(sent, "file")).append(" sent as they are\n");
        }
        for (Finding finding : findings) {
            if (finding.trouble() != null && finding.harmless()) {
                line(finding.name(), ADDRESS_WIDTH, finding.trouble());
            }
        }
    }

    private static String describe(Script script) {
        String mode =
                switch (script.mode()) {
                    case CGI -> script.isRawByName() ? "cgi, passed on as it is (nph-)" : "cgi";
                    case DIRECT -> "direct";
                    case AUTO -> "cgi or direct, as its first answer tells";
                    case TEXT -> "text";
                    case WEBSOCKET -> "websocket";
                };
        String interpreter = script.interpreterText();
        return interpreter == null ? mode : mode + ", by " + interpreter;
    }

    /** A path at which nothing lies is probably written wrong. */
    private List<String> emptyRoutes() throws StartException {
        ConfigFile file = arguments.file();
        List<String> wrong = new ArrayList<>();
        if (file == null || options.app() != App.SCRIPTS) {
            return wrong;
        }
        List<String> empty = listEmptyRoutes();
        for (ConfigFile.Route route : file.routes()) {
            if (empty.contains(route.path().replaceFirst("/$", ""))) {
                String text =
                        route.name(null)
                                + " leads to no script and no folder; correct the path, or remove"
                                + " the table";
                wrong.add(file.place(route.line()) + text);
            }
        }
        return wrong;
    }

    private List<String> listEmptyRoutes() throws StartException {
        try {
            return Survey.emptyRoutes(options);
        } catch (IOException e) {
            throw new StartException(String.valueOf(e.getMessage()));
        }
    }

    private List<String> wrong(List<Finding> findings) {
        List<String> wrong = new ArrayList<>();
        for (Finding finding : findings) {
            if (finding.isWrong()) {
                wrong.add(
                        options.scripts().root() + "/" + finding.name() + ": " + finding.trouble());
            }
        }
        return wrong;
    }

    private void printResult(List<Finding> findings, int wrong) {
        long handlers =
                findings.stream().filter(each -> each.script() != null && !each.isWrong()).count();
        text.append('\n')
                .append(Addresses.all(options.network()))
                .append(" would serve ")
                .append(served(handlers))
                .append("; ")
                .append(wrong == 0 ? "nothing is wrong" : number(wrong, "thing") + " wrong")
                .append('\n');
    }

    private String served(long handlers) {
        return switch (options.app()) {
            case SCRIPTS -> number(handlers, "handler");
            case FILES -> "the files of " + options.files().folder();
            case HELLO, ECHO, WS_ECHO -> "the app";
        };
    }

    private static String number(long count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }

    private void line(String left, int width, String right) {
        int start = text.length();
        text.append("  ").append(Text.oneLine(left));
        if (!right.isEmpty()) {
            do {
                text.append(' ');
            } while (text.length() - start < width);
            text.append(Text.oneLine(right));
        }
        text.append('\n');
    }
}
