package caffeine.os;

import static caffeine.os.testing.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.linux.Epoll;
import caffeine.os.testing.Machine;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.MemorySegment;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;

/** The calls of a busy loop leave nothing to collect. */
@OnLinux
class AllocationTest {
    private static final int BATCHES = 200;
    private static final int BATCH_RUNS = 5_000;

    private final Machine machine = new Machine();
    private final MemorySegment buffer = machine.memory(64);
    private final int[] pair = machine.socketPair();

    @TempDir Path folder;

    @AfterEach
    void close() {
        machine.close();
    }

    /**
     * Bytes that this thread allocates per run once the run is compiled. Until the optimizing
     * compiler is through, a call allocates some 40; when that is, nobody knows on a busy machine,
     * so this tries again and again, and gives up in the end.
     */
    private static long bytesEach(Runnable work) {
        long bytes = Long.MAX_VALUE;
        for (int batch = 0; batch < BATCHES && bytes > 0; batch++) {
            long before = allocatedBytes();
            for (int i = 0; i < BATCH_RUNS; i++) {
                work.run();
            }
            // Rounded down: what asking itself allocates is less than a byte per run.
            bytes = (allocatedBytes() - before) / BATCH_RUNS;
        }
        return bytes;
    }

    /** By reflection, because the module under test does not read jdk.management. */
    private static long allocatedBytes() {
        try {
            Object threads =
                    Class.forName("java.lang.management.ManagementFactory")
                            .getMethod("getThreadMXBean")
                            .invoke(null);
            Object bytes =
                    Class.forName("com.sun.management.ThreadMXBean")
                            .getMethod("getCurrentThreadAllocatedBytes")
                            .invoke(threads);
            return (long) bytes;
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    @Test
    void sendAndReceive() {
        Iovecs iov = new Iovecs(4);
        long bytes =
                bytesEach(
                        () -> {
                            Sockets.send(pair[0], buffer, 0, 8, 0);
                            Sockets.recv(pair[1], buffer, 0, 8, 0);
                            iov.clear();
                            iov.add(buffer, 0, 4);
                            iov.add(buffer, 8, 4);
                            Sockets.sendmsg(pair[0], iov, Sockets.MSG_DONTWAIT);
                            Sockets.recv(pair[1], buffer, 0, 8, 0);
                            Sockets.recv(pair[1], buffer, 0, 8, Sockets.MSG_DONTWAIT);
                        });
        assertThat(bytes).isZero();
    }

    @Test
    void waitForEvents() {
        try (Epoll epoll = Epoll.create(4)) {
            ok(epoll.add(pair[0], Epoll.EPOLLOUT, 7));
            long bytes =
                    bytesEach(
                            () -> {
                                if (epoll.await(1_000_000) != 1 || epoll.data(0) != 7) {
                                    throw new AssertionError();
                                }
                                epoll.await(1);
                                epoll.modify(pair[0], epoll.events(0), 7);
                            });
            assertThat(bytes).isZero();
        }
    }

    @Test
    void passDescriptors() {
        try (FdPassing passing = new FdPassing()) {
            long bytes =
                    bytesEach(
                            () -> {
                                passing.send(pair[0], buffer, 1, pair[0], 0);
                                passing.receive(pair[1], buffer, 64, 0);
                                ok(Descriptors.close(passing.takeFd()));
                            });
            assertThat(bytes).isZero();
        }
    }

    @Test
    void acceptAndClose() {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
        int listener = machine.opened(Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0));
        ok(Sockets.bind(listener, address));
        ok(Sockets.listen(listener, 1));
        ok(Descriptors.setNonBlocking(listener, true));
        MemorySegment peer = machine.memory(Sockets.SOCKADDR_BYTES);
        // Nobody connects: making the clients' addresses would allocate. The call is the same.
        long bytes =
                bytesEach(
                        () -> {
                            if (Sockets.accept4(listener, 0, peer) != -Errno.EAGAIN) {
                                throw new AssertionError();
                            }
                        });
        assertThat(bytes).isZero();
    }
}
