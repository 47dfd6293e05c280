package caffeine.server;

import caffeine.http.forwarded.TrustedProxies;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Objects;

/**
 * Where a server listens.
 *
 * @param bind an {@link InetSocketAddress}, whose port 0 lets the kernel pick one, or a {@link
 *     java.net.UnixDomainSocketAddress}, whose file is made and, at the end, removed
 * @param socketMode the permissions of that file, as chmod(2) takes them; connecting needs the
 *     right to write. Means nothing to an internet address
 * @param trustedProxies those whose word on their clients is taken
 * @param inherited a descriptor that listens at the address already, opened by who started this
 *     process; {@link #NONE}: the server opens one
 */
public record NetworkOptions(
        SocketAddress bind, int socketMode, TrustedProxies trustedProxies, int inherited) {

    /** No descriptor. */
    public static final int NONE = -1;

    /** Whoever runs the server, and the file's group. */
    public static final int DEFAULT_SOCKET_MODE = 0660;

    public NetworkOptions {
        Objects.requireNonNull(bind);
        Objects.requireNonNull(trustedProxies);
    }

    /** Options of a server that opens its own socket. */
    public NetworkOptions(SocketAddress bind, int socketMode, TrustedProxies trustedProxies) {
        this(bind, socketMode, trustedProxies, NONE);
    }

    /** Listens at an address, with the default for everything else. */
    public static NetworkOptions of(SocketAddress bind) {
        return new NetworkOptions(bind, DEFAULT_SOCKET_MODE, TrustedProxies.NONE);
    }

    /** These options with another address. */
    public NetworkOptions withBind(SocketAddress newBind) {
        return new NetworkOptions(newBind, socketMode, trustedProxies, inherited);
    }

    /** These options with a descriptor that listens already, at that address. */
    public NetworkOptions withInherited(SocketAddress address, int fd) {
        return new NetworkOptions(address, socketMode, trustedProxies, fd);
    }

    /** The TCP port; 0 where there is none. */
    public int port() {
        return bind instanceof InetSocketAddress inet ? inet.getPort() : 0;
    }
}
