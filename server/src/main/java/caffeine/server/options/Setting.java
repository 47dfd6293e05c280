package caffeine.server.options;

/**
 * A setting in an advice of a message, with the name that its reader knows: a program sets a part
 * of {@link ServerOptions}; the command {@code caffeine} has options.
 */
public enum Setting {
    /** The port. */
    PORT("ServerOptions.onPort", "--port"),
    /** The addresses. */
    ADDRESS("ServerOptions.withAddresses", "--bind"),
    /** The engine. */
    ENGINE("Server.start", "--engine"),
    /** The most connections. */
    CONNECTIONS("ServerLimits.connections", "--max-connections"),
    /** The time limit of a handler. */
    HANDLER_TIMEOUT("Deadlines.handlerNs", "--handler-timeout"),
    /** How long a child of an ended script may be silent. */
    OUTPUT_QUIET("RouteSetting.OUTPUT_QUIET", "--output-quiet"),
    /** The largest message of WebSocket. */
    MESSAGE_BYTES("WebSocketOptions.messageBytes", "--max-message"),
    /** Whether messages to clients are binary. */
    WS_BINARY("RouteSetting.WS_BINARY", "--ws-binary"),
    /** The folder of files for X-Sendfile. */
    SENDFILE_ROOT("FileOptions.sendfileRoot", "--sendfile-root");

    private static volatile boolean inOptions;

    private final String member;
    private final String option;

    Setting(String member, String option) {
        this.member = member;
        this.option = option;
    }

    /** This process belongs to the command: messages name its options from now on. */
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

    /** The name for the reader. */
    @Override
    public String toString() {
        return inOptions ? option : member;
    }
}
