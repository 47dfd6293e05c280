package caffeine.server.socket;

import caffeine.os.Iovecs;
import caffeine.server.transport.TransportContext;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Native buffers for the input and the output of a turn: one set for each thread that drives. */
final class SocketBuffers {

    private static final int RANGES = 64;
    private static final int BYTES = TransportContext.BUFFER_BYTES;

    private static final ThreadLocal<SocketBuffers> OF_THREAD =
            ThreadLocal.withInitial(SocketBuffers::new);

    final MemorySegment receive = Arena.ofAuto().allocate(BYTES);
    final MemorySegment send = Arena.ofAuto().allocate(BYTES);

    /** {@link #send}. */
    final ByteBuffer collecting = send.asByteBuffer();

    final Iovecs ranges = new Iovecs(RANGES);
    private final byte[] received = new byte[BYTES];
    private final ByteBuffer receiving = receive.asByteBuffer();

    /** The set of the calling thread. */
    static SocketBuffers ofThread() {
        return OF_THREAD.get();
    }

    /** The bytes received, where parsers can read them. */
    byte[] received(int count) {
        receiving.get(0, received, 0, count);
        return received;
    }
}
