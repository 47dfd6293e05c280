package caffeine.os;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A file without a name on file systems that lack O_TMPFILE: made under a fresh name, unlinked. */
final class TemporaryFile {
    private static final int ATTEMPTS = 100;

    private TemporaryFile() {}

    static int open(byte[] directory) {
        int flags = Files.O_CREAT | Files.O_EXCL | Files.O_RDWR | Files.O_NOFOLLOW;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            byte[] path = freshPath(directory);
            int fd = Files.open(path, flags, 0600);
            if (fd >= 0) {
                Files.unlinkat(Files.AT_FDCWD, path, 0);
            }
            if (fd != -Errno.EEXIST) {
                return fd;
            }
        }
        return -Errno.EEXIST;
    }

    /** A name that others are unlikely to have; O_EXCL makes sure that it is ours. */
    private static byte[] freshPath(byte[] directory) {
        String name =
                "/.caffeine-"
                        .concat(Integer.toString(Processes.getpid()))
                        .concat("-")
                        .concat(Long.toHexString(System.nanoTime()));
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        byte[] path = Arrays.copyOf(directory, directory.length + bytes.length);
        System.arraycopy(bytes, 0, path, directory.length, bytes.length);
        return path;
    }
}
