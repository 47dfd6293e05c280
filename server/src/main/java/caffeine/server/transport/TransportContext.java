package caffeine.server.transport;

import caffeine.server.buffer.SlabPool;
import caffeine.server.core.Client;
import caffeine.server.core.Protocol;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Shared by the transports of one loop: the buffer that collects the output of a turn, used by one
 * of them at a time, and the list of those with more output at its end. On the loop's thread only.
 */
@SuppressWarnings("ReferenceEquality") // a transport equals only itself
public abstract class TransportContext {

    /** Of the buffers for one turn's input and output. */
    public static final int BUFFER_BYTES = 64 * 1024;

    /** The most memory for waiting output of slow clients; beyond it, they are disconnected. */
    private static final long UNSENT_BYTES = 64L << 20;

    public final EventLoop loop;
    final long sendIdleNs;
    final long lingerNs;
    final int minimumSentPerSecond;
    final int localPort;

    /** Memory for unread output. */
    final SlabPool unsent;

    private final Protocol.Factory protocols;
    private final Consumer<Client> closed;

    private @Nullable ClientTransport sender;
    private int collected;

    /** Those with more output at the end of the turn; null: none has had any. */
    private @Nullable List<ClientTransport> senders;

    /**
     * A context.
     *
     * @param options for deadlines, rates and the port
     * @param protocols makes the first protocol of each connection
     * @param unsent memory of the process for unread output of slow clients: {@link #unsentPool}
     * @param closed called for every closed transport
     */
    protected TransportContext(
            EventLoop loop,
            ServerOptions options,
            Protocol.Factory protocols,
            SlabPool unsent,
            Consumer<Client> closed) {
        this.loop = loop;
        this.sendIdleNs = options.deadlines().sendIdleNs();
        this.lingerNs = options.deadlines().lingerNs();
        this.minimumSentPerSecond = options.limits().minimumSentPerSecond();
        this.localPort = options.network().port();
        this.protocols = protocols;
        this.unsent = unsent;
        this.closed = closed;
        loop.onTurnEnd(this::endTurn);
    }

    /** The memory of one process for unread output of slow clients. */
    public static SlabPool unsentPool() {
        return new SlabPool(UNSENT_BYTES);
    }

    Protocol begin(ClientTransport transport) {
        return protocols.begin(transport, loop.nowNs());
    }

    void closed(ClientTransport transport) {
        closed.accept(transport);
    }

    // ---- one turn's output

    /** The buffer of {@link #BUFFER_BYTES} that collects it; the same during a turn. */
    protected abstract ByteBuffer collecting();

    /** Collects as much as fits; returns the number of bytes. */
    int collect(ClientTransport by, byte[] bytes, int from, int length) {
        claim(by);
        int count = Math.min(length, BUFFER_BYTES - collected);
        collecting().put(collected, bytes, from, count);
        collected += count;
        return count;
    }

    int collect(ClientTransport by, ByteBuffer bytes, int from, int length) {
        claim(by);
        int count = Math.min(length, BUFFER_BYTES - collected);
        collecting().put(collected, bytes, from, count);
        collected += count;
        return count;
    }

    /** Makes a transport the collecting one; sends the output of the previous one first. */
    private void claim(ClientTransport by) {
        if (sender != by) {
            flush();
            sender = by;
        }
    }

    int collectedBy(ClientTransport transport) {
        return sender == transport ? collected : 0;
    }

    /** Drops the last collected bytes. */
    void uncollect(int bytes) {
        collected -= bytes;
    }

    /** Sends the collected output. */
    protected final void flush() {
        ClientTransport transport = sender;
        if (transport != null) {
            int length = collected;
            sender = null;
            collected = 0;
            if (length > 0) {
                transport.flushed(collecting(), length);
            }
        }
    }

    /** The same for one transport; leaves another's bytes alone. */
    void flushFor(ClientTransport transport) {
        if (sender == transport) {
            flush();
        }
    }

    /** Drops the collected output of a closed transport. */
    void drop(ClientTransport transport) {
        if (sender == transport) {
            sender = null;
            collected = 0;
        }
    }

    /** Calls {@link ClientTransport#sendQueued} at the end of this turn. */
    void sendAtTurnEnd(ClientTransport transport) {
        List<ClientTransport> all = senders;
        if (all == null) {
            all = new ArrayList<>(1);
            senders = all;
        }
        all.add(transport);
    }

    private void endTurn() {
        flush();
        List<ClientTransport> all = senders;
        if (all != null) {
            for (int i = 0; i < all.size(); i++) {
                all.get(i).sendQueuedAtTurnEnd();
            }
            all.clear();
        }
        turnEnded();
    }

    /** The output of a turn has been sent. */
    protected void turnEnded() {}
}
