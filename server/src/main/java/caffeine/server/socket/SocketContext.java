package caffeine.server.socket;

import caffeine.server.core.ConnectionContext;
import caffeine.server.loop.EventLoop;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;

/**
 * What the socket transports of one loop share: the buffer that receives, and the one that collects
 * what a turn sends, which belongs to one transport at a time.
 */
public final class SocketContext {

    static final int BUFFER_BYTES = 64 * 1024;

    final EventLoop loop;
    final ConnectionContext connections;
    final long sendIdleNs;
    final MemorySegment receiveBuffer;
    final byte[] received = new byte[BUFFER_BYTES];
    final MemorySegment sendBuffer;

    private final Consumer<SocketTransport> closed;
    private @Nullable SocketTransport sender;
    private int collected;

    /**
     * @param closed told of every transport whose descriptor was closed, once
     */
    public SocketContext(
            EventLoop loop,
            ConnectionContext connections,
            long sendIdleNs,
            Consumer<SocketTransport> closed) {
        this.loop = loop;
        this.connections = connections;
        this.sendIdleNs = sendIdleNs;
        this.closed = closed;
        this.receiveBuffer = Arena.global().allocate(BUFFER_BYTES);
        this.sendBuffer = Arena.global().allocate(BUFFER_BYTES);
        loop.onTurnEnd(this::flush);
    }

    /** Makes a transport the one that collects; what another one collected goes out before. */
    private void claim(SocketTransport transport) {
        if (sender != transport) {
            flush();
            sender = transport;
        }
    }

    /** Collects what fits; returns how much that was. */
    int collect(SocketTransport transport, byte[] bytes, int from, int length) {
        claim(transport);
        int count = Math.min(length, BUFFER_BYTES - collected);
        MemorySegment.copy(bytes, from, sendBuffer, ValueLayout.JAVA_BYTE, collected, count);
        collected += count;
        return count;
    }

    int collect(SocketTransport transport, MemorySegment bytes, long offset, long length) {
        claim(transport);
        int count = (int) Math.min(length, BUFFER_BYTES - collected);
        MemorySegment.copy(bytes, offset, sendBuffer, collected, count);
        collected += count;
        return count;
    }

    int collectedBy(SocketTransport transport) {
        return sender == transport ? collected : 0;
    }

    /** Sends what was collected. */
    void flush() {
        SocketTransport transport = sender;
        if (transport != null) {
            int length = collected;
            sender = null;
            collected = 0;
            transport.sendCollected(length);
        }
    }

    /** Sends what a transport collected; leaves another's alone. */
    void flushFor(SocketTransport transport) {
        if (sender == transport) {
            flush();
        }
    }

    /** Forgets what a transport collected, because it is closed. */
    void drop(SocketTransport transport) {
        if (sender == transport) {
            sender = null;
            collected = 0;
        }
    }

    void closed(SocketTransport transport) {
        closed.accept(transport);
    }
}
