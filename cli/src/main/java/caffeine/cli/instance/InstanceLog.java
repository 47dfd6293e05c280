package caffeine.cli.instance;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;

import java.nio.file.Path;

/**
 * Redirects standard error of a background process and its children to the log of the instance,
 * opened for appending. Each process writes directly; after the file was emptied, they continue at
 * its start.
 */
final class InstanceLog {

    private static final int STANDARD_ERROR = 2;

    private InstanceLog() {}

    static void open(Path file) throws InstanceException {
        int flags = Files.O_WRONLY | Files.O_APPEND | Files.O_CREAT;
        int fd = Files.open(file.toString(), flags, 0600);
        if (fd < 0) {
            throw new InstanceException(
                    "cannot write the log " + file + ": " + Errno.describe(-fd));
        }
        int result = Descriptors.dup3(fd, STANDARD_ERROR);
        Descriptors.close(fd);
        if (result < 0) {
            throw new InstanceException(
                    "cannot write to the log " + file + ": " + Errno.describe(-result));
        }
    }
}
