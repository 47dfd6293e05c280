package caffeine.os;

import caffeine.os.foreign.Memory;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Socket addresses as the kernel reads and writes them (man 7 ip, ipv6, unix).
 *
 * <pre>{@code
 * struct sockaddr_in {              struct sockaddr_in6 {
 *     sa_family_t    sin_family;        sa_family_t     sin6_family;
 *     in_port_t      sin_port;          in_port_t       sin6_port;
 *     struct in_addr sin_addr;          uint32_t        sin6_flowinfo;
 *     char           sin_zero[8];       struct in6_addr sin6_addr;
 * };                                    uint32_t        sin6_scope_id;
 *                                   };
 * struct sockaddr_un {
 *     sa_family_t sun_family;
 *     char        sun_path[108];
 * };
 * }</pre>
 *
 * <p>The family is in the machine's byte order; ports and addresses are in the network's.
 */
final class SocketAddresses {
    static final int FAMILY = 0;
    static final int PORT = 2;

    static final int IN_ADDRESS = 4;
    static final int IN_BYTES = 16;

    static final int IN6_ADDRESS = 8;
    static final int IN6_SCOPE = 24;
    static final int IN6_BYTES = 28;

    static final int UN_PATH = 2;
    static final int UN_PATH_BYTES = 108;
    static final int UN_BYTES = UN_PATH + UN_PATH_BYTES;

    private SocketAddresses() {}

    /**
     * Writes an address.
     *
     * @return its length in bytes; {@code -EAFNOSUPPORT} for a kind of address that is none of the
     *     three, {@code -EDESTADDRREQ} for a host name without an address, {@code -ENAMETOOLONG}
     *     for a path of more than 107 bytes
     */
    static int encode(SocketAddress address, Memory to, int offset) {
        if (address instanceof InetSocketAddress inet) {
            return encodeInet(inet, to, offset);
        }
        if (address instanceof UnixDomainSocketAddress unix) {
            return encodeUnix(unix, to, offset);
        }
        return -Errno.EAFNOSUPPORT;
    }

    private static int encodeInet(InetSocketAddress socketAddress, Memory to, int offset) {
        InetAddress address = socketAddress.getAddress();
        if (address == null) {
            return -Errno.EDESTADDRREQ;
        }
        to.clear(offset, IN6_BYTES);
        int port = socketAddress.getPort();
        to.putByte(offset + PORT, port >>> 8);
        to.putByte(offset + PORT + 1, port);
        byte[] bytes = address.getAddress();
        if (address instanceof Inet4Address) {
            to.putShort(offset + FAMILY, Sockets.AF_INET);
            to.put(offset + IN_ADDRESS, bytes, 0, bytes.length);
            return IN_BYTES;
        }
        to.putShort(offset + FAMILY, Sockets.AF_INET6);
        to.put(offset + IN6_ADDRESS, bytes, 0, bytes.length);
        to.putInt(offset + IN6_SCOPE, ((Inet6Address) address).getScopeId());
        return IN6_BYTES;
    }

    private static int encodeUnix(UnixDomainSocketAddress address, Memory to, int offset) {
        byte[] path = address.getPath().toString().getBytes(StandardCharsets.UTF_8);
        if (path.length >= UN_PATH_BYTES) {
            return -Errno.ENAMETOOLONG;
        }
        to.putShort(offset + FAMILY, Sockets.AF_UNIX);
        to.putString(offset + UN_PATH, path);
        // The length counts the NUL, as man 7 unix advises.
        return UN_PATH + path.length + 1;
    }

    /**
     * Writes an address in the abstract namespace (man 7 unix): a NUL, and the name without an end.
     *
     * @return its length in bytes; {@code -ENAMETOOLONG} for a name of more than 107 bytes
     */
    static int encodeAbstract(String name, Memory to, int offset) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= UN_PATH_BYTES) {
            return -Errno.ENAMETOOLONG;
        }
        to.putShort(offset + FAMILY, Sockets.AF_UNIX);
        to.putByte(offset + UN_PATH, 0);
        to.put(offset + UN_PATH + 1, bytes, 0, bytes.length);
        return UN_PATH + 1 + bytes.length;
    }

    /**
     * Reads an address.
     *
     * @param bytes a sockaddr of any of the three families
     * @param length how many of the bytes the kernel wrote; a Unix-domain socket without a name has
     *     the family alone
     * @throws IllegalArgumentException if it is of another family
     */
    static SocketAddress decode(byte[] bytes, int length) {
        return switch (family(bytes)) {
            case Sockets.AF_INET, Sockets.AF_INET6 -> decodeInet(bytes);
            case Sockets.AF_UNIX -> decodeUnix(bytes, length);
            default -> throw unknownFamily(bytes);
        };
    }

    /**
     * Reads an internet address. An IPv4 address that came over an IPv6 socket ({@code
     * ::ffff:127.0.0.1}) becomes an {@link Inet4Address}.
     *
     * @throws IllegalArgumentException if it is of another family
     */
    static InetSocketAddress decodeInet(byte[] bytes) {
        int port = (bytes[PORT] & 0xff) << 8 | (bytes[PORT + 1] & 0xff);
        try {
            return switch (family(bytes)) {
                case Sockets.AF_INET ->
                        new InetSocketAddress(
                                InetAddress.getByAddress(
                                        Arrays.copyOfRange(bytes, IN_ADDRESS, IN_ADDRESS + 4)),
                                port);
                case Sockets.AF_INET6 -> new InetSocketAddress(inet6(bytes), port);
                default -> throw unknownFamily(bytes);
            };
        } catch (UnknownHostException e) {
            throw new AssertionError("4 or 16 bytes are an address", e);
        }
    }

    /** Whether it is of IPv4 or IPv6. */
    static boolean isInet(byte[] bytes) {
        int family = family(bytes);
        return family == Sockets.AF_INET || family == Sockets.AF_INET6;
    }

    private static InetAddress inet6(byte[] bytes) throws UnknownHostException {
        byte[] raw = Arrays.copyOfRange(bytes, IN6_ADDRESS, IN6_ADDRESS + 16);
        InetAddress address = InetAddress.getByAddress(raw);
        int scope = nativeInt(bytes, IN6_SCOPE);
        return scope == 0 || address instanceof Inet4Address
                ? address
                : Inet6Address.getByAddress(null, raw, scope);
    }

    private static UnixDomainSocketAddress decodeUnix(byte[] bytes, int length) {
        int end = UN_PATH;
        while (end < Math.min(length, bytes.length) && bytes[end] != 0) {
            end++;
        }
        return UnixDomainSocketAddress.of(
                new String(bytes, UN_PATH, end - UN_PATH, StandardCharsets.UTF_8));
    }

    // Little-endian, as every machine that this module works on.
    private static int family(byte[] bytes) {
        return (bytes[FAMILY] & 0xff) | (bytes[FAMILY + 1] & 0xff) << 8;
    }

    private static int nativeInt(byte[] bytes, int at) {
        return (bytes[at] & 0xff)
                | (bytes[at + 1] & 0xff) << 8
                | (bytes[at + 2] & 0xff) << 16
                | bytes[at + 3] << 24;
    }

    private static IllegalArgumentException unknownFamily(byte[] bytes) {
        return new IllegalArgumentException(
                "not an address of this family: ".concat(Integer.toString(family(bytes))));
    }
}
