package caffeine.server.log;

import caffeine.os.Descriptors;
import caffeine.server.LogLevel;
import caffeine.server.LogOptions;
import caffeine.server.engine.StartException;
import caffeine.server.loop.Clock;

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
     * @param files what {@code options} name; stay the caller's
     */
    public static Logs open(String process, LogOptions options, LogFiles files) {
        return open(process, options, files, Clock.SYSTEM);
    }

    static Logs open(String process, LogOptions options, LogFiles files, Clock clock) {
        int file = files.log() < 0 ? LogFiles.NONE : Descriptors.dup(files.log(), 3);
        Log log = Log.open(process, options.level(), clock, targets(options, file));
        AccessLog access =
                files.access() < 0
                        ? null
                        : new AccessLog(
                                Descriptors.dup(files.access(), 3),
                                options.accessFormat(),
                                process,
                                clock,
                                log);
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
            reopen(files);
            log.line(LogLevel.INFO, "server", "opened the log files anew");
        } catch (StartException e) {
            log.line(LogLevel.ERROR, "server", e.getMessage() + "; lines go on to the old file");
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
        reopen(files);
    }

    /**
     * Lines go to these files from now on; no line is lost. Without an echo, whatever else this
     * process writes to standard error, the JVM's last words, follows into the file.
     */
    public void reopen(LogFiles files) {
        if (files.log() >= 0 && options.file() != null) {
            log.reopen(Descriptors.dup(files.log(), 3));
            if (!options.echo()) {
                Descriptors.dup3(files.log(), Log.STANDARD_ERROR);
            }
        }
        if (files.access() >= 0 && access != null) {
            access.reopen(Descriptors.dup(files.access(), 3));
        }
    }

    @Override
    public void close() {
        if (access != null) {
            access.close();
        }
        log.close();
    }
}
