package caffeine.server.virtual;

import caffeine.server.buffer.SlabPool;
import caffeine.server.core.Client;
import caffeine.server.core.Protocol;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.ServerOptions;
import caffeine.server.transport.TransportContext;

import java.nio.ByteBuffer;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;

/** Shared by the transports of one lane. In the lane only. */
final class LaneContext extends TransportContext {

    private final ThreadFactory threads;

    /**
     * See {@link TransportContext}.
     *
     * @param threads makes virtual threads
     */
    LaneContext(
            EventLoop loop,
            ServerOptions options,
            Protocol.Factory protocols,
            SlabPool unsent,
            Consumer<Client> closed,
            ThreadFactory threads) {
        super(loop, options, protocols, unsent, ByteBuffer.allocate(BUFFER_BYTES), closed);
        this.threads = threads;
    }

    /** Runs a blocking task in its own virtual thread. */
    void start(Runnable task) {
        threads.newThread(task).start();
    }
}
