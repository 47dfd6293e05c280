package caffeine.server.options;

/** How much a log line matters; in order, so that {@code compareTo} filters. */
public enum LogLevel {
    DEBUG,
    INFO,
    WARN,
    ERROR
}
