package caffeine.server.service;

import caffeine.server.socket.ChannelListener;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A descriptor that is kept for when there is no other. While clients cannot be accepted for want
 * of descriptors it is given up, so that anything else in this process that needs one finds it: a
 * class that is read from its jar, a file of /proc, a log file. Thread-safe.
 */
public final class Reserve implements AutoCloseable {

    /** A socket that connects to nothing: the JDK has those on every system. */
    private final AtomicReference<@Nullable SocketChannel> held = new AtomicReference<>();

    /** Takes one, if there is one to be had. */
    public Reserve() {
        boolean _ = take();
    }

    /**
     * Takes a descriptor, unless it has one.
     *
     * @return false when there is none to be had
     */
    public boolean take() {
        if (held.get() != null) {
            return true;
        }
        SocketChannel taken;
        try {
            taken = SocketChannel.open();
        } catch (IOException _) {
            return false;
        }
        if (!held.compareAndSet(null, taken)) {
            ChannelListener.close(taken);
        }
        return true;
    }

    /** Gives it up. */
    public void release() {
        SocketChannel given = held.getAndSet(null);
        if (given != null) {
            ChannelListener.close(given);
        }
    }

    @Override
    public void close() {
        release();
    }
}
