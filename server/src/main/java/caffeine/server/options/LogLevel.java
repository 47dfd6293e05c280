package caffeine.server.options;

/** Severity of a log line, in ascending order, so that {@code compareTo} filters. */
public enum LogLevel {
    /** What clients do wrong, and what the server does about it. */
    DEBUG,
    /** Requests, starts and stops. */
    INFO,
    /** A limit was reached, or something failed that the server can do without. */
    WARN,
    /** A handler or a part of the server failed. */
    ERROR
}
