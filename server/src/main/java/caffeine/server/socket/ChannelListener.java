package caffeine.server.socket;

import caffeine.os.Errno;
import caffeine.server.core.ClientAddress;
import caffeine.server.engine.NativeAccess;
import caffeine.server.engine.StartException;
import caffeine.server.options.NetworkOptions;
import caffeine.server.options.Setting;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A listening socket as a channel of the JDK: TCP, or Unix-domain with its file. What the JDK
 * cannot do is done by the kernel where native calls are allowed ({@link NativeAccess}).
 */
public final class ChannelListener implements ClientListener {

    private static final int BACKLOG = 4096;

    private final ServerSocketChannel channel;
    private final SocketAddress address;
    private final @Nullable SocketFile file;
    private @Nullable SocketChannel client;
    private String shortage = "";

    private ChannelListener(
            ServerSocketChannel channel, SocketAddress address, @Nullable SocketFile file) {
        this.channel = channel;
        this.address = address;
        this.file = file;
    }

    /**
     * Binds and listens, non-blocking, with a socket at each address.
     *
     * @param engine the engine that does
     * @throws StartException with the reason and the next step; nothing is open then
     */
    public static List<ChannelListener> open(NetworkOptions network, String engine)
            throws StartException {
        if (!network.inherited().isEmpty()) {
            throw new StartException(
                    "the engine "
                            + engine
                            + " cannot use a socket that is handed over (LISTEN_FDS), since"
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
        boolean alone = six && bind.getAddress().isAnyLocalAddress() && !dual;
        if (alone && !NativeAccess.isEnabled()) {
            throw needsNativeAccess(Listener.display(bind) + " for IPv6 alone");
        }
        ProtocolFamily family = six ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
        try {
            ServerSocketChannel channel = bound(family, bind, alone);
            return new ChannelListener(channel, channel.getLocalAddress(), null);
        } catch (IOException | UnsupportedOperationException e) {
            throw Listener.failure(bind, dual, errno(e));
        }
    }

    private static ChannelListener open(UnixDomainSocketAddress bind, int mode)
            throws StartException {
        if (!NativeAccess.isEnabled()) {
            throw needsNativeAccess("unix:" + bind.getPath());
        }
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
                close(made[0]);
            }
            throw e;
        }
    }

    private static StartException needsNativeAccess(String where) {
        return new StartException(
                "cannot listen on "
                        + where
                        + ": this needs Linux and native access; start Java with"
                        + " --enable-native-access=caffeine.os, or choose another address");
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

    /** The error; the JDK only has the text of the C library. */
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

    @Override
    public SocketAddress address() {
        return address;
    }

    @Override
    public int fd() {
        return -1;
    }

    @Override
    public SelectableChannel channel() {
        return channel;
    }

    @Override
    public int accept() {
        try {
            client = channel.accept();
            return client == null ? NONE : 0;
        } catch (IOException e) {
            shortage = String.valueOf(e.getMessage());
            return EXHAUSTED;
        }
    }

    @Override
    public String shortage() {
        return shortage;
    }

    /** The client that was accepted last, in blocking mode; the caller takes ownership. */
    public SocketChannel client() {
        return Objects.requireNonNull(client);
    }

    /**
     * Where that client comes from.
     *
     * @throws UncheckedIOException when it is gone already
     */
    public ClientAddress clientAddress() {
        try {
            return client().getRemoteAddress() instanceof InetSocketAddress inet
                    ? new ClientAddress(inet)
                    : ClientAddress.UNIX;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public @Nullable InetAddress network() {
        return clientAddress().network();
    }

    @Override
    public Runnable refuse(ByteBuffer answer) {
        SocketChannel refused = client();
        try {
            refused.configureBlocking(false);
            refused.write(answer);
            refused.shutdownOutput();
        } catch (IOException _) {
            // It is gone.
        }
        return () -> close(refused);
    }

    @Override
    public void drop() {
        close(client());
    }

    /** Keeps new clients away; see {@link Listener#hide}. Where it cannot, nothing changes. */
    @Override
    public void hide() {
        if (file != null) {
            file.remove();
        } else if (address instanceof InetSocketAddress inet && NativeAccess.isEnabled()) {
            Listener.hide(inet);
        }
    }

    /**
     * No client is accepted from now on. The JDK closes the socket itself only when its selector
     * next looks, and resets the clients that connect until then: so first {@link #hide} it.
     */
    @Override
    public void close() {
        if (file != null) {
            file.remove();
        }
        close(channel);
    }

    /** Closes a channel; there is nothing to be done about what goes wrong with that. */
    public static void close(Channel channel) {
        try {
            channel.close();
        } catch (IOException _) {
            // It is closed all the same.
        }
    }
}
