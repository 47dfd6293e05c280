package caffeine.server.file;

import caffeine.server.core.FileRange;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open file of a {@link FileTree}. It is closed when its owner and all of its {@link #range}s
 * have closed it, on any thread.
 */
abstract non-sealed class OpenFile implements FileTree.Found, AutoCloseable {

    private final FileVersion version;
    private final AtomicInteger owners = new AtomicInteger(1);

    OpenFile(FileVersion version) {
        this.version = version;
    }

    /** The version when it was opened. */
    final FileVersion version() {
        return version;
    }

    /** Whether its content is still the same. */
    abstract boolean isUnchanged();

    /** The descriptor for {@code sendfile}, or {@link FileRange#NO_DESCRIPTOR}. */
    abstract int descriptor();

    /**
     * Reads bytes from a position on.
     *
     * @return how many; 0 or less at the end of the file
     */
    abstract int read(ByteBuffer into, long position) throws IOException;

    /** Closes the file itself. */
    abstract void closeFile();

    /**
     * Reads a part completely.
     *
     * @return null when the file has changed since it was opened
     */
    final byte @Nullable [] read(long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (read(bytes, position + bytes.position()) <= 0) {
                return null;
            }
        }
        return isUnchanged() ? bytes.array() : null;
    }

    /** A range to send, which keeps the file open. */
    final FileRange range(long position, long length) {
        owners.incrementAndGet();
        return new Range(position, length);
    }

    @Override
    public final void close() {
        if (owners.decrementAndGet() == 0) {
            closeFile();
        }
    }

    private final class Range extends FileRange {

        private boolean closed;

        Range(long position, long length) {
            super(position, length);
        }

        @Override
        public int descriptor() {
            return OpenFile.this.descriptor();
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            return OpenFile.this.read(into, position());
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                OpenFile.this.close();
            }
        }
    }
}
