package caffeine.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

import java.util.List;

/**
 * Tells picocli of our options. Built by hand and not by annotations: the reflection would cost
 * every start some 40 ms. For the same reason all values are plain text to picocli.
 */
final class Specification {

    private Specification() {}

    static CommandSpec create() {
        CommandSpec command = CommandSpec.create().name("caffeine");
        for (Option option : Option.values()) {
            command.addOption(specify(option));
        }
        return command;
    }

    private static OptionSpec specify(Option option) {
        OptionSpec.Builder spec =
                OptionSpec.builder(option.names())
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
}
