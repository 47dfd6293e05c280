package caffeine.server.log;

import caffeine.server.engine.StartException;
import caffeine.server.loop.Clock;
import caffeine.server.options.LogLevel;
import caffeine.server.options.LogOptions;

import org.jspecify.annotations.Nullable;

/** All that one process logs. */
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
        Log log = Log.open(process, options.level(), clock, targets(options, own.log()));
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

    /** What all parts of the server say. */
    public Log log() {
        return log;
    }

    /** What a loop's connections and scripts report to; one for each loop. */
    public EventLog events() {
        return new EventLog(log, access);
    }

    /**
     * Opens the files anew by their names; what cannot be opened leaves the lines where they went.
     * For a process that has no others to pass them to. From any thread.
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
     * Goes by other options from now on. Whether there is a file or none stays as it was.
     *
     * @param files what they name; stay the caller's
     */
    public void change(LogOptions newOptions, LogFiles files) {
        log.level(newOptions.level());
        options = newOptions;
        boolean _ = reopen(files); // it says so when they do not
    }

    /**
     * Lines go to these files from now on; no line is lost. Without an echo, whatever else this
     * process writes to standard error, the JVM's last words, follows into the file. When there is
     * no descriptor to be had, lines go on to the old files, and the log says so.
     *
     * @param files the caller keeps ownership
     * @return whether they do
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
