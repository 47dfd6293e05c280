package caffeine.server.socket;

import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;

/**
 * A listening socket, as an acceptor sees it: a raw descriptor ({@link Listener}) or a channel of
 * the JDK. It holds the client that it accepted last until that one is taken, refused or dropped.
 */
public interface ClientListener extends AutoCloseable {

    /** No client waits. */
    int NONE = -1;

    /** This process or the system is out of descriptors or memory: wait before the next try. */
    int EXHAUSTED = -2;

    /** The bound address, with the port that the kernel picked. */
    SocketAddress address();

    /** What a poller watches: the raw descriptor, or -1 where there is a channel instead. */
    int fd();

    /** What a poller watches: the channel, or null where there is a raw descriptor instead. */
    @Nullable SelectableChannel channel();

    /**
     * Accepts one client.
     *
     * @return a number from 0 on, or {@link #NONE}, or {@link #EXHAUSTED}
     */
    int accept();

    /** Whether a poller may accept for it: it queues what {@link #arrived} brings. */
    default boolean takesArrivals() {
        return false;
    }

    /**
     * Queues a client that a poller has accepted, for {@link #accept}.
     *
     * @param client takes ownership; or −errno, the result of the poller's last try
     */
    default void arrived(int client) {
        throw new IllegalStateException("accepts by itself");
    }

    /** Whether something of {@link #arrived} is queued. */
    default boolean hasArrived() {
        return false;
    }

    /** The exhausted resource when {@link #accept} last returned {@link #EXHAUSTED}. */
    String shortage();

    /** The network address of the client; null for one of a Unix-domain socket. */
    @Nullable InetAddress network();

    /**
     * Sends this to the client, as far as it takes it at once, and ends the output.
     *
     * @return closes the client, which is to happen a moment later: to close at once may reset it,
     *     and lose what was sent
     */
    Runnable refuse(ByteBuffer answer);

    /** Closes the client. */
    void drop();

    /**
     * Has the kernel end the connection of a client that acknowledges nothing for so long, or 30 s
     * where that is more: also while a script alone holds its socket.
     */
    default void allowSilence(long ns) {}

    /** Keeps new clients away while those that have connected are accepted. */
    void hide();

    /** Closes the listening socket. */
    @Override
    void close();
}
