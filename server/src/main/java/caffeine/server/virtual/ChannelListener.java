package caffeine.server.virtual;

import caffeine.os.Errno;
import caffeine.server.engine.StartException;
import caffeine.server.options.NetworkOptions;
import caffeine.server.options.Setting;
import caffeine.server.socket.Binding;
import caffeine.server.socket.Listener;
import caffeine.server.socket.SocketFile;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import java.util.Locale;

/** A listening socket as a channel: TCP, or Unix-domain with its file. */
final class ChannelListener implements AutoCloseable {

    private static final int BACKLOG = 4096;

    private final ServerSocketChannel channel;
    private final SocketAddress address;
    private final @Nullable SocketFile file;

    private ChannelListener(
            ServerSocketChannel channel, SocketAddress address, @Nullable SocketFile file) {
        this.channel = channel;
        this.address = address;
        this.file = file;
    }

    /**
     * Binds and listens, non-blocking, with a socket at each address.
     *
     * @throws StartException with the reason and the next step; nothing is open then
     */
    static List<ChannelListener> open(NetworkOptions network) throws StartException {
        if (!network.inherited().isEmpty()) {
            throw new StartException(
                    "the engine virtual cannot use a socket that is handed over (LISTEN_FDS), since"
                            + " Java has no way to; choose prefork or sharded with "
                            + Setting.ENGINE);
        }
        return Binding.open(network, new Channels(network));
    }

    private record Channels(NetworkOptions network) implements Binding.Kind<ChannelListener> {

        @Override
        public ChannelListener open(int place, SocketAddress address) throws StartException {
            return address instanceof UnixDomainSocketAddress unix
                    ? ChannelListener.open(unix, network.socketMode())
                    : ChannelListener.open((InetSocketAddress) address, network.isDual(address));
        }

        @Override
        public SocketAddress addressOf(ChannelListener listener) {
            return listener.address();
        }

        @Override
        public void close(ChannelListener listener) {
            listener.close();
        }
    }

    private static ChannelListener open(InetSocketAddress bind, boolean dual)
            throws StartException {
        boolean six = bind.getAddress() instanceof Inet6Address;
        ProtocolFamily family = six ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
        try {
            boolean alone = six && bind.getAddress().isAnyLocalAddress() && !dual;
            ServerSocketChannel channel = bound(family, bind, alone);
            return new ChannelListener(channel, channel.getLocalAddress(), null);
        } catch (IOException | UnsupportedOperationException e) {
            throw Listener.failure(bind, dual, errno(e));
        }
    }

    private static ChannelListener open(UnixDomainSocketAddress bind, int mode)
            throws StartException {
        ServerSocketChannel[] made = new ServerSocketChannel[1];
        try {
            SocketFile file =
                    SocketFile.make(
                            bind.getPath(),
                            mode,
                            fresh -> {
                                try {
                                    made[0] = bound(StandardProtocolFamily.UNIX, fresh, false);
                                    return 0;
                                } catch (IOException | UnsupportedOperationException e) {
                                    return -errno(e);
                                }
                            });
            return new ChannelListener(made[0], bind, file);
        } catch (StartException e) {
            if (made[0] != null) {
                closeQuietly(made[0]);
            }
            throw e;
        }
    }

    private static ServerSocketChannel bound(
            ProtocolFamily family, SocketAddress bind, boolean v6Only) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(family);
        try {
            channel.configureBlocking(false);
            if (v6Only) {
                Listener.makeV6Only(channel);
            }
            channel.bind(bind, BACKLOG);
            return channel;
        } catch (IOException | UnsupportedOperationException e) {
            channel.close();
            throw e;
        }
    }

    /** What went wrong, of which the JDK tells only the C library's words. */
    private static int errno(Exception e) {
        String words = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        if (words.contains("in use")) {
            return Errno.EADDRINUSE;
        } else if (words.contains("denied")) {
            return Errno.EACCES;
        } else if (words.contains("no such file")) {
            return Errno.ENOENT;
        } else if (words.contains("too long")) {
            return Errno.ENAMETOOLONG;
        } else if (words.contains("cannot assign")) {
            return Errno.EADDRNOTAVAIL;
        } else if (words.contains("too many")) {
            return Errno.EMFILE;
        }
        return e instanceof UnsupportedOperationException ? Errno.EAFNOSUPPORT : Errno.EIO;
    }

    ServerSocketChannel channel() {
        return channel;
    }

    /** What was bound, with the port that the kernel picked. */
    SocketAddress address() {
        return address;
    }

    /** Keeps new clients away while those who have connected wait; see {@link Listener#hide}. */
    void hide() {
        if (file != null) {
            file.remove();
        } else if (address instanceof InetSocketAddress inet) {
            Listener.hide(inet);
        }
    }

    /**
     * Nobody is accepted from now on. The JDK closes the socket itself only when its selector next
     * looks, and who connects until then is reset: so first {@link #hide} it.
     */
    @Override
    public void close() {
        if (file != null) {
            file.remove();
        }
        closeQuietly(channel);
    }

    private static void closeQuietly(ServerSocketChannel channel) {
        try {
            channel.close();
        } catch (IOException _) {
            // Nobody can connect any more, and there is nothing to be done about it.
        }
    }
}
