package caffeine.server.testing;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.server.core.FileRange;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** A range of a file that is open as a descriptor. */
final class DescriptorRange extends FileRange {

    private final int fd;

    /** A range; takes ownership of the descriptor. */
    DescriptorRange(int fd, long position, long length) {
        super(position, length);
        this.fd = fd;
    }

    @Override
    public int descriptor() {
        return fd;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        ByteBuffer direct = into.isDirect() ? into : ByteBuffer.allocateDirect(into.remaining());
        MemorySegment segment = MemorySegment.ofBuffer(direct);
        long count;
        do {
            count = Descriptors.pread(fd, segment, 0, segment.byteSize(), position());
        } while (count == -Errno.EINTR);
        if (count < 0) {
            throw new IOException("read: " + Errno.describe((int) -count));
        }
        if (into.isDirect()) {
            into.position(into.position() + (int) count);
        } else {
            into.put(direct.limit((int) count));
        }
        return (int) count;
    }

    @Override
    public void close() {
        Descriptors.close(fd);
    }
}
