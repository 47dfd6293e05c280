package caffeine.server.blocking;

import caffeine.server.buffer.SlabPool;
import caffeine.server.core.Client;
import caffeine.server.core.Protocol;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.ServerOptions;
import caffeine.server.transport.TransportContext;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Shared by the transports of one lane. In the lane only. */
final class LaneContext extends TransportContext {

    final ClientThreads threads;
    private final ByteBuffer collecting = ByteBuffer.allocate(BUFFER_BYTES);

    /**
     * See {@link TransportContext}.
     *
     * @param threads of its connections
     */
    LaneContext(
            EventLoop loop,
            ServerOptions options,
            Protocol.Factory protocols,
            SlabPool unsent,
            Consumer<Client> closed,
            ClientThreads threads) {
        super(loop, options, protocols, unsent, closed);
        this.threads = threads;
    }

    @Override
    protected ByteBuffer collecting() {
        return collecting;
    }
}
