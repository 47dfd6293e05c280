package caffeine.server.options;

/**
 * A setting that a message advises to change, in the words of its reader: a program that has a
 * server in it sets a part of {@link ServerOptions}; the command {@code caffeine} has options.
 */
public enum Setting {
    PORT("ServerOptions.onPort", "--port"),
    ADDRESS("ServerOptions.withAddresses", "--bind"),
    ENGINE("Server.start", "--engine"),
    CONNECTIONS("ServerLimits.connections", "--max-connections"),
    HANDLER_TIMEOUT("Deadlines.handlerNs", "--handler-timeout"),
    OUTPUT_QUIET("RouteSetting.OUTPUT_QUIET", "--output-quiet");

    private static volatile boolean inOptions;

    private final String member;
    private final String option;

    Setting(String member, String option) {
        this.member = member;
        this.option = option;
    }

    /** This process is one of the command's: messages name its options from now on. */
    public static void nameOptions() {
        inOptions = true;
    }

    /** Whether messages name the command's options. */
    public static boolean namesOptions() {
        return inOptions;
    }

    /** The command's option. */
    public String option() {
        return option;
    }

    /** What its reader calls it. */
    @Override
    public String toString() {
        return inOptions ? option : member;
    }
}
