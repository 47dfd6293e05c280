package caffeine.server.log;

import caffeine.os.Errno;
import caffeine.server.engine.StartException;
import caffeine.server.options.LogOptions;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The files that logs go to, open for one process and those that it passes them to. Only who starts
 * a server opens them: so all write to the same ones, also when they are opened anew, and no worker
 * needs a right to.
 */
public final class LogFiles implements AutoCloseable {

    /** There is no such file: the lines go elsewhere. */
    public static final int NONE = -1;

    private static final int LOG_MODE = 0600;

    /** Who analyses it is often another user, of this one's group. */
    private static final int ACCESS_MODE = 0640;

    private final int log;
    private final int access;
    private final AtomicBoolean closed = new AtomicBoolean();

    private LogFiles(int log, int access) {
        this.log = log;
        this.access = access;
    }

    /** From descriptors that another process opened; they are this object's. */
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
     * Like {@link #open}, for files of which the same may be open already: who has given up root's
     * rights cannot open them again, and goes on with them.
     *
     * @param before what the open ones were named by; they stay the caller's
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

    /** The same files, open once more. */
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

    /** Once only, since the numbers may be others' afterwards. */
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
