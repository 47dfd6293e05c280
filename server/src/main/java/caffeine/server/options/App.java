package caffeine.server.options;

/** The application that answers requests. */
public enum App {
    /** Scripts and programs below a folder. */
    SCRIPTS,
    /** {@code Hello, World!} for every request: shows the cost of the server itself. */
    HELLO,
    /** The request's content, with its type. */
    ECHO
}
