package caffeine.cli.options;

import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ScriptOptions.Interpreter;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The programs that run files by their endings: the usual ones, and the user's choices. */
final class Interpreters {

    private static final String ADVICE =
            "give an ending and a program as in py=python3 or py=/opt/python/bin/python3";

    private Interpreters() {}

    /**
     * The usual interpreters, with replacements and additions.
     *
     * @param choices what {@code --interpreter} said: {@code ENDING=COMMAND}
     * @param wrong receives each invalid one
     */
    static List<Interpreter> of(List<String> choices, Consumer<UsageException> wrong) {
        List<Interpreter> interpreters = new ArrayList<>(ScriptOptions.DEFAULT_INTERPRETERS);
        for (String choice : choices) {
            try {
                put(parse(choice), interpreters);
            } catch (UsageException e) {
                wrong.accept(e);
            }
        }
        return interpreters;
    }

    private static void put(Interpreter chosen, List<Interpreter> interpreters) {
        int place = 0;
        while (place < interpreters.size()
                && !interpreters.get(place).ending().equals(chosen.ending())) {
            place++;
        }
        if (place < interpreters.size()) {
            interpreters.set(place, chosen);
        } else {
            interpreters.add(chosen);
        }
    }

    private static Interpreter parse(String choice) throws UsageException {
        int equals = choice.indexOf('=');
        if (equals < 0) {
            throw mistake(choice, "has no =");
        }
        String ending = choice.substring(choice.startsWith(".") ? 1 : 0, equals);
        String command = choice.substring(equals + 1);
        if (ending.isEmpty() || ending.indexOf('.') >= 0 || ending.indexOf('/') >= 0) {
            throw mistake(choice, "does not begin with an ending");
        }
        if (command.isEmpty()) {
            throw mistake(choice, "names no program");
        }
        boolean isPath = command.indexOf('/') >= 0;
        if (isPath && !command.startsWith("/")) {
            throw mistake(choice, "names a program by a path that is not absolute");
        }
        // No program's name has a space in it, but arguments have one before them.
        if (!isPath && command.indexOf(' ') >= 0) {
            throw mistake(choice, "has arguments, and a program takes none here");
        }
        return new Interpreter(ending, command, speaksCgiOnly(command));
    }

    /** php-cgi writes a CGI response wherever the script lies; so do php-cgi8.4 and its like. */
    private static boolean speaksCgiOnly(String command) {
        return command.startsWith("php-cgi", command.lastIndexOf('/') + 1);
    }

    private static UsageException mistake(String choice, String reason) {
        return new UsageException(Option.INTERPRETER, choice, reason, ADVICE);
    }
}
