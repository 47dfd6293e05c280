package caffeine.server.virtual;

import caffeine.os.Errno;
import caffeine.server.core.Exchange;
import caffeine.server.core.Transport;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a transport sends: collected during a turn, kept at its end, and written after it by one
 * thread at a time. In the lane only.
 */
final class ChannelOutput {

    private final ChannelTransport transport;
    private final LaneContext context;
    private final WriteQueue outgoing;

    /** A thread writes, or is about to; what it writes must stay where it is. */
    private boolean writing;

    private boolean broken;
    private long sent;

    /** What the kernel has taken of it. */
    private long handedOver;

    ChannelOutput(ChannelTransport transport, LaneContext context) {
        this.transport = transport;
        this.context = context;
        this.outgoing = new WriteQueue(context.unsent);
    }

    void send(byte[] bytes, int from, int to) {
        sent += to - from;
        int next = from;
        while (next < to && canSend()) {
            next += context.collect(this, bytes, next, to - next);
            if (next < to) {
                context.flush();
            }
        }
    }

    void send(ByteBuffer bytes, int from, int to) {
        sent += to - from;
        int next = from;
        while (next < to && canSend()) {
            next += context.collect(this, bytes, next, to - next);
            if (next < to) {
                context.flush();
            }
        }
    }

    private boolean canSend() {
        return transport.isOpen() && !broken;
    }

    /** Takes the last bytes back, if they are of this turn. */
    boolean unsend(long bytes) {
        if (context.collectedBy(this) < bytes) {
            return false;
        }
        context.uncollect((int) bytes);
        sent -= bytes;
        return true;
    }

    long unsentBytes() {
        return broken ? Transport.NEVER_TAKEN : outgoing.size() + context.collectedBy(this);
    }

    /** See {@link Transport#room}. */
    long room() {
        long share = context.unsent.share(Exchange.HIGH_WATER_BYTES);
        return broken ? 0 : Math.max(0, share - unsentBytes());
    }

    /** How many bytes the kernel has taken. */
    long handedOver() {
        return handedOver;
    }

    long sentBytes() {
        return sent;
    }

    /** Whether there is nothing more to be written. */
    boolean isEmpty() {
        context.flushFor(this);
        return outgoing.isEmpty() && !writing;
    }

    /** Takes what was collected. */
    void keep(byte[] collected, int length) {
        if (!transport.isClosed() && !broken && !outgoing.add(collected, 0, length)) {
            fail(Errno.ENOBUFS); // too many clients are too slow: this one goes
        }
    }

    /** The turn is over: has what waits be written; a mistake costs this client its connection. */
    void write() {
        try {
            startWriting();
        } catch (Throwable mistake) {
            writing = false;
            transport.broken(mistake);
        }
    }

    /** Has what waits be written, unless a thread does so already. */
    private void startWriting() {
        if (writing || broken || transport.isClosed() || outgoing.isEmpty()) {
            return;
        }
        writing = true;
        transport.outputWaits(context.loop.nowNs());
        ChannelTask here = transport.visitor();
        ChannelTask writer = here != null ? here : new ChannelTask(transport);
        writer.writeNext(outgoing.piece());
        if (here == null) {
            context.start(writer);
        }
    }

    /** A thread has written some, and is in the lane. */
    void written(int count, @Nullable IOException failure, long nowNs) {
        writing = false;
        if (broken || transport.isClosed()) {
            outgoing.clear(); // nobody reads it any more
        } else if (failure != null) {
            fail(Errno.EPIPE);
        } else {
            outgoing.written(count);
            handedOver += count;
            if (outgoing.isEmpty()) {
                transport.outputEmpty(nowNs);
                transport.allWritten(nowNs);
            } else {
                transport.outputTaken(nowNs);
                startWriting();
            }
        }
    }

    private void fail(int errno) {
        broken = true;
        if (!writing) {
            outgoing.clear();
        }
        transport.sendingFailed(errno);
    }

    /** The transport is closed. What is being written is forgotten once it is. */
    void drop() {
        context.drop(this);
        if (!writing) {
            outgoing.clear();
        }
    }
}
