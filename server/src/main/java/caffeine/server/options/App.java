package caffeine.server.options;

/** What answers requests, whichever engine brings them. */
public enum App {
    /** Scripts and programs below a folder. */
    SCRIPTS,
    /** {@code Hello, World!} to everything: what a server costs when its handler costs nothing. */
    HELLO,
    /** The request's content, with its type. */
    ECHO
}
