package caffeine.server.socket;

import caffeine.os.Iovecs;
import caffeine.server.buffer.SlabPool;
import caffeine.server.core.Client;
import caffeine.server.core.Protocol;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.options.ServerOptions;
import caffeine.server.transport.TransportContext;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * Shared by the socket transports of one loop: native buffers for the input and output of a turn,
 * and the connections that are about to end.
 */
public final class SocketContext extends TransportContext {

    private static final int RANGES = 64;

    private static final long LOOK_AFTER_NS = 4_000_000;

    /** Connections that are due this soon after the first one are checked with it. */
    private static final long TOGETHER_NS = 2_000_000;

    final MemorySegment receiveBuffer = Arena.ofAuto().allocate(BUFFER_BYTES);
    final MemorySegment sendBuffer;
    final Iovecs ranges = new Iovecs(RANGES);
    private final byte[] received = new byte[BUFFER_BYTES];
    private final ByteBuffer receiving = receiveBuffer.asByteBuffer();

    private record Ending(SocketTransport transport, long lookNs) {}

    private final ArrayDeque<Ending> endings = new ArrayDeque<>();
    private final Timer look =
            new Timer() {
                @Override
                protected void expired(long nowNs) {
                    lookAtEndings(nowNs);
                }
            };

    /** See {@link TransportContext}. */
    public SocketContext(
            EventLoop loop,
            ServerOptions options,
            Protocol.Factory protocols,
            SlabPool unsent,
            Consumer<Client> closed) {
        this(loop, options, protocols, unsent, closed, Arena.ofAuto().allocate(BUFFER_BYTES));
    }

    private SocketContext(
            EventLoop loop,
            ServerOptions options,
            Protocol.Factory protocols,
            SlabPool unsent,
            Consumer<Client> closed,
            MemorySegment sendBuffer) {
        super(loop, options, protocols, unsent, sendBuffer.asByteBuffer(), closed);
        this.sendBuffer = sendBuffer;
    }

    /** The bytes received, where parsers can read them. */
    byte[] receivedBytes(int count) {
        receiving.get(0, received, 0, count);
        return received;
    }

    /**
     * {@link #sendBuffer}, for a piece of a file that is sent at once. Bytes that another transport
     * has collected there are sent before.
     */
    ByteBuffer piece(int most) {
        flush();
        return collecting.duplicate().clear().limit(most);
    }

    /**
     * Checks a transport that has ended its output again in a moment: nearly all clients end theirs
     * at once. Registering each with the poller would cost five system calls instead of one
     * (docs/performance.md).
     */
    void endsSoon(SocketTransport transport) {
        long lookNs = loop.nowNs() + LOOK_AFTER_NS;
        if (endings.isEmpty()) {
            loop.timers().schedule(look, lookNs);
        }
        endings.add(new Ending(transport, lookNs));
    }

    private void lookAtEndings(long nowNs) {
        Ending next = endings.peek();
        while (next != null && next.lookNs - nowNs <= TOGETHER_NS) {
            endings.remove();
            next.transport.lookAtEnd();
            next = endings.peek();
        }
        if (next != null) {
            loop.timers().schedule(look, next.lookNs);
        }
    }
}
