package caffeine.server.socket;

import caffeine.server.buffer.SlabPool;
import caffeine.server.core.Client;
import caffeine.server.core.Protocol;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.ServerOptions;
import caffeine.server.transport.TransportContext;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Shared by the transports of the loop: buffers outside of the heap, which the JDK need not copy.
 */
public final class SelectableContext extends TransportContext {

    /** For the input of one read. */
    final ByteBuffer receiving = ByteBuffer.allocateDirect(BUFFER_BYTES);

    private final ByteBuffer collecting = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer sending = collecting.duplicate();
    private final byte[] received = new byte[BUFFER_BYTES];

    /** See {@link TransportContext}. */
    public SelectableContext(
            EventLoop loop,
            ServerOptions options,
            Protocol.Factory protocols,
            SlabPool unsent,
            Consumer<Client> closed) {
        super(loop, options, protocols, unsent, closed);
    }

    @Override
    protected ByteBuffer collecting() {
        return collecting;
    }

    /** The bytes received, where parsers can read them. */
    byte[] receivedBytes(int count) {
        receiving.get(0, received, 0, count);
        return received;
    }

    /** The first bytes of the output of this turn. */
    ByteBuffer sending(int length) {
        return sending.clear().limit(length);
    }

    /**
     * A buffer for a piece of a file that is sent at once. Bytes that another transport has
     * collected there are sent before.
     */
    ByteBuffer piece(int most) {
        flush();
        return sending(most);
    }
}
