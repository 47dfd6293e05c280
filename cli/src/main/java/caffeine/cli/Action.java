package caffeine.cli;

import caffeine.cli.instance.InstanceFiles;
import caffeine.cli.options.Arguments;
import caffeine.cli.options.Option;
import caffeine.cli.options.UsageException;

import org.jspecify.annotations.Nullable;

import java.util.Set;

/** The action of a command. */
enum Action {
    SERVE(null),
    CHECK(Option.CHECK),
    TRY(Option.TRY),
    START_DAEMON(Option.DAEMON),
    STOP(Option.STOP),
    RELOAD(Option.RELOAD),
    LIST_INSTANCES(Option.LIST_INSTANCES),
    PRINT_LOG(Option.LOG),
    RESET_LOGS(Option.RESET_LOGS);

    /** Actions in plain Java, without native calls, because that starts faster. */
    private static final Set<Option> WITHOUT_NATIVE_CALLS =
            Set.of(
                    Option.LIST_INSTANCES,
                    Option.LOG,
                    Option.RESET_LOGS,
                    Option.HELP,
                    Option.ENGINES,
                    Option.VERSION);

    /** The flag of the action; null: none. */
    @SuppressWarnings("ImmutableEnumChecker") // one of the table, which holds constants
    private final @Nullable Option flag;

    Action(@Nullable Option flag) {
        this.flag = flag;
    }

    /**
     * The action of these arguments. Two actions at once, or a missing argument, is added to the
     * mistakes.
     */
    static Action of(Arguments arguments) {
        Action asked = SERVE;
        for (Action action : values()) {
            if (action.flag != null && arguments.has(action.flag)) {
                if (asked.flag != null) {
                    arguments.add(
                            new UsageException(
                                    asked.flag.longName()
                                            + " and "
                                            + action.flag.longName()
                                            + " do not go together; give one of them"));
                    return asked;
                }
                asked = action;
            }
        }
        String name = arguments.given(Option.NAME);
        if (name != null && !InstanceFiles.isName(name)) {
            arguments.add(
                    new UsageException(
                            Option.NAME, name, "cannot be a name", "give " + InstanceFiles.NAMES));
        }
        if (arguments.isWhole()) {
            asked.checkThatItHasAName(arguments);
            if (!arguments.has(Option.ENGINES)) {
                requireBeside(arguments, Option.JSON, Option.LIST_INSTANCES);
            }
            requireBeside(arguments, Option.FOLLOW, Option.LOG);
            requireBeside(arguments, Option.METHOD, Option.TRY);
            requireBeside(arguments, Option.BODY, Option.TRY);
            requireBeside(arguments, Option.FIELD, Option.TRY);
        }
        return asked;
    }

    private void checkThatItHasAName(Arguments arguments) {
        boolean hasName = arguments.given(Option.NAME) != null;
        if (flag == null || this == CHECK || this == TRY) {
            return;
        }
        if (this == LIST_INSTANCES && hasName) {
            arguments.add(new UsageException(flag.longName() + " lists all; leave --name out"));
        }
        if (this != LIST_INSTANCES && !hasName) {
            arguments.add(
                    new UsageException(
                            flag.longName() + " needs to know which instance; add --name NAME"));
        }
    }

    private static void requireBeside(Arguments arguments, Option option, Option other) {
        if (arguments.has(option) && !arguments.has(other)) {
            arguments.add(
                    new UsageException(
                            option.longName()
                                    + " belongs to "
                                    + other.longName()
                                    + "; add that, or leave it out"));
        }
    }

    /** Whether it needs the full configuration of a server. */
    boolean readsConfiguration() {
        return switch (this) {
            case SERVE, CHECK, TRY, START_DAEMON -> true;
            case STOP, RELOAD, LIST_INSTANCES, PRINT_LOG, RESET_LOGS -> false;
        };
    }

    /**
     * Whether a command line needs no native call. Decided by its words alone: a value that looks
     * like an option gives a wrong answer, which only makes the command a little slower.
     */
    static boolean isQuick(String... words) {
        for (String word : words) {
            for (Option option : WITHOUT_NATIVE_CALLS) {
                for (String name : option.names()) {
                    if (word.equals(name)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
