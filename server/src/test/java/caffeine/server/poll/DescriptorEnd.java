package caffeine.server.poll;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Sockets;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** An end that is a raw descriptor. */
final class DescriptorEnd implements End {

    private final int fd;
    private final MemorySegment memory = Arena.ofAuto().allocate(1);
    private boolean open = true;

    DescriptorEnd(int fd) {
        this.fd = fd;
    }

    int fd() {
        return fd;
    }

    @Override
    public ToldSource source(ToldSource.Ear ear) {
        return new ToldSource(fd, ear);
    }

    @Override
    public void write() {
        assertThat(Descriptors.write(fd, memory, 0, 1)).isEqualTo(1);
    }

    @Override
    public void read() {
        assertThat(Descriptors.read(fd, memory, 0, 1)).isEqualTo(1);
    }

    @Override
    public void shutdownOutput() {
        assertThat(Sockets.shutdown(fd, Sockets.SHUT_WR)).isZero();
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            assertThat(Descriptors.close(fd)).isZero();
        }
    }
}
