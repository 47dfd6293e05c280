package caffeine.cli.instance;

import caffeine.os.Descriptors;
import caffeine.os.Errno;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Passes on what this process and its children write to standard error, to a log file and to where
 * standard error went before. What one of the two does not take, the other still gets.
 */
final class LogCopier implements AutoCloseable {

    private static final int STANDARD_ERROR = 2;
    private static final int ABOVE_STANDARD = 3;
    private static final int PIPE_BYTES = 65_536;

    /** A script may hold the pipe for longer than we live; what it says then is nobody's. */
    private static final long END_MS = 1_000;

    private final Path file;
    private final int fileFd;
    private final int before;
    private final int pipe;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(PIPE_BYTES);
    private final MemorySegment segment = MemorySegment.ofBuffer(bytes);
    private final Thread thread = new Thread(this::copy, "log");
    private boolean fileFails;

    private LogCopier(Path file, int fileFd, int before, int pipe) {
        this.file = file;
        this.fileFd = fileFd;
        this.before = before;
        this.pipe = pipe;
        thread.setDaemon(true);
    }

    /**
     * Puts a pipe in the place of standard error.
     *
     * @param fileFd the log file, open for appending; the copier's from now on
     */
    static LogCopier start(Path file, int fileFd) throws InstanceException {
        int before = Descriptors.dup(STANDARD_ERROR, ABOVE_STANDARD);
        int[] ends = {-1, -1};
        int result = before < 0 ? before : Descriptors.pipe2(ends, 0);
        if (result >= 0) {
            result = Descriptors.dup3(ends[1], STANDARD_ERROR);
        }
        if (result < 0) {
            throw new InstanceException(
                    "cannot write to the log " + file + ": " + Errno.describe(-result));
        }
        Descriptors.close(ends[1]);
        LogCopier copier = new LogCopier(file, fileFd, before, ends[0]);
        copier.thread.start();
        return copier;
    }

    private void copy() {
        while (true) {
            long got = Descriptors.read(pipe, segment, 0, PIPE_BYTES);
            if (got > 0) {
                pass((int) got);
            } else if (got != -Errno.EINTR) {
                return;
            }
        }
    }

    private void pass(int length) {
        int result = writeAll(fileFd, length);
        // A terminal that is gone, or a pipe that nobody reads, is no news for a log.
        int _ = writeAll(before, length);
        if (result < 0 && !fileFails) {
            say("cannot write to the log " + file + ": " + Errno.describe(-result));
        } else if (result == 0 && fileFails) {
            say("can write to the log " + file + " again");
        }
        fileFails = result < 0;
    }

    private int writeAll(int fd, int length) {
        int from = 0;
        while (from < length) {
            long written = Descriptors.write(fd, segment, from, length - from);
            if (written >= 0) {
                from += (int) written;
            } else if (written != -Errno.EINTR) {
                return (int) written;
            }
        }
        return 0;
    }

    private void say(String text) {
        byte[] line = ("caffeine: " + text + "\n").getBytes(StandardCharsets.UTF_8);
        bytes.put(0, line);
        int _ = writeAll(before, line.length);
    }

    /** Puts standard error back, when what was written until now has been passed on. */
    @Override
    public void close() {
        Descriptors.dup3(before, STANDARD_ERROR);
        try {
            thread.join(END_MS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        if (!thread.isAlive()) {
            Descriptors.close(pipe);
            Descriptors.close(fileFd);
            Descriptors.close(before);
        }
    }
}
