package caffeine.server.prefork;

import caffeine.os.FdPassing;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Clients that go to one worker with one message: one sendmsg and one recvmsg for all clients of a
 * turn (docs/performance.md).
 */
final class Handoff {

    private final ByteBuffer bytes =
            ByteBuffer.allocateDirect(Frames.HEAD_BYTES + FdPassing.MOST * Frames.ADDRESS_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put(0, Frames.CLIENTS);

    private final MemorySegment frame = MemorySegment.ofBuffer(bytes);
    private final int[] fds = new int[FdPassing.MOST];
    private int count;

    boolean isEmpty() {
        return count == 0;
    }

    boolean isFull() {
        return count == fds.length;
    }

    int count() {
        return count;
    }

    /**
     * Takes ownership of a client.
     *
     * @param address its sockaddr
     */
    void add(int fd, MemorySegment address) {
        long to = Frames.HEAD_BYTES + (long) count * Frames.ADDRESS_BYTES;
        MemorySegment.copy(address, 0, frame, to, Frames.ADDRESS_BYTES);
        fds[count++] = fd;
    }

    /** Sends the clients, all or none; this object keeps ownership. Returns 0 or −errno. */
    int send(WorkerMessages messages, WorkerProcess worker) {
        int payload = count * Frames.ADDRESS_BYTES;
        bytes.putInt(1, payload);
        return messages.clients(worker, frame, Frames.HEAD_BYTES + payload, fds, count);
    }

    /** A client's descriptor. */
    int fd(int index) {
        return fds[index];
    }

    /** A client's sockaddr; valid until this is cleared. */
    MemorySegment address(int index) {
        long from = Frames.HEAD_BYTES + (long) index * Frames.ADDRESS_BYTES;
        return frame.asSlice(from, Frames.ADDRESS_BYTES);
    }

    /** Drops the clients; other code has taken ownership. */
    void clear() {
        count = 0;
    }
}
