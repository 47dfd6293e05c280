package caffeine.server.service;

import caffeine.server.socket.ChannelListener;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A spare descriptor for shortages. It is closed while clients cannot be accepted without
 * descriptors, so that other code of this process can open one: a class in a jar, a file of /proc,
 * a log file. Thread-safe.
 */
public final class Reserve implements AutoCloseable {

    /** An unconnected socket, which the JDK has on every system. */
    private final AtomicReference<@Nullable SocketChannel> held = new AtomicReference<>();

    /** Opens one, if possible. */
    public Reserve() {
        boolean _ = take();
    }

    /**
     * Opens a descriptor, unless it has one.
     *
     * @return false when none is free
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

    /** Closes it. */
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
