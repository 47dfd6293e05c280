package caffeine.server.virtual;

import caffeine.os.Errno;
import caffeine.server.engine.StartException;
import caffeine.server.socket.Listener;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.util.Locale;

/** A listening TCP socket as a channel. */
final class ChannelListener {

    private static final int BACKLOG = 4096;

    private ChannelListener() {}

    /**
     * Binds and listens, non-blocking.
     *
     * @throws StartException with the reason and the next step
     */
    static ServerSocketChannel open(InetSocketAddress bind) throws StartException {
        ProtocolFamily family =
                bind.getAddress() instanceof Inet6Address
                        ? StandardProtocolFamily.INET6
                        : StandardProtocolFamily.INET;
        try {
            ServerSocketChannel channel = ServerSocketChannel.open(family);
            try {
                channel.configureBlocking(false);
                channel.bind(bind, BACKLOG);
                return channel;
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (IOException | UnsupportedOperationException e) {
            throw new StartException(Listener.explain(bind, errno(e)));
        }
    }

    /** What went wrong, of which the JDK tells only the C library's words. */
    private static int errno(Exception e) {
        String words = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        if (words.contains("in use")) {
            return Errno.EADDRINUSE;
        } else if (words.contains("denied")) {
            return Errno.EACCES;
        } else if (words.contains("cannot assign")) {
            return Errno.EADDRNOTAVAIL;
        } else if (words.contains("too many")) {
            return Errno.EMFILE;
        }
        return e instanceof UnsupportedOperationException ? Errno.EAFNOSUPPORT : Errno.EIO;
    }
}
