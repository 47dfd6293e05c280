package caffeine.server.log;

import caffeine.server.engine.StartException;
import caffeine.server.loop.Clock;
import caffeine.server.options.LogLevel;
import caffeine.server.options.LogOptions;

import org.jspecify.annotations.Nullable;

/** All logs of one process. */
public final class Logs implements AutoCloseable {

    private volatile LogOptions options;
    private final Log log;
    private final @Nullable AccessLog access;

    private Logs(LogOptions options, Log log, @Nullable AccessLog access) {
        this.options = options;
        this.log = log;
        this.access = access;
    }

    /**
     * Opens the logs of a process.
     *
     * @param process what it is called in each line: {@code parent}, {@code worker-1}
     * @param files what {@code options} name; the caller keeps ownership
     * @throws StartException when there is no descriptor to be had
     */
    public static Logs open(String process, LogOptions options, LogFiles files)
            throws StartException {
        return open(process, options, files, Clock.SYSTEM);
    }

    static Logs open(String process, LogOptions options, LogFiles files, Clock clock)
            throws StartException {
        LogFiles own = files.copy(); // each descriptor goes to a writer, which closes it
        System.Logger logger = options.logger();
        Log log =
                logger != null
                        ? Log.to(logger, process, options.level(), clock)
                        : Log.open(process, options.level(), clock, targets(options, own.log()));
        AccessLog access =
                own.access() < 0
                        ? null
                        : new AccessLog(own.access(), options.accessFormat(), process, clock, log);
        return new Logs(options, log, access);
    }

    private static int[] targets(LogOptions options, int file) {
        if (file < 0) {
            return new int[] {Log.STANDARD_ERROR};
        }
        return options.echo() ? new int[] {Log.STANDARD_ERROR, file} : new int[] {file};
    }

    /** The log of the server itself. */
    public Log log() {
        return log;
    }

    /** The receiver of events of a loop's connections and scripts; one for each loop. */
    public EventLog events() {
        return new EventLog(log, access);
    }

    /**
     * Reopens the files by their names; if one cannot be opened, lines go to the old file. For a
     * process without workers. Thread-safe.
     */
    public void reopen() {
        try (LogFiles files = LogFiles.open(options)) {
            if (reopen(files)) {
                log.line(LogLevel.INFO, "server", "reopened log files");
            }
        } catch (StartException e) {
            log.line(LogLevel.ERROR, "server", e.getMessage() + "; lines still go to the old file");
        }
    }

    /**
     * Applies other options. A file stays a file, and none stays none.
     *
     * @param files the files of the options; the caller keeps ownership
     */
    public void change(LogOptions newOptions, LogFiles files) {
        log.level(newOptions.level());
        options = newOptions;
        boolean _ = reopen(files); // reports its own failure
    }

    /**
     * Lines go to these files from now on; no line is lost. Without an echo, other output to
     * standard error, such as the last message of a JVM, also goes to the file. Without a free
     * descriptor, lines go to the old files, and the log reports that.
     *
     * @param files the caller keeps ownership
     * @return whether the new files are used
     */
    public boolean reopen(LogFiles files) {
        LogFiles own;
        try {
            own = files.copy(); // each descriptor goes to a writer, which closes it
        } catch (StartException e) {
            log.line(LogLevel.ERROR, "log", e.getMessage() + "; lines still go to the old files");
            return false;
        }
        if (own.log() >= 0) {
            if (options.file() == null) {
                LogDescriptors.OF_PROCESS.close(own.log());
            } else {
                log.reopen(own.log());
                if (!options.echo()) {
                    LogDescriptors.OF_PROCESS.becomeStandardError(files.log());
                }
            }
        }
        if (own.access() >= 0) {
            if (access == null) {
                LogDescriptors.OF_PROCESS.close(own.access());
            } else {
                access.reopen(own.access());
            }
        }
        return true;
    }

    @Override
    public void close() {
        if (access != null) {
            access.close();
        }
        log.close();
    }
}
