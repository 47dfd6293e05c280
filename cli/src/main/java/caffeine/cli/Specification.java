package caffeine.cli;

import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

import java.util.List;

/**
 * Tells picocli of our options. Built by hand and not by annotations: the reflection would cost
 * every start some 40 ms. For the same reason all values are plain text to picocli, and the
 * headings are only there when the help is printed.
 */
final class Specification {

    private static final int WIDTH = 98;
    private static final int WIDEST_NAME = 34;

    private Specification() {}

    static CommandSpec forParsing() {
        CommandSpec command = CommandSpec.create().name("caffeine");
        for (Option option : Option.values()) {
            command.addOption(specify(option));
        }
        return command;
    }

    static CommandSpec forHelp() {
        CommandSpec command = CommandSpec.create().name("caffeine");
        int place = 0;
        for (Option.Group group : Option.Group.values()) {
            ArgGroupSpec.Builder section =
                    ArgGroupSpec.builder()
                            .heading("%n" + group.heading + "%n")
                            .validate(false)
                            .order(place++);
            for (Option option : Option.values()) {
                if (option.group == group) {
                    section.addArg(specify(option));
                }
            }
            command.addArgGroup(section.build());
        }
        command.usageMessage()
                .width(WIDTH)
                .longOptionsMaxWidth(WIDEST_NAME)
                .sortOptions(false)
                .abbreviateSynopsis(true)
                .description("Every script and program below a folder becomes a web address.")
                .footer(
                        "",
                        "Examples",
                        "  caffeine --path examples              serve a folder to this machine",
                        "  caffeine --path site -p 80 --bind ::  to everyone, IPv6 and IPv4",
                        "  caffeine --path app --cgi --interpreter py=/opt/python/bin/python3",
                        "  caffeine --path app --pass-env DATABASE_URL,LANG --handler-timeout 5m",
                        "",
                        "SIGTERM or SIGINT (Ctrl-C) ends it after the requests in progress; a"
                                + " second one cuts them off.",
                        "Exit codes: 0 ended as told, 1 could not start or go on, 2 a mistake in"
                                + " the options.");
        return command;
    }

    private static OptionSpec specify(Option option) {
        OptionSpec.Builder spec =
                OptionSpec.builder(option.names())
                        .description(description(option))
                        .usageHelp(option == Option.HELP)
                        .versionHelp(option == Option.VERSION);
        if (!option.takesValue()) {
            return spec.type(boolean.class).build();
        }
        spec.paramLabel(option.label);
        if (option.isRepeatable()) {
            return spec.type(List.class).auxiliaryTypes(String.class).arity("1").build();
        }
        return spec.type(String.class).build();
    }

    private static String description(Option option) {
        return option.byDefault == null
                ? option.description
                : option.description + " (default: " + option.byDefault + ")";
    }
}
