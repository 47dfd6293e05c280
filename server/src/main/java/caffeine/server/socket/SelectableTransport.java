package caffeine.server.socket;

import caffeine.server.core.ClientAddress;
import caffeine.server.core.FileRange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * A client's channel, driven by the readiness that the selector reports. It is registered only when
 * it must wait. The selector reports no hang-ups: a read or write that fails tells them.
 */
public final class SelectableTransport extends ChannelClient {

    /** The limit for one turn, so that one client does not hold up the others. */
    private static final int MOST_FILE_BYTES = 1 << 20;

    /** The same for the input of a lingering connection, in buffers. */
    private static final int MOST_DROPPED_BUFFERS = 4;

    /** The result of a read that failed, besides the JDK's -1 for the end of the input. */
    private static final int FAILED = -2;

    private final SelectableContext context;

    /** Takes ownership of the channel, unless this throws. */
    public SelectableTransport(
            SocketChannel channel, ClientAddress client, SelectableContext context) {
        super(channel, client, context);
        this.context = context;
    }

    /** Begins, and reads input that is already there. */
    public void open() {
        try {
            channel().configureBlocking(false);
            sendWithoutDelay();
            var _ = begin();
            read(context.loop.nowNs());
        } catch (Throwable mistake) {
            broken(mistake);
        }
    }

    // ---- what the selector tells

    /** Sends output at once, not only at the end of the turn. */
    @Override
    protected void ready(int readiness, long nowNs) {
        if ((readiness & WRITE) != 0) {
            sendQueued();
        }
        if ((readiness & READ) != 0) {
            react(nowNs);
        }
        flush();
    }

    private void react(long nowNs) {
        switch (state()) {
            case OPEN -> {
                if (isPaused()) {
                    watch(interest() & ~READ);
                } else {
                    read(nowNs);
                }
            }
            case CLOSING -> watch(interest() & ~READ); // input waits until the response is sent
            case LINGERING -> discard(nowNs);
            case LENT, CLOSED -> {}
        }
    }

    private void read(long nowNs) {
        int count = receive();
        if (count > 0) {
            protocol().received(context.receivedBytes(count), 0, count, nowNs);
            if (isOpen() && !isPaused()) {
                watchReading();
            }
        } else if (count == 0) {
            watchReading();
        } else {
            inputEnded = true;
            pauseReading();
            if (isRegistered()) {
                watch(interest() & ~READ);
            }
            if (count == FAILED) {
                protocol().failed(ECONNRESET, nowNs);
            } else {
                protocol().ended(nowNs);
            }
        }
    }

    /** How many bytes, 0 for none yet, -1 at the end of the input, or {@link #FAILED}. */
    private int receive() {
        try {
            return channel().read(context.receiving.clear());
        } catch (IOException _) {
            return FAILED;
        }
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
        ByteBuffer sending = context.sending(length);
        int count = write(sending);
        if (count < 0) {
            sendFailed(EPIPE);
            return;
        }
        sent(count);
        if (count < length) {
            requireQueued(queue.append(collected, count, length));
            awaitWritable();
        }
    }

    /** How many bytes the kernel has taken; -1 when the client is gone. */
    private int write(ByteBuffer bytes) {
        try {
            return channel().write(bytes);
        } catch (IOException _) {
            return -1;
        }
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
            ByteBuffer piece = file == null ? queue.piece() : piece(file);
            int length = piece.remaining();
            if (length == 0) {
                sendFailed(EIO); // the file is shorter than its range
                return;
            }
            int count = write(piece);
            if (count < 0) {
                sendFailed(EPIPE);
                return;
            }
            queueSent(count, nowNs);
            most = count < length ? 0 : most - length;
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

    /** The next bytes of a file; none when it cannot be read. */
    private ByteBuffer piece(FileRange file) {
        ByteBuffer piece =
                context.piece((int) Math.min(SelectableContext.BUFFER_BYTES, file.length()));
        try {
            int _ = file.read(piece);
        } catch (IOException _) {
            piece.clear();
        }
        return piece.flip();
    }

    // ---- closing

    @Override
    protected boolean needsNoLingering(boolean finished) {
        return inputEnded;
    }

    @Override
    protected void awaitClientEnd() {
        watchReading();
    }

    /** Reads and drops input. */
    private void discard(long nowNs) {
        for (int i = 0; i < MOST_DROPPED_BUFFERS; i++) {
            int count = receive();
            if (count < 0) {
                closeNow();
                return;
            }
            if (count == 0) {
                return;
            }
            lingering().heard(nowNs);
        }
    }

    @Override
    protected void closeSocket() {
        context.loop.poller().forget(this);
        ChannelListener.close(channel());
    }
}
