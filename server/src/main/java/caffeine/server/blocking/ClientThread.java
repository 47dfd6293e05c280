package caffeine.server.blocking;

import caffeine.server.loop.Clock;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.LockSupport;

/**
 * The virtual thread of a connection, as plain blocking code: read, enter the lane, write the
 * answer, and again.
 *
 * <p>While it waits it holds a small buffer. Only when this is full and there is more input, it
 * borrows a large one, so that pipelined requests are answered together.
 */
final class ClientThread extends ChannelTask {

    /** Enough for most requests; each idle connection has that much. */
    private static final int SMALL_BYTES = 1024;

    /** Bytes of a Unix-domain socket: there may be some. */
    private static final int UNKNOWN = 1;

    private final InputBuffer small = new InputBuffer(SMALL_BYTES);
    private final BufferPool large;
    private volatile @Nullable Thread thread;
    private @Nullable InputBuffer borrowed;
    private @Nullable IOException failure;
    private boolean inputEnded;
    private boolean opened;

    /** Input has been read, or is about to be, that the lane has not seen. */
    private volatile boolean holdsInput;

    /** The client sends more than a small buffer at a time. */
    private boolean busy;

    ClientThread(ChannelTransport transport, BufferPool large) {
        super(transport);
        this.large = large;
    }

    @Override
    @SuppressWarnings("ThreadPriorityCheck") // virtual threads are not preempted: this one yields
    void drive() {
        thread = Thread.currentThread();
        while (!inputEnded && awaitReading()) {
            if (transport.isDraining()) {
                holdsInput = transport.hasInputInKernel(); // it is in one of both at all times
            }
            read();
            holdsInput = true;
            if (inputEnded || !transport.drops(Clock.SYSTEM.nanoTime())) {
                transport.lane().enter(this);
                holdsInput = false;
                giveBack();
                write();
            } else {
                holdsInput = false;
                giveBack();
                Thread.yield(); // a client that sends without a pause must not keep its carrier
            }
        }
    }

    private void giveBack() {
        InputBuffer used = borrowed;
        if (used != null) {
            borrowed = null;
            large.give(used);
        }
    }

    /** False at the end of the input. */
    private boolean awaitReading() {
        while (transport.leavesInput()) {
            LockSupport.park(this);
        }
        return !transport.isClosed();
    }

    /** Checks again whether it may read. */
    void unpark() {
        LockSupport.unpark(thread);
    }

    private void read() {
        SocketChannel channel = transport.channel();
        try {
            boolean known = !transport.client().isUnix();
            int ready = busy ? known ? available(channel) : UNKNOWN : 0;
            int count = 0;
            small.view.clear();
            if (ready == 0) {
                count = channel.read(small.view);
                busy = count == SMALL_BYTES;
                ready = busy && known ? available(channel) : 0;
            }
            if (ready > 0) {
                InputBuffer more = large.take();
                borrowed = more;
                more.view.clear().put(small.view.flip());
                count = channel.read(more.view);
                busy = known || count >= SMALL_BYTES;
            }
            inputEnded = count < 0;
        } catch (IOException e) {
            failure = e;
            inputEnded = true;
        }
    }

    /** Whether it has begun to read. On any thread. */
    boolean hasBegun() {
        return thread != null;
    }

    /**
     * Whether it may hold input that the lane has not seen, and that the kernel did not have before
     * this call. Exact for a virtual thread, which waits for input in state WAITING; a platform
     * thread in a read looks the same before and after its input has come. In the lane.
     */
    boolean mayHoldInput() {
        Thread reader = thread;
        return holdsInput
                || (reader != null
                        && reader.isVirtual()
                        && reader.getState() != Thread.State.WAITING);
    }

    /** How many bytes can be read without waiting; the JDK has this for TCP only. */
    static int available(SocketChannel channel) throws IOException {
        Socket socket = channel.socket();
        return socket.getInputStream().available();
    }

    @Override
    void told(long nowNs) {
        if (!opened) {
            opened = true;
            transport.open();
        } else if (failure != null) {
            transport.failed(nowNs);
        } else {
            InputBuffer input = borrowed != null ? borrowed : small;
            transport.received(input.bytes, input.count(), inputEnded, nowNs);
        }
    }
}
