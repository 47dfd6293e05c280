package caffeine.server.socket;

import caffeine.os.Iovecs;
import caffeine.server.buffer.SlabPool;
import caffeine.server.core.ConnectionContext;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.Deadlines;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * What the socket transports of one loop share: the buffer that receives, and the one that collects
 * what a turn sends, which belongs to one transport at a time.
 */
public final class SocketContext {

    static final int BUFFER_BYTES = 64 * 1024;

    /** The most memory for bytes that wait for slow clients; beyond it, they are cut off. */
    private static final long UNSENT_BYTES = 64L << 20;

    private static final int RANGES = 64;

    final EventLoop loop;
    final ConnectionContext connections;
    final long sendIdleNs;
    final long lingerNs;
    final int minimumSentPerSecond;
    final MemorySegment receiveBuffer = Arena.ofAuto().allocate(BUFFER_BYTES);
    private final byte[] received = new byte[BUFFER_BYTES];
    final MemorySegment sendBuffer = Arena.ofAuto().allocate(BUFFER_BYTES);
    final ByteBuffer collecting = sendBuffer.asByteBuffer();

    /** What clients have not taken yet. */
    final SlabPool unsent;

    final Departures departures;
    final Iovecs ranges = new Iovecs(RANGES);
    private final ByteBuffer receiving = receiveBuffer.asByteBuffer();

    private final Consumer<SocketTransport> closed;
    private @Nullable SocketOutput sender;
    private int collected;

    /**
     * @param deadlines for clients that take nothing, and for those whose connection ends
     * @param minimumSentPerSecond the rate in bytes at which clients have to take a response
     * @param unsent memory for what slow clients have not taken: {@link #unsentPool}
     * @param closed told of every transport whose descriptor was closed, once
     */
    public SocketContext(
            EventLoop loop,
            ConnectionContext connections,
            Deadlines deadlines,
            int minimumSentPerSecond,
            SlabPool unsent,
            Consumer<SocketTransport> closed) {
        this.unsent = unsent;
        this.loop = loop;
        this.connections = connections;
        this.sendIdleNs = deadlines.sendIdleNs();
        this.lingerNs = deadlines.lingerNs();
        this.minimumSentPerSecond = minimumSentPerSecond;
        this.closed = closed;
        this.departures = new Departures(loop);
        loop.onTurnEnd(this::flush);
    }

    /** The memory of one process for what slow clients have not taken. */
    public static SlabPool unsentPool() {
        return new SlabPool(UNSENT_BYTES);
    }

    /** Makes an output the one that collects; what another one collected goes out before. */
    private void claim(SocketOutput output) {
        if (sender != output) {
            flush();
            sender = output;
        }
    }

    /** Collects what fits; returns how much that was. */
    int collect(SocketOutput output, byte[] bytes, int from, int length) {
        claim(output);
        int count = Math.min(length, BUFFER_BYTES - collected);
        collecting.put(collected, bytes, from, count);
        collected += count;
        return count;
    }

    int collect(SocketOutput output, ByteBuffer bytes, int from, int length) {
        claim(output);
        int count = Math.min(length, BUFFER_BYTES - collected);
        collecting.put(collected, bytes, from, count);
        collected += count;
        return count;
    }

    /** The bytes received, where parsers can read them. */
    byte[] receivedBytes(int count) {
        receiving.get(0, received, 0, count);
        return received;
    }

    int collectedBy(SocketOutput output) {
        return sender == output ? collected : 0;
    }

    /** Forgets the last bytes that were collected. */
    void uncollect(int bytes) {
        collected -= bytes;
    }

    /** Sends what was collected. */
    void flush() {
        SocketOutput output = sender;
        if (output != null) {
            int length = collected;
            sender = null;
            collected = 0;
            output.flushed(length);
        }
    }

    /** Sends what an output collected; leaves another's alone. */
    void flushFor(SocketOutput output) {
        if (sender == output) {
            flush();
        }
    }

    /** Forgets what an output collected, because its client is gone. */
    void drop(SocketOutput output) {
        if (sender == output) {
            sender = null;
            collected = 0;
        }
    }

    void closed(SocketTransport transport) {
        closed.accept(transport);
    }
}
