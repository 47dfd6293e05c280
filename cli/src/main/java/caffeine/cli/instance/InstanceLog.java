package caffeine.cli.instance;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/**
 * Where the standard error of this process and of its children goes: to the log of an instance.
 *
 * <p>In the background descriptor 2 <em>is</em> the file, opened for appending: every process
 * writes to it by itself, and when the file is emptied they go on at its start. In the foreground
 * it is a pipe, and a thread passes on what comes out of it, to the file and to where standard
 * error went before.
 */
final class InstanceLog implements AutoCloseable {

    private static final int STANDARD_ERROR = 2;

    private final @Nullable LogCopier copier;

    private InstanceLog(@Nullable LogCopier copier) {
        this.copier = copier;
    }

    static InstanceLog open(Path file, boolean alone) throws InstanceException {
        int flags = Files.O_WRONLY | Files.O_APPEND | Files.O_CREAT;
        int fd = Files.open(file.toString(), flags, 0600);
        if (fd < 0) {
            throw new InstanceException(
                    "cannot write the log " + file + ": " + Errno.describe(-fd));
        }
        if (!alone) {
            return new InstanceLog(LogCopier.start(file, fd));
        }
        int result = Descriptors.dup3(fd, STANDARD_ERROR);
        Descriptors.close(fd);
        if (result < 0) {
            throw new InstanceException(
                    "cannot write to the log " + file + ": " + Errno.describe(-result));
        }
        return new InstanceLog(null);
    }

    /** Passes on what was written until now. */
    @Override
    public void close() {
        if (copier != null) {
            copier.close();
        }
    }
}
