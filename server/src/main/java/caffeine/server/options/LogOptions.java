package caffeine.server.options;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Objects;

/**
 * Log settings.
 *
 * <pre>{@code
 * LogOptions.of(LogLevel.INFO).withLogger(System.getLogger("web"))
 * }</pre>
 *
 * @param level the least severe line that is written
 * @param file where lines go; null for standard error. Only the process that starts the server
 *     opens it, once at the start and again at a reopen
 * @param echo whether lines go to standard error as well as to the file
 * @param accessFile where a line for each exchange goes; {@link #STANDARD_OUTPUT}; or null to have
 *     it among the other lines, at INFO
 * @param accessFormat how such a line looks in a file of its own
 * @param logger of the program, which gets the lines instead of standard error; null: none. Only in
 *     the process of the program, and without a file
 */
public record LogOptions(
        LogLevel level,
        @Nullable Path file,
        boolean echo,
        @Nullable Path accessFile,
        AccessFormat accessFormat,
        System.@Nullable Logger logger) {

    /** How a line for an exchange looks. */
    public enum AccessFormat {
        /** Apache's combined format, and behind it time, exit status and processor time. */
        COMBINED,
        /** A JSON object a line. */
        JSON
    }

    /** In the place of a file: this process's standard output. */
    public static final Path STANDARD_OUTPUT = Path.of("-");

    /** Checks it. */
    public LogOptions {
        Objects.requireNonNull(level);
        Objects.requireNonNull(accessFormat);
    }

    /** Log settings without a logger of a program. */
    public LogOptions(
            LogLevel level,
            @Nullable Path file,
            boolean echo,
            @Nullable Path accessFile,
            AccessFormat accessFormat) {
        this(level, file, echo, accessFile, accessFormat, null);
    }

    /** All lines of this level and above to standard error, and nothing else. */
    public static LogOptions of(LogLevel level) {
        return new LogOptions(level, null, false, null, AccessFormat.COMBINED);
    }

    /** These options with another level. */
    public LogOptions withLevel(LogLevel newLevel) {
        return new LogOptions(newLevel, file, echo, accessFile, accessFormat, logger);
    }

    /**
     * These options with a logger of the program:
     *
     * <pre>{@code
     * options.withLog(options.log().withLogger(System.getLogger("web")))
     * }</pre>
     *
     * The threads of connections call it, so it must not block for long.
     */
    public LogOptions withLogger(System.Logger newLogger) {
        return new LogOptions(level, null, false, accessFile, accessFormat, newLogger);
    }

    /** These options with a file; {@code echo}: standard error gets the lines too. */
    public LogOptions withFile(Path newFile, boolean newEcho) {
        return new LogOptions(level, newFile, newEcho, accessFile, accessFormat, null);
    }

    /** These options, with the exchanges nowhere. */
    public LogOptions withoutAccess() {
        return withAccess(null, accessFormat);
    }

    /** These options with a file for the exchanges, or without one. */
    public LogOptions withAccess(@Nullable Path newFile, AccessFormat newFormat) {
        return new LogOptions(level, file, echo, newFile, newFormat, logger);
    }
}
