package caffeine.server.options;

/** Severity of a log line, in ascending order, so that {@code compareTo} filters. */
public enum LogLevel {
    DEBUG,
    INFO,
    WARN,
    ERROR
}
