package caffeine.cli.instance;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/** The log of an instance, as other commands read it. Without native calls, for a fast start. */
public final class LogFile {

    private static final int BUFFER_BYTES = 65_536;
    private static final long LOOK_AGAIN_MS = 200;

    private final InstanceFiles files;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);

    public LogFile(InstanceFiles files) {
        this.files = files;
    }

    /** Writes the whole log to a stream, byte for byte. */
    public void print(PrintStream output) throws InstanceException {
        try (FileChannel log = open()) {
            copy(log, output);
            output.flush();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /**
     * Writes the whole log and then new lines to a stream, also when the log is emptied or
     * replaced. Returns when the output is closed.
     */
    public void follow(PrintStream output) throws InstanceException, InterruptedException {
        boolean taken = true;
        while (taken) {
            Object key = key();
            try (FileChannel log = open()) {
                if (Objects.equals(key, key())) {
                    taken = follow(log, key, output);
                }
            } catch (IOException e) {
                throw unreadable(e);
            }
        }
    }

    /** Returns true when another file has the name, false when the output is closed. */
    private boolean follow(FileChannel log, @Nullable Object key, PrintStream output)
            throws IOException, InterruptedException {
        while (true) {
            Object newest = key();
            boolean replaced = newest != null && !newest.equals(key);
            if (log.size() < log.position()) {
                log.position(0);
            }
            copy(log, output);
            if (output.checkError()) {
                return false;
            }
            if (replaced) {
                return true;
            }
            Thread.sleep(LOOK_AGAIN_MS);
        }
    }

    /** Identifies the file with this name; null when there is none. */
    private @Nullable Object key() {
        try {
            return Files.readAttributes(files.log(), BasicFileAttributes.class).fileKey();
        } catch (IOException _) {
            return null;
        }
    }

    /** Empties the log; its writers continue at its start. */
    public Path reset() throws InstanceException {
        try (FileChannel log = FileChannel.open(files.log(), StandardOpenOption.WRITE)) {
            log.truncate(0);
            return files.log();
        } catch (NoSuchFileException _) {
            throw missing();
        } catch (IOException e) {
            throw new InstanceException(
                    files.log() + " cannot be emptied: " + e.getMessage() + "; it must be yours");
        }
    }

    private FileChannel open() throws IOException, InstanceException {
        try {
            return FileChannel.open(files.log(), StandardOpenOption.READ);
        } catch (NoSuchFileException _) {
            throw missing();
        }
    }

    private void copy(FileChannel log, PrintStream output) throws IOException {
        while (log.read(buffer.clear()) > 0) {
            output.write(buffer.array(), 0, buffer.position());
        }
    }

    private InstanceException missing() {
        return new InstanceException(
                files.name()
                        + " has no log: there is no "
                        + files.log()
                        + "; an instance makes it when it is started with this --name");
    }

    private InstanceException unreadable(IOException e) {
        return new InstanceException(
                files.log() + " cannot be read: " + e.getMessage() + "; it must be yours");
    }
}
