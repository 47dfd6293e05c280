package caffeine.server.socket;

import caffeine.server.core.ClientAddress;
import caffeine.server.transport.ClientTransport;
import caffeine.server.transport.TransportContext;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;

/** A client's channel of the JDK, without the calls that read and write. */
public abstract class ChannelClient extends ClientTransport {

    // Error numbers of the kernel for texts of the JDK.
    protected static final int ECONNRESET = 104;
    protected static final int EPIPE = 32;
    protected static final int EIO = 5;

    private final SocketChannel channel;

    /** Takes ownership of the channel, unless this throws. */
    protected ChannelClient(SocketChannel channel, ClientAddress client, TransportContext context) {
        super(channel, client, context);
        this.channel = channel;
    }

    /** The channel. On any thread. */
    public final SocketChannel channel() {
        return channel;
    }

    /** Makes the kernel send small output at once (TCP_NODELAY). */
    protected final void sendWithoutDelay() {
        setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    /** A Unix-domain socket has none of these options. */
    private <T> void setOption(SocketOption<T> option, T value) {
        if (client().isUnix()) {
            return;
        }
        try {
            channel.setOption(option, value);
        } catch (IOException _) {
            // The client is gone; the next read reports it.
        }
    }

    @Override
    protected final boolean shutdownOutput() {
        try {
            channel.shutdownOutput();
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    @Override
    protected final void resetOnClose() {
        setOption(StandardSocketOptions.SO_LINGER, 0);
    }

    @Override
    protected final @Nullable SocketAddress localAddress() {
        try {
            return channel.getLocalAddress();
        } catch (IOException _) {
            return null; // Closed meanwhile.
        }
    }
}
