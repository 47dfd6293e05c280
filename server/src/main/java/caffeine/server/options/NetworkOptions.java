package caffeine.server.options;

import caffeine.http.forwarded.TrustedProxies;

import org.jspecify.annotations.Nullable;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;

/**
 * Where a server listens.
 *
 * <pre>{@code
 * NetworkOptions.of(new InetSocketAddress("::1", 8080), UnixDomainSocketAddress.of("/run/web.sock"))
 * }</pre>
 *
 * @param addresses each an {@link InetSocketAddress} or a {@link java.net.UnixDomainSocketAddress},
 *     whose file is made and, at the end, removed. Port 0 lets the kernel pick one, the same for
 *     all that say 0. At least one; none covers another
 * @param v6Only whether {@code ::} is IPv6 alone. Without this it is IPv4 too, unless an IPv4
 *     address is among the others
 * @param socketMode the permissions of a Unix-domain socket's file, as chmod(2) takes them;
 *     connecting needs the right to write. No effect on an internet address
 * @param trustedProxies proxies whose forwarding fields are used
 * @param inherited descriptors that listen at the addresses already, in their order, opened by the
 *     process that started this one; empty: the server opens its own
 */
public record NetworkOptions(
        List<SocketAddress> addresses,
        boolean v6Only,
        int socketMode,
        TrustedProxies trustedProxies,
        List<Integer> inherited) {

    /** The user that runs the server, and the file's group. */
    public static final int DEFAULT_SOCKET_MODE = 0660;

    /** Instead of a port: the addresses have different ones. */
    public static final int SEVERAL_PORTS = -1;

    /**
     * Checks the addresses.
     *
     * @throws IllegalArgumentException when there is none, or one covers another
     */
    public NetworkOptions {
        Objects.requireNonNull(trustedProxies);
        addresses = List.copyOf(addresses);
        inherited = List.copyOf(inherited);
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("a server listens at one address at least");
        }
        if (!inherited.isEmpty() && inherited.size() != addresses.size()) {
            throw new IllegalArgumentException("each address has a descriptor, or none has");
        }
        for (int i = 0; i < addresses.size() && inherited.isEmpty(); i++) {
            SocketAddress other = covering(addresses, i);
            if (other != null) {
                throw new IllegalArgumentException(other + " covers " + addresses.get(i));
            }
        }
    }

    /** Options of a server that opens its own socket. */
    public NetworkOptions(SocketAddress bind, int socketMode, TrustedProxies trustedProxies) {
        this(List.of(bind), false, socketMode, trustedProxies, List.of());
    }

    /** Listens at addresses, with the default for everything else. */
    public static NetworkOptions of(SocketAddress... addresses) {
        return new NetworkOptions(
                List.of(addresses), false, DEFAULT_SOCKET_MODE, TrustedProxies.NONE, List.of());
    }

    /**
     * Another of the addresses where clients of one arrive as well: the same one, or the wildcard
     * of its family. Null when there is none.
     *
     * @param place the place of the one
     */
    public static @Nullable SocketAddress covering(List<SocketAddress> addresses, int place) {
        SocketAddress address = addresses.get(place);
        for (int i = 0; i < addresses.size(); i++) {
            SocketAddress other = addresses.get(i);
            boolean same = isSame(address, other);
            if (same ? i < place : isWildcardOf(other, address)) { // of two the second
                return other;
            }
        }
        return null;
    }

    /** To the JDK one link-local address is the same on every interface. */
    private static boolean isSame(SocketAddress one, SocketAddress other) {
        return one.equals(other) && scope(one) == scope(other);
    }

    private static int scope(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                        && inet.getAddress() instanceof Inet6Address six
                ? six.getScopeId()
                : 0;
    }

    private static boolean isWildcardOf(SocketAddress wildcard, SocketAddress address) {
        return wildcard instanceof InetSocketAddress all
                && address instanceof InetSocketAddress one
                && all.getPort() == one.getPort()
                && isWildcard(all)
                && isV4(all) == isV4(one);
    }

    private static boolean isWildcard(InetSocketAddress address) {
        return address.getAddress() != null && address.getAddress().isAnyLocalAddress();
    }

    private static boolean isV4(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                && inet.getAddress() instanceof Inet4Address;
    }

    /** Whether a socket at one of these addresses takes IPv4 clients beside those of IPv6. */
    public boolean isDual(SocketAddress address) {
        return !v6Only
                && address instanceof InetSocketAddress inet
                && inet.getAddress() instanceof Inet6Address
                && isWildcard(inet)
                && addresses.stream().noneMatch(NetworkOptions::isV4);
    }

    /** These options with one other address, which the server opens itself. */
    public NetworkOptions withBind(SocketAddress newBind) {
        return withAddresses(List.of(newBind));
    }

    /** These options with other addresses, which the server opens itself. */
    public NetworkOptions withAddresses(List<? extends SocketAddress> newAddresses) {
        return new NetworkOptions(
                List.copyOf(newAddresses), v6Only, socketMode, trustedProxies, List.of());
    }

    /** These options, where {@code ::} is IPv6 alone or is not. */
    public NetworkOptions withV6Only(boolean newV6Only) {
        return new NetworkOptions(addresses, newV6Only, socketMode, trustedProxies, inherited);
    }

    /** These options with other permissions of a Unix-domain socket's file. */
    public NetworkOptions withSocketMode(int mode) {
        return new NetworkOptions(addresses, v6Only, mode, trustedProxies, inherited);
    }

    /** These options with proxies whose forwarding fields are used. */
    public NetworkOptions withTrustedProxies(TrustedProxies proxies) {
        return new NetworkOptions(addresses, v6Only, socketMode, proxies, inherited);
    }

    /** These options with descriptors that listen already, at those addresses. */
    public NetworkOptions withInherited(List<SocketAddress> newAddresses, List<Integer> fds) {
        return new NetworkOptions(newAddresses, v6Only, socketMode, trustedProxies, fds);
    }

    /** The first address. */
    public SocketAddress bind() {
        return addresses.getFirst();
    }

    /** Whether one is an internet address. */
    public boolean hasInet() {
        return addresses.stream().anyMatch(InetSocketAddress.class::isInstance);
    }

    /** The TCP port of all; 0 where there is none, {@link #SEVERAL_PORTS} where they differ. */
    public int port() {
        int port = 0;
        for (SocketAddress address : addresses) {
            if (address instanceof InetSocketAddress inet) {
                if (port != 0 && port != inet.getPort()) {
                    return SEVERAL_PORTS;
                }
                port = inet.getPort();
            }
        }
        return port;
    }
}
