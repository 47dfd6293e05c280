package caffeine.server.socket;

import caffeine.server.buffer.SlabPool;
import caffeine.server.core.Client;
import caffeine.server.core.Protocol;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.options.ServerOptions;
import caffeine.server.transport.TransportContext;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * Shared by the socket transports of one loop: native buffers for the input and output of a turn,
 * and the connections that are about to end.
 */
public final class SocketContext extends TransportContext {

    private static final long LOOK_AFTER_NS = 4_000_000;

    /** Connections that are due this soon after the first one are checked with it. */
    private static final long TOGETHER_NS = 2_000_000;

    /** Null: those of the thread that drives. */
    private final @Nullable SocketBuffers own;

    /** In a turn of such a thread. */
    private @Nullable SocketBuffers borrowed;

    /** Null: no connection has ended yet. */
    private @Nullable Endings endings;

    /** For a loop with many connections. See {@link TransportContext}. */
    public SocketContext(
            EventLoop loop,
            ServerOptions options,
            Protocol.Factory protocols,
            SlabPool unsent,
            Consumer<Client> closed) {
        this(loop, options, protocols, unsent, closed, new SocketBuffers());
    }

    private SocketContext(
            EventLoop loop,
            ServerOptions options,
            Protocol.Factory protocols,
            SlabPool unsent,
            Consumer<Client> closed,
            @Nullable SocketBuffers own) {
        super(loop, options, protocols, unsent, closed);
        this.own = own;
    }

    /**
     * For the lane of one connection: it borrows the buffers of the thread that drives it for a
     * turn, so that it holds little memory while it waits.
     */
    public static SocketContext ofLane(
            EventLoop loop,
            ServerOptions options,
            Protocol.Factory protocols,
            SlabPool unsent,
            Consumer<Client> closed) {
        return new SocketContext(loop, options, protocols, unsent, closed, null);
    }

    /** The buffers of this turn. */
    SocketBuffers buffers() {
        SocketBuffers known = own != null ? own : borrowed;
        if (known == null) {
            known = SocketBuffers.ofThread();
            borrowed = known;
        }
        return known;
    }

    @Override
    protected ByteBuffer collecting() {
        return buffers().collecting;
    }

    @Override
    protected void turnEnded() {
        borrowed = null;
    }

    /**
     * The send buffer, for a piece of a file that is sent at once. Bytes that another transport has
     * collected there are sent before.
     */
    ByteBuffer piece(int most) {
        flush();
        return collecting().duplicate().clear().limit(most);
    }

    /**
     * Checks a transport that has ended its output again in a moment: nearly all clients end theirs
     * at once. Registering each with the poller would cost five system calls instead of one
     * (docs/performance.md).
     */
    void endsSoon(SocketTransport transport) {
        Endings all = endings;
        if (all == null) {
            all = new Endings();
            endings = all;
        }
        all.add(transport);
    }

    /** The connections that are about to end, and the time to check the first of them. */
    private final class Endings extends Timer {

        private record Ending(SocketTransport transport, long lookNs) {}

        private final ArrayDeque<Ending> waiting = new ArrayDeque<>(1);

        void add(SocketTransport transport) {
            long lookNs = loop.nowNs() + LOOK_AFTER_NS;
            if (waiting.isEmpty()) {
                loop.timers().schedule(this, lookNs);
            }
            waiting.add(new Ending(transport, lookNs));
        }

        @Override
        protected void expired(long nowNs) {
            Ending next = waiting.peek();
            while (next != null && next.lookNs - nowNs <= TOGETHER_NS) {
                waiting.remove();
                next.transport.lookAtEnd();
                next = waiting.peek();
            }
            if (next != null) {
                loop.timers().schedule(this, next.lookNs);
            }
        }
    }
}
