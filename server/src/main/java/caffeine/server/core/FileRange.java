package caffeine.server.core;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * A range of an open file, to be sent unchanged. The sender takes ownership: it closes the range
 * after the last byte, or on failure.
 *
 * <p>A file that is shorter than its range when its bytes are sent has changed meanwhile. The
 * connection is then reset, so that the response never looks complete.
 */
public abstract class FileRange implements AutoCloseable {

    /** Instead of a descriptor, for a channel. */
    public static final int NO_DESCRIPTOR = -1;

    private long position;
    private long length;

    /**
     * A range.
     *
     * @param position of its first byte in the file
     * @param length in bytes
     */
    protected FileRange(long position, long length) {
        if (position < 0 || length < 0) {
            throw new IllegalArgumentException(length + " bytes from " + position);
        }
        this.position = position;
        this.length = length;
    }

    /** A range of an open channel; takes ownership of the channel. */
    public static FileRange of(FileChannel file, long position, long length) {
        return new FileRange(position, length) {
            @Override
            public int read(ByteBuffer into) throws IOException {
                return file.read(into, position());
            }

            @Override
            public void close() {
                try {
                    file.close();
                } catch (IOException _) {
                    // It was only read.
                }
            }
        };
    }

    /** The position of the remaining bytes. */
    public final long position() {
        return position;
    }

    /** The number of remaining bytes. */
    public final long length() {
        return length;
    }

    /** Truncates to the first bytes. */
    public final void limit(long bytes) {
        length = Math.min(length, bytes);
    }

    /** Skips bytes that have been sent. */
    public final void skip(long bytes) {
        if (bytes < 0 || bytes > length) {
            throw new IndexOutOfBoundsException(bytes + " of " + length);
        }
        position += bytes;
        length -= bytes;
    }

    /** The file's descriptor, for {@code sendfile}; {@link #NO_DESCRIPTOR} without one. */
    public int descriptor() {
        return NO_DESCRIPTOR;
    }

    /**
     * Reads bytes from {@link #position} on; {@link #skip} goes on.
     *
     * @return how many; 0 or less at the end of the file
     * @throws IOException when it cannot be read
     */
    public abstract int read(ByteBuffer into) throws IOException;

    /** Closes the file. */
    @Override
    public abstract void close();
}
