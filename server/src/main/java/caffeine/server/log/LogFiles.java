package caffeine.server.log;

import caffeine.os.Errno;
import caffeine.server.engine.StartException;
import caffeine.server.options.LogOptions;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The open log files of a process and the workers that it passes them to. Only the process that
 * starts a server opens them. So all processes write to the same files, also after a reopen, and
 * workers need no permission.
 */
public final class LogFiles implements AutoCloseable {

    /** There is no such file: the lines go elsewhere. */
    public static final int NONE = -1;

    private static final int LOG_MODE = 0600;

    /** Log analysers are often another user of the same group. */
    private static final int ACCESS_MODE = 0640;

    private final int log;
    private final int access;
    private final AtomicBoolean closed = new AtomicBoolean();

    private LogFiles(int log, int access) {
        this.log = log;
        this.access = access;
    }

    /** From descriptors that another process opened; takes ownership. */
    public static LogFiles of(int log, int access) {
        return new LogFiles(log, access);
    }

    /**
     * Opens, and makes, what the options name.
     *
     * @throws StartException with the file, the reason and the next step
     */
    public static LogFiles open(LogOptions options) throws StartException {
        int log = open(options.file(), "log file", LOG_MODE);
        try {
            Path access = options.accessFile();
            boolean toOutput = LogOptions.STANDARD_OUTPUT.equals(access);
            return new LogFiles(log, toOutput ? copy(1) : open(access, "access log", ACCESS_MODE));
        } catch (Throwable e) {
            close(log);
            throw e;
        }
    }

    /**
     * Like {@link #open}, for files that may already be open: a process that has given up root
     * cannot open them again, and keeps them.
     *
     * @param before the options of the open ones; the caller keeps ownership
     * @throws StartException when one cannot be opened
     */
    public static LogFiles openAgain(LogOptions options, LogOptions before, LogFiles opened)
            throws StartException {
        try {
            return open(options);
        } catch (StartException e) {
            if (!Objects.equals(options.file(), before.file())
                    || !Objects.equals(options.accessFile(), before.accessFile())) {
                throw e;
            }
            return opened.copy();
        }
    }

    /**
     * The same files, open once more.
     *
     * @throws StartException when one cannot be opened
     */
    public LogFiles copy() throws StartException {
        int copyOfLog = copy(log);
        try {
            return new LogFiles(copyOfLog, copy(access));
        } catch (Throwable e) {
            close(copyOfLog);
            throw e;
        }
    }

    /**
     * The same file, open once more; {@link #NONE} of none.
     *
     * @throws StartException when there is no descriptor to be had
     */
    private static int copy(int fd) throws StartException {
        int copy = fd >= 0 ? LogDescriptors.OF_PROCESS.duplicate(fd) : NONE;
        if (fd >= 0 && copy < 0) {
            throw new StartException(
                    "cannot open a log file once more: "
                            + Errno.describe(-copy)
                            + "; raise the descriptor limit (ulimit -n)");
        }
        return copy;
    }

    private static int open(@Nullable Path file, String what, int mode) throws StartException {
        if (file == null) {
            return NONE;
        }
        int fd = LogDescriptors.OF_PROCESS.open(file, mode);
        if (fd < 0) {
            throw new StartException(
                    "cannot open the "
                            + what
                            + " "
                            + file
                            + ": "
                            + Errno.describe(-fd)
                            + (fd == -Errno.ENXIO
                                    ? "; the pipe has no reader; start the reader first"
                                    : "; its folder must be there and writable by this user"));
        }
        return fd;
    }

    /** Of the log file, or {@link #NONE}. */
    public int log() {
        return log;
    }

    /** Of the access log, or {@link #NONE}. */
    public int access() {
        return access;
    }

    /** Once only, since the numbers may be reused afterwards. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            close(log);
            close(access);
        }
    }

    private static void close(int fd) {
        if (fd >= 0) {
            LogDescriptors.OF_PROCESS.close(fd);
        }
    }
}
