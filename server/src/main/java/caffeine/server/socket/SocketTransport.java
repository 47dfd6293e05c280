package caffeine.server.socket;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Iovecs;
import caffeine.os.Sockets;
import caffeine.server.buffer.SegmentChain;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.FileRange;
import caffeine.server.transport.ClientTransport;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/**
 * A client's socket, driven by readiness.
 *
 * <p>The socket stays in blocking mode and every call uses MSG_DONTWAIT: the mode is shared by all
 * processes that hold the socket, so a script with this socket as standard output would inherit a
 * non-blocking one. Only {@code sendfile} has no such flag: from the first file on the mode is
 * non-blocking, until the socket is lent.
 *
 * <p>The socket is registered with the poller only when it must wait. A client whose request
 * arrives with its connection, and whose socket is then lent to a script, is never registered.
 */
public final class SocketTransport extends ClientTransport {

    /**
     * The limit for one turn, so that a client that takes a file quickly does not hold up the loop.
     */
    private static final int MOST_FILE_BYTES = 1 << 20;

    /** The same for the input of a lingering connection, in buffers. */
    private static final int MOST_DROPPED_BUFFERS = 4;

    /**
     * Bytes that TCP sends before anything is acknowledged: ten segments of an Ethernet (RFC 6928).
     */
    private static final int FIRST_FLIGHT_BYTES = 10 * 1460;

    private final SocketContext context;

    /** Whether another process may hold the descriptor. */
    private boolean shared;

    private boolean nonBlocking;

    /** Takes ownership of a client's socket, unless this throws. */
    public SocketTransport(int fd, ClientAddress client, SocketContext context) {
        super(fd, client, context);
        this.context = context;
    }

    /** Begins, and reads input that is already there. */
    public void open() {
        if (context.loop.poller().takesAhead(Input.BYTES)) {
            openUnread();
            return;
        }
        try {
            var _ = begin();
            read(context.loop.nowNs());
        } catch (Throwable mistake) {
            broken(mistake);
        }
    }

    /** Begins, and reads when the poller reports input: on the thread that gets it. */
    public void openUnread() {
        try {
            var _ = begin();
            if (isOpen() && !isRegistered()) {
                watchReading();
            }
        } catch (Throwable mistake) {
            broken(mistake);
        }
    }

    // ---- what the poller tells

    /** Sends output at once, not only at the end of the turn. */
    @Override
    protected void ready(int readiness, long nowNs) {
        react(readiness, nowNs);
        flush();
    }

    private void react(int readiness, long nowNs) {
        if ((readiness & WRITE) != 0) {
            sendQueued();
        }
        boolean input = (readiness & (READ | HANGUP)) != 0;
        switch (state()) {
            case OPEN -> {
                if (input && !isPaused()) {
                    read(nowNs);
                } else if ((readiness & HANGUP) != 0) {
                    protocol().failed(context.loop.poller().error(this), nowNs);
                } else if (input) {
                    watch(interest() & ~READ);
                }
            }
            case CLOSING -> {
                if ((readiness & HANGUP) != 0) {
                    closeNow();
                } else if (input) {
                    watch(interest() & ~READ); // input waits until the response is sent
                }
            }
            case LINGERING -> {
                if (input) {
                    discard(nowNs);
                }
            }
            case LENT, CLOSED -> {}
        }
    }

    private void read(long nowNs) {
        long count = receive(SocketContext.BUFFER_BYTES, 0);
        if (count > 0) {
            protocol().received(context.buffers().received((int) count), 0, (int) count, nowNs);
            if (isOpen() && !isPaused()) {
                watchReading();
            } else if (isOpen() && !isRegistered()) {
                watch(0); // a disconnect ends the exchange
            }
        } else if (count == 0) {
            inputEnded = true;
            pauseReading();
            if (isRegistered()) {
                watch(interest() & ~READ);
            }
            protocol().ended(nowNs);
        } else if (count == -Errno.EAGAIN || count == -Errno.EINTR) {
            watchReading();
        } else {
            protocol().failed((int) -count, nowNs);
        }
    }

    private long receive(int most, int flags) {
        return context.loop.poller().receive(this, context.buffers().receive, most, flags);
    }

    @Override
    protected Input input() {
        return Input.BYTES;
    }

    private void watchReading() {
        watch(isRegistered() ? interest() | READ : READ);
    }

    private void watch(int interest) {
        if (isRegistered()) {
            context.loop.poller().modify(this, interest);
            return;
        }
        int result = context.loop.poller().add(this, interest);
        if (result < 0) {
            // The kernel cannot register it: this client is lost.
            context.loop.later(() -> protocol().failed(-result, context.loop.nowNs()));
        }
    }

    @Override
    protected void readAgain() {
        if (isOpen() && !inputEnded) {
            watchReading();
        }
    }

    @Override
    protected boolean isReadyToDrain() {
        if (!isPaused() && !inputEnded && protocol().isIdle()) {
            read(context.loop.nowNs());
        }
        return true;
    }

    // ---- sending

    @Override
    protected void sendCollected(ByteBuffer collected, int length) {
        int from = 0;
        while (from < length) {
            long count = send(from, length - from);
            if (count >= 0) {
                from += (int) count;
                sent(count);
            } else if (count == -Errno.EAGAIN) {
                wait(collected, from, length);
                return;
            } else if (count != -Errno.EINTR) {
                sendFailed((int) -count);
                return;
            }
        }
    }

    /** Of collected output. The head of a file waits in the kernel for its first bytes. */
    private long send(int from, int length) {
        MemorySegment output = context.buffers().send;
        if (fileFollows() && !context.loop.poller().takesAhead(Input.BYTES)) {
            int flags = Sockets.MSG_DONTWAIT | Sockets.MSG_MORE;
            return Sockets.send(fd(), output, from, length, flags);
        }
        return context.loop.poller().send(this, output, from, length);
    }

    private void wait(ByteBuffer bytes, int from, int to) {
        if (!isBroken()) {
            requireQueued(queue.append(bytes, from, to));
            awaitWritable();
        }
    }

    /** The poller has promised to send these. */
    @Override
    protected void unsent(ByteBuffer bytes, int from, int to, int errno) {
        if (isClosed() || isBroken()) {
            return;
        }
        sent(from - to);
        if (errno == Errno.EAGAIN) {
            wait(bytes, from, to);
        } else {
            sendFailed(errno);
        }
    }

    @Override
    protected void settle() {
        context.loop.poller().settle(this);
    }

    private void awaitWritable() {
        watch((isRegistered() ? interest() : 0) | WRITE);
        outputWaits();
    }

    @Override
    protected void sendQueued() {
        long nowNs = context.loop.nowNs();
        long most = MOST_FILE_BYTES;
        while (!queue.isEmpty() && most > 0) {
            FileRange file = queue.file();
            long count = file == null ? sendBytes() : sendFile(file, (int) most);
            if (count == -Errno.EINTR) {
                continue;
            }
            if (count < 0) {
                if (count != -Errno.EAGAIN) {
                    sendFailed((int) -count);
                    return;
                }
                break;
            }
            most -= file == null ? 0 : count;
            queueSent(count, nowNs);
        }
        if (!queue.isEmpty()) {
            awaitWritable();
            return;
        }
        if (isRegistered()) {
            watch(interest() & ~WRITE);
        }
        outputEmpty(nowNs);
    }

    private long sendBytes() {
        SegmentChain chain = queue.chain();
        Iovecs ranges = context.buffers().ranges;
        ranges.clear();
        if (chain != null) {
            chain.addTo(ranges);
        }
        return Sockets.sendmsg(fd(), ranges, Sockets.MSG_DONTWAIT);
    }

    /** Sends from a file; a file that is shorter than its range breaks the connection (EIO). */
    private long sendFile(FileRange file, int most) {
        int length = (int) Math.min(most, file.length());
        int from = file.descriptor();
        long count;
        if (from >= 0) {
            if (!nonBlocking) {
                nonBlocking = Descriptors.setNonBlocking(fd(), true) >= 0;
            }
            count = Sockets.sendfile(fd(), from, file.position(), length);
        } else {
            try {
                ByteBuffer piece = context.piece(Math.min(length, SocketContext.BUFFER_BYTES));
                int read = file.read(piece);
                count =
                        read <= 0
                                ? 0
                                : Sockets.send(
                                        fd(),
                                        context.buffers().send,
                                        0,
                                        read,
                                        Sockets.MSG_DONTWAIT);
            } catch (IOException e) {
                return -Errno.EIO;
            }
        }
        return count == 0 ? -Errno.EIO : count;
    }

    @Override
    protected long unacknowledgedBytes() {
        settle();
        return Math.max(0, Descriptors.unacknowledged(fd()));
    }

    // ---- lending

    @Override
    public int lend() {
        if (client().isUnix()) {
            return NO_DESCRIPTOR; // the kernel cannot report how much a script has written to it
        }
        if (!beginLoan()) {
            return UNSENT;
        }
        context.loop.poller().remove(this);
        if (nonBlocking) {
            nonBlocking = Descriptors.setNonBlocking(fd(), false) < 0;
        }
        shared = true;
        return fd();
    }

    @Override
    public long takeBack() {
        return endLoan() ? Math.max(0, Sockets.bytesWritten(fd()) - sentBytes()) : 0;
    }

    // ---- closing

    /**
     * A client that sends on all the same, after it has said that it would not, makes the kernel
     * send a reset and forget what it has not sent yet. So a response lingers unless it is on its
     * way before any reset, since it fits into the first flight, or is acknowledged. So does a
     * socket that another process may hold: only SHUT_WR ends its output.
     */
    @Override
    protected boolean needsNoLingering(boolean finished) {
        if (handedOver() > FIRST_FLIGHT_BYTES) {
            settle(); // the socket may take less
            if (!queue.isEmpty() || isBroken()) {
                return false;
            }
        }
        if (shared || inputEnded) {
            return !shared;
        }
        if (!finished || (handedOver() > FIRST_FLIGHT_BYTES && unacknowledgedBytes() > 0)) {
            return false;
        }
        if (context.loop.poller().isDry(this) && !client().isUnix()) { // which is not told there
            return true;
        }
        long count = receive(1, 0);
        return count <= 0 && count != -Errno.EINTR;
    }

    @Override
    protected boolean shutdownOutput() {
        return Sockets.shutdown(fd(), Sockets.SHUT_WR) >= 0;
    }

    @Override
    protected void awaitClientEnd() {
        if (isRegistered()) {
            watchReading();
        } else {
            context.endsSoon(this);
        }
    }

    /** Enough time for most clients to end their side. */
    void lookAtEnd() {
        try {
            if (state() == State.LINGERING) {
                discard(context.loop.nowNs());
            }
        } catch (Throwable mistake) {
            broken(mistake);
        }
    }

    /**
     * Reads and drops input. Of a TCP socket the kernel drops it without a copy (MSG_TRUNC, man 7
     * tcp). Bytes that are left for the next turn make the socket ready again.
     */
    private void discard(long nowNs) {
        for (int i = 0; i < MOST_DROPPED_BUFFERS; i++) {
            long count = receive(SocketContext.BUFFER_BYTES, Sockets.MSG_TRUNC);
            if (count == -Errno.EAGAIN || count == -Errno.EINTR) {
                break;
            }
            if (count <= 0) {
                closeNow();
                return;
            }
            lingering().heard(nowNs);
        }
        watchReading();
    }

    @Override
    protected void resetOnClose() {
        int _ = Sockets.resetOnClose(fd());
    }

    /** The registration ends before the descriptor is closed: a script's child may hold it too. */
    @Override
    protected void closeSocket() {
        if (shared) {
            context.loop.poller().remove(this);
        }
        context.loop.poller().close(this);
    }

    @Override
    protected @Nullable SocketAddress localAddress() {
        return Sockets.localAddress(fd());
    }

    /** For a system call: by the thread that drives its loop, and no other. */
    private int fd() {
        assert context.loop.poller().isDrivenHere() : "two threads use one connection";
        return descriptor();
    }
}
