package caffeine.server.options;

/** The application that answers requests. */
public enum App {
    /** Scripts and programs below a folder. */
    SCRIPTS,
    /** The files of a folder. */
    FILES,
    /** {@code Hello, World!} for every request: shows the cost of the server itself. */
    HELLO,
    /** The request's content, with its type. */
    ECHO,
    /** WebSocket at {@code /echo}, where each message comes back. */
    WS_ECHO
}
