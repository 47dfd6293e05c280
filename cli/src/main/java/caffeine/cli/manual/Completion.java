package caffeine.cli.manual;

import caffeine.cli.options.Option;

import java.util.Arrays;
import java.util.StringJoiner;

/** Completion scripts for shells, made from the table of options. */
public final class Completion {

    private static final String INSTANCES =
            "$HOME/.local/share/caffeine"; // As InstanceFiles has it, for the shell to expand.

    private Completion() {}

    public static String forBash() {
        StringJoiner names = new StringJoiner(" ");
        StringBuilder values = new StringBuilder();
        for (Option option : Option.values()) {
            Arrays.stream(option.names()).forEach(names::add);
            if (option.takesValue()) {
                values.append("    ").append(String.join(" | ", option.names())).append(")\n");
                values.append("        ").append(bashValues(option)).append("\n        return\n");
                values.append("        ;;\n");
            }
        }
        return """
        # Completion of caffeine(1) for bash. Made from the table of options.
        _caffeine() {
            local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
            # "--engine=pre" are three words to bash.
            if [[ $cur == = ]]; then
                cur=
            elif [[ $prev == = ]]; then
                prev=${COMP_WORDS[COMP_CWORD - 2]}
            fi
            COMPREPLY=()
            case $prev in
        %s    esac
            mapfile -t COMPREPLY < <(compgen -W '%s' -- "$cur")
        }
        complete -o filenames -F _caffeine caffeine
        """
                .formatted(values, names);
    }

    private static String bashValues(Option option) {
        String how = "";
        if (option == Option.NAME) {
            how =
                    "-W \"$(cd \""
                            + INSTANCES
                            + "\" 2>/dev/null && printf '%s\\n' *.lock | sed -n"
                            + " 's/\\([^*]\\)\\.lock$/\\1/p')\"";
        } else if (option == Option.USER) {
            how = "-u";
        } else if (!option.choices().isEmpty()) {
            how = "-W '" + String.join(" ", option.choices()) + "'";
        } else if (option.isPath()) {
            how = "FOLDER".equals(option.label) ? "-d" : "-f";
        }
        return how.isEmpty()
                ? ": # free text"
                : "mapfile -t COMPREPLY < <(compgen " + how + " -- \"$cur\")";
    }

    public static String forZsh() {
        StringBuilder specs = new StringBuilder();
        for (Option option : Option.values()) {
            specs.append(" \\\n    ").append(zshSpec(option));
        }
        return """
        #compdef caffeine
        # Completion of caffeine(1) for zsh. Made from the table of options.
        _caffeine_instances() {
            local -a names
            names=(%s/*.lock(N:t:r))
            compadd -a names
        }
        _arguments -s%s
        """
                .formatted(INSTANCES, specs);
    }

    /**
     * One of the forms of man 1 zshcompsys, _arguments: {@code '(-p --port)'{-p+,--port=}'[...]'}.
     */
    private static String zshSpec(Option option) {
        String label = option.label;
        String value = label == null ? "" : ":" + escape(label) + ":" + zshValues(option);
        String[] names = option.names().clone();
        for (int i = 0; option.takesValue() && i < names.length; i++) {
            names[i] += names[i].startsWith("--") ? "=" : "+";
        }
        String exclusion =
                option.isRepeatable() ? "*" : "(" + String.join(" ", option.names()) + ")";
        String what = "[" + escape(option.description()) + "]" + value;
        return names.length == 1
                ? "'" + exclusion + names[0] + what + "'"
                : "'" + exclusion + "'{" + String.join(",", names) + "}'" + what + "'";
    }

    private static String zshValues(Option option) {
        if (option == Option.NAME || option == Option.USER) {
            return option == Option.NAME ? "_caffeine_instances" : "_users";
        }
        if (!option.choices().isEmpty()) {
            return "(" + String.join(" ", option.choices()) + ")";
        }
        return option.isPath() ? "FOLDER".equals(option.label) ? "_files -/" : "_files" : " ";
    }

    /** Brackets end a description, and colons begin the next part. */
    private static String escape(String text) {
        return escapeQuotes(text.replaceAll("([\\[\\]:\\\\])", "\\\\$1"));
    }

    private static String escapeQuotes(String text) {
        return text.replace("'", "'\\''");
    }
}
