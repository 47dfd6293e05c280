package caffeine.server.socket;

import caffeine.os.Errno;
import caffeine.os.Sockets;
import caffeine.server.buffer.SegmentChain;
import caffeine.server.core.Exchange;
import caffeine.server.core.Transport;

import java.nio.ByteBuffer;

/**
 * What is on its way to a client: first in the buffer that the loop's transports share, and where
 * the kernel does not take it from there, in memory of its own until the poller says that it does.
 */
final class SocketOutput {

    private final SocketTransport transport;
    private final SocketContext context;
    private final TransportDeadline deadline;
    private final SegmentChain queue;
    private boolean broken;
    private long sent;

    /** What the kernel has taken of it. */
    private long handedOver;

    /**
     * @param deadline is told by when the client has to take something
     */
    SocketOutput(SocketTransport transport, SocketContext context, TransportDeadline deadline) {
        this.transport = transport;
        this.context = context;
        this.deadline = deadline;
        this.queue = new SegmentChain(context.unsent);
    }

    /** Takes a copy. */
    void send(byte[] bytes, int from, int to) {
        sent += to - from;
        int next = from;
        while (next < to && canSend()) {
            if (!queue.isEmpty()) {
                keep(queue.append(bytes, next, to));
                return;
            }
            next += context.collect(this, bytes, next, to - next);
            if (next < to) {
                context.flush();
            }
        }
    }

    /** Takes a copy, by absolute indexes. */
    void send(ByteBuffer bytes, int from, int to) {
        sent += to - from;
        int next = from;
        while (next < to && canSend()) {
            if (!queue.isEmpty()) {
                keep(queue.append(bytes, next, to));
                return;
            }
            next += context.collect(this, bytes, next, to - next);
            if (next < to) {
                context.flush();
            }
        }
    }

    private boolean canSend() {
        return transport.isOpen() && !broken;
    }

    private void keep(boolean appended) {
        if (!appended) {
            failed(Errno.ENOBUFS); // too many clients are too slow: this one goes
        }
    }

    /** Sends what the loop's buffer has of it. */
    void flush() {
        context.flushFor(this);
    }

    /** Sends what the loop's buffer has; a mistake costs this client its connection. */
    void flushed(int length) {
        try {
            sendCollected(length);
        } catch (Throwable mistake) {
            broken = true;
            transport.broken(mistake);
        }
    }

    /** Sends the first bytes of the loop's buffer, which are this client's. */
    private void sendCollected(int length) {
        int from = 0;
        while (from < length && !transport.isClosed() && !broken) {
            long count =
                    Sockets.send(
                            transport.fd(),
                            context.sendBuffer,
                            from,
                            length - from,
                            Sockets.MSG_DONTWAIT);
            if (count >= 0) {
                from += (int) count;
                handedOver += count;
            } else if (count == -Errno.EAGAIN) {
                keep(queue.append(context.collecting, from, length));
                transport.outputWaits();
                deadline.outputWaits(context.loop.nowNs());
                return;
            } else if (count != -Errno.EINTR) {
                failed((int) -count);
            }
        }
    }

    /** Sends what waits; the client takes something again. */
    void sendQueued(long nowNs) {
        while (!queue.isEmpty()) {
            context.ranges.clear();
            long offered = queue.addTo(context.ranges);
            long count = Sockets.sendmsg(transport.fd(), context.ranges, Sockets.MSG_DONTWAIT);
            if (count < 0) {
                if (count != -Errno.EAGAIN && count != -Errno.EINTR) {
                    failed((int) -count);
                }
                return;
            }
            queue.skip(count);
            handedOver += count;
            deadline.outputTaken(nowNs);
            if (count < offered) {
                return;
            }
        }
        deadline.outputEmpty(nowNs);
        transport.outputEmpty(nowNs);
    }

    private void failed(int errno) {
        broken = true;
        queue.clear();
        transport.outputBroken(errno);
    }

    /** Takes the last bytes back; false when some of them have gone out. */
    boolean unsend(long bytes) {
        if (!queue.isEmpty() || context.collectedBy(this) < bytes) {
            return false;
        }
        context.uncollect((int) bytes);
        sent -= bytes;
        return true;
    }

    /** Whether the client has to take something before more can be sent. */
    boolean isWaiting() {
        return !queue.isEmpty();
    }

    long unsentBytes() {
        return broken ? Transport.NEVER_TAKEN : queue.size() + context.collectedBy(this);
    }

    /**
     * See {@link Transport#room}: what is collected goes out before anything else is waited for.
     */
    long room() {
        long share = context.unsent.share(Exchange.HIGH_WATER_BYTES);
        if (broken) {
            return 0;
        }
        return queue.isEmpty() ? share : Math.max(0, share - unsentBytes());
    }

    /** In all, what is unsent included. */
    long sentBytes() {
        return sent;
    }

    /** How many bytes the kernel has taken. */
    long handedOver() {
        return handedOver;
    }

    /** Forgets what has not gone out. */
    void drop() {
        context.drop(this);
        queue.clear();
    }
}
