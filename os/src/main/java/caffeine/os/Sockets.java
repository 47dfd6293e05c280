package caffeine.os;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.ThreadMemory;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * Sockets: TCP over IPv4 and IPv6, and Unix-domain.
 *
 * <p>Every call returns {@code >= 0} or {@code -errno}. Each lists the errors that a caller
 * distinguishes; any may also answer {@code -EBADF} (no such descriptor), {@code -ENOTSOCK} and,
 * off Linux, {@code -ENOSYS}. Every descriptor made here closes on exec. Segments are native.
 */
public final class Sockets {
    public static final int AF_UNIX = 1;
    public static final int AF_INET = 2;
    public static final int AF_INET6 = 10;

    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_NONBLOCK = 0x800;
    public static final int SOCK_CLOEXEC = 0x80000;

    public static final int MSG_PEEK = 0x2;
    public static final int MSG_CTRUNC = 0x8;
    public static final int MSG_TRUNC = 0x20;
    public static final int MSG_DONTWAIT = 0x40;
    public static final int MSG_WAITALL = 0x100;
    public static final int MSG_NOSIGNAL = 0x4000;
    public static final int MSG_MORE = 0x8000;
    public static final int MSG_CMSG_CLOEXEC = 0x40000000;

    public static final int SHUT_WR = 1;
    public static final int SHUT_RDWR = 2;

    public static final int SOL_SOCKET = 1;
    public static final int SO_REUSEADDR = 2;
    public static final int SO_TYPE = 3;
    public static final int SO_ERROR = 4;
    public static final int SO_SNDBUF = 7;
    public static final int SO_RCVBUF = 8;
    public static final int SO_LINGER = 13;
    public static final int SO_REUSEPORT = 15;
    public static final int SO_PEERCRED = 17;
    public static final int SO_ACCEPTCONN = 30;

    public static final int IPPROTO_TCP = 6;
    public static final int TCP_NODELAY = 1;
    public static final int TCP_INFO = 11;
    public static final int TCP_USER_TIMEOUT = 18;

    public static final int IPPROTO_IPV6 = 41;
    public static final int IPV6_V6ONLY = 26;

    /** The size of a sockaddr_storage, which holds an address of any family. */
    public static final int SOCKADDR_BYTES = 128;

    private static final MemorySegment SOCKET = Native.function("socket");
    private static final MemorySegment SENDFILE = Native.function("sendfile");
    private static final MemorySegment SOCKETPAIR = Native.function("socketpair");
    private static final MemorySegment BIND = Native.function("bind");
    private static final MemorySegment CONNECT = Native.function("connect");
    private static final MemorySegment LISTEN = Native.function("listen");
    private static final MemorySegment ACCEPT4 = Native.function("accept4");
    private static final MemorySegment GETSOCKNAME = Native.function("getsockname");
    private static final MemorySegment GETPEERNAME = Native.function("getpeername");
    private static final MemorySegment RECV = Native.function("recv");
    private static final MemorySegment SEND = Native.function("send");
    private static final MemorySegment WRITEV = Native.function("writev");
    private static final MemorySegment SENDMSG = Native.function("sendmsg");
    private static final MemorySegment SHUTDOWN = Native.function("shutdown");
    private static final MemorySegment SETSOCKOPT = Native.function("setsockopt");
    private static final MemorySegment GETSOCKOPT = Native.function("getsockopt");

    // Where a call's structs lie in the thread's scratch memory: a length, then what it counts.
    private static final int LENGTH = 0;
    private static final int VALUE = 16;

    private Sockets() {}

    /**
     * Makes a socket that closes on exec (man 2 socket).
     *
     * @param domain {@link #AF_INET}, {@link #AF_INET6} or {@link #AF_UNIX}
     * @param type {@link #SOCK_STREAM} and the like, perhaps with {@link #SOCK_NONBLOCK}
     * @param protocol 0 for the type's usual one
     * @return a descriptor; {@code -EMFILE} or {@code -ENFILE} when the process or the system has
     *     no more of them, {@code -EAFNOSUPPORT} when the kernel lacks the domain (IPv6 switched
     *     off), {@code -ENOBUFS} or {@code -ENOMEM}
     */
    public static int socket(int domain, int type, int protocol) {
        return Native.callInt(SOCKET, domain, type | SOCK_CLOEXEC, protocol);
    }

    /**
     * Makes two Unix-domain sockets connected to each other (man 2 socketpair).
     *
     * @param type {@link #SOCK_STREAM} and the like, perhaps with {@link #SOCK_NONBLOCK}
     * @param fds receives the two descriptors
     * @return 0; errors as {@link #socket}
     */
    public static int socketPair(int type, int[] fds) {
        Memory scratch = ThreadMemory.scratch();
        int result = Native.callInt(SOCKETPAIR, AF_UNIX, type | SOCK_CLOEXEC, 0, scratch.address());
        if (result >= 0) {
            fds[0] = scratch.getInt(0);
            fds[1] = scratch.getInt(4);
        }
        return result;
    }

    /**
     * Gives a socket its address (man 2 bind).
     *
     * @param address an {@link InetSocketAddress} of the socket's family, or a {@link
     *     java.net.UnixDomainSocketAddress}, whose file is made
     * @return 0; {@code -EADDRINUSE} (also when the file is there), {@code -EADDRNOTAVAIL} when no
     *     interface has it, {@code -EACCES} for a port below 1024 or a folder that we may not
     *     write, {@code -EAFNOSUPPORT} for an address of another family, {@code -ENAMETOOLONG} for
     *     a path above 107 bytes, {@code -EDESTADDRREQ} for an unresolved host name
     */
    public static int bind(int fd, SocketAddress address) {
        return withAddress(BIND, fd, address);
    }

    /**
     * Connects a socket (man 2 connect).
     *
     * @return 0; {@code -EINPROGRESS} (TCP) or {@code -EAGAIN} (Unix-domain, backlog full) on a
     *     non-blocking socket, {@code -ECONNREFUSED} without a listener, {@code -ETIMEDOUT}, {@code
     *     -ENOENT} for a missing socket file, {@code -EINTR} while it goes on connecting; the
     *     address's errors as {@link #bind}
     */
    public static int connect(int fd, SocketAddress address) {
        return withAddress(CONNECT, fd, address);
    }

    /**
     * Connects a Unix-domain socket to one that has a name instead of a file (man 7 unix, abstract
     * sockets), which the JDK does not support.
     *
     * @param name without the NUL, or the {@code @} that stands for it in texts
     * @return 0; {@code -ECONNREFUSED} when no socket has that name, {@code -ENAMETOOLONG} above
     *     107 bytes; others as {@link #connect}
     */
    public static int connectAbstract(int fd, String name) {
        Memory scratch = ThreadMemory.scratch();
        int length = SocketAddresses.encodeAbstract(name, scratch, VALUE);
        return length < 0 ? length : Native.callInt(CONNECT, fd, scratch.address(VALUE), length);
    }

    private static int withAddress(MemorySegment function, int fd, SocketAddress address) {
        Memory scratch = ThreadMemory.scratch();
        int length = SocketAddresses.encode(address, scratch, VALUE);
        return length < 0 ? length : Native.callInt(function, fd, scratch.address(VALUE), length);
    }

    /**
     * Starts listening (man 2 listen).
     *
     * @param backlog how many connections may wait, at most /proc/sys/net/core/somaxconn
     * @return 0; {@code -EADDRINUSE} when another socket listens there
     */
    public static int listen(int fd, int backlog) {
        return Native.callInt(LISTEN, fd, backlog);
    }

    /**
     * Takes the first waiting connection (man 2 accept4).
     *
     * @param flags {@link #SOCK_NONBLOCK} or 0; {@link #SOCK_CLOEXEC} is always set
     * @param peer receives the client's address, {@link #SOCKADDR_BYTES} long; null if it is not
     *     needed
     * @return a descriptor; {@code -EAGAIN} when none waits, {@code -ECONNABORTED} (and by man 2
     *     accept the pending errors of the new socket: {@code -ENETDOWN}, {@code -EPROTO}, {@code
     *     -ENOPROTOOPT}, {@code -EHOSTDOWN}, {@code -ENONET}, {@code -EHOSTUNREACH}, {@code
     *     -EOPNOTSUPP}, {@code -ENETUNREACH}) when that client is gone already: take the next,
     *     {@code -EPERM} when a firewall forbids it, {@code -EMFILE}, {@code -ENFILE}, {@code
     *     -ENOBUFS} or {@code -ENOMEM} when it must wait: back off, {@code -EINTR}, {@code -EINVAL}
     *     when the socket does not listen
     */
    public static int accept4(int fd, int flags, @Nullable MemorySegment peer) {
        if (peer == null) {
            return Native.callInt(ACCEPT4, fd, 0, 0, flags | SOCK_CLOEXEC);
        }
        long address = Memory.address(peer, 0, SOCKADDR_BYTES);
        Memory scratch = ThreadMemory.scratch();
        scratch.putInt(LENGTH, SOCKADDR_BYTES);
        try {
            return Native.callInt(
                    ACCEPT4, fd, address, scratch.address(LENGTH), flags | SOCK_CLOEXEC);
        } finally {
            Reference.reachabilityFence(peer);
        }
    }

    /**
     * Reads the internet address that {@link #accept4} or {@link #localAddress(int, MemorySegment)}
     * wrote. An IPv4 client of an IPv6 listener is given its IPv4 address.
     *
     * @throws IllegalArgumentException if it is an address of another family
     */
    public static InetSocketAddress inetAddress(MemorySegment sockaddr) {
        byte[] bytes = new byte[SocketAddresses.IN6_BYTES];
        Memory.copy(sockaddr, 0, bytes, bytes.length);
        return SocketAddresses.decodeInet(bytes);
    }

    /** Whether {@link #accept4} wrote an address of IPv4 or IPv6. */
    public static boolean isInet(MemorySegment sockaddr) {
        byte[] family = new byte[2];
        Memory.copy(sockaddr, 0, family, family.length);
        return SocketAddresses.isInet(family);
    }

    /**
     * Writes a socket's own address (man 2 getsockname).
     *
     * @param out receives it, {@link #SOCKADDR_BYTES} long
     * @return the address's length in bytes
     */
    public static int localAddress(int fd, MemorySegment out) {
        return address(GETSOCKNAME, fd, out);
    }

    private static int address(MemorySegment function, int fd, MemorySegment out) {
        long address = Memory.address(out, 0, SOCKADDR_BYTES);
        Memory scratch = ThreadMemory.scratch();
        scratch.putInt(LENGTH, SOCKADDR_BYTES);
        try {
            int result = Native.callInt(function, fd, address, scratch.address(LENGTH));
            return result < 0 ? result : scratch.getInt(LENGTH);
        } finally {
            Reference.reachabilityFence(out);
        }
    }

    /** A socket's own address, with the port that bind chose for 0; null if it has none to tell. */
    public static @Nullable SocketAddress localAddress(int fd) {
        return address(GETSOCKNAME, fd);
    }

    /**
     * The other end's address (man 2 getpeername); null if the socket is not connected any more.
     */
    public static @Nullable SocketAddress peerAddress(int fd) {
        return address(GETPEERNAME, fd);
    }

    /**
     * Writes the other end's address, as {@link #accept4} does.
     *
     * @param out receives it, {@link #SOCKADDR_BYTES} long
     * @return the address's length in bytes; {@code -ENOTCONN} if it is not connected any more
     */
    public static int peerAddress(int fd, MemorySegment out) {
        return address(GETPEERNAME, fd, out);
    }

    private static @Nullable SocketAddress address(MemorySegment function, int fd) {
        Memory scratch = ThreadMemory.scratch();
        scratch.putInt(LENGTH, SOCKADDR_BYTES);
        if (Native.callInt(function, fd, scratch.address(VALUE), scratch.address(LENGTH)) < 0) {
            return null;
        }
        byte[] bytes = new byte[SOCKADDR_BYTES];
        scratch.get(VALUE, bytes, 0, bytes.length);
        return SocketAddresses.decode(bytes, scratch.getInt(LENGTH));
    }

    /**
     * Reads what has arrived (man 2 recv).
     *
     * @return how many bytes; 0 at the end of the input (or for a length of 0); {@code -EAGAIN}
     *     when nothing is there yet, {@code -ECONNRESET} and {@code -ETIMEDOUT} when the connection
     *     is lost, {@code -EINTR}
     */
    public static long recv(int fd, MemorySegment buffer, long offset, long length, int flags) {
        long address = Memory.address(buffer, offset, length);
        try {
            return Native.call(RECV, fd, address, length, flags);
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    /**
     * Writes what the socket's buffer takes (man 2 send). Never raises SIGPIPE.
     *
     * @return how many bytes, perhaps fewer than asked; {@code -EAGAIN} when the buffer is full,
     *     {@code -EPIPE} and {@code -ECONNRESET} when the other end is gone, {@code -ETIMEDOUT},
     *     {@code -EINTR}
     */
    public static long send(int fd, MemorySegment buffer, long offset, long length, int flags) {
        long address = Memory.address(buffer, offset, length);
        try {
            return Native.call(SEND, fd, address, length, flags | MSG_NOSIGNAL);
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    /**
     * Writes several ranges (man 2 writev). Raises SIGPIPE on a socket whose other end is gone,
     * which the JVM ignores; {@link #sendmsg} never does.
     *
     * @return as {@link #send}; 0 for no ranges
     */
    public static long writev(int fd, Iovecs iov) {
        try {
            return Native.call(WRITEV, fd, iov.address(), iov.count());
        } finally {
            Reference.reachabilityFence(iov);
        }
    }

    /**
     * Writes several ranges (man 2 sendmsg). Never raises SIGPIPE.
     *
     * @return as {@link #send}
     */
    public static long sendmsg(int fd, Iovecs iov, int flags) {
        try {
            return Native.call(SENDMSG, fd, iov.messageHeader(), flags | MSG_NOSIGNAL);
        } finally {
            Reference.reachabilityFence(iov);
        }
    }

    /**
     * Sends bytes of a file without a copy through this process (man 2 sendfile). To a socket in
     * blocking mode it waits: there is no MSG_DONTWAIT.
     *
     * @param fromFd a file that can be mapped; its own position does not count
     * @param length at most 2,147,479,552
     * @return how many bytes were sent, 0 at the end of the file, or −errno
     */
    public static long sendfile(int fd, int fromFd, long position, long length) {
        Memory scratch = ThreadMemory.scratch();
        scratch.putLong(0, position);
        return Native.call(SENDFILE, fd, fromFd, scratch.address(0), length);
    }

    /**
     * Shuts one direction or both (man 2 shutdown), for every process that has the socket.
     *
     * @param how {@link #SHUT_WR} or {@link #SHUT_RDWR}
     * @return 0; {@code -ENOTCONN} when the other end has gone already
     */
    public static int shutdown(int fd, int how) {
        return Native.callInt(SHUTDOWN, fd, how);
    }

    /**
     * Sets an option that is an int (man 2 setsockopt; man 7 socket, tcp, ipv6).
     *
     * @return 0; {@code -ENOPROTOOPT} when the socket has no such option, {@code -EINVAL}
     */
    public static int setOption(int fd, int level, int name, int value) {
        Memory scratch = ThreadMemory.scratch();
        scratch.putInt(VALUE, value);
        return Native.callInt(SETSOCKOPT, fd, level, name, scratch.address(VALUE), Integer.BYTES);
    }

    /**
     * Reads an option that is an int and not negative (man 2 getsockopt).
     *
     * @return the value; {@code -ENOPROTOOPT} when the socket has no such option
     */
    public static int getOption(int fd, int level, int name) {
        Memory scratch = ThreadMemory.scratch();
        int result = getOption(fd, level, name, scratch, Integer.BYTES);
        return result < 0 ? result : scratch.getInt(VALUE);
    }

    /** Writes an option's value to {@link #VALUE}; returns how many bytes it has, or -errno. */
    private static int getOption(int fd, int level, int name, Memory scratch, int bytes) {
        scratch.putInt(LENGTH, bytes);
        int result =
                Native.callInt(
                        GETSOCKOPT,
                        fd,
                        level,
                        name,
                        scratch.address(VALUE),
                        scratch.address(LENGTH));
        return result < 0 ? result : scratch.getInt(LENGTH);
    }

    /**
     * Makes the coming close a reset: what is unsent is dropped and the client sees ECONNRESET.
     *
     * <pre>{@code
     * struct linger { int l_onoff; int l_linger; };   // SO_LINGER, man 7 socket
     * }</pre>
     *
     * @return 0, or {@code -errno}
     */
    public static int resetOnClose(int fd) {
        Memory scratch = ThreadMemory.scratch();
        scratch.putInt(VALUE, 1);
        scratch.putInt(VALUE + 4, 0);
        return Native.callInt(
                SETSOCKOPT, fd, SOL_SOCKET, SO_LINGER, scratch.address(VALUE), 2 * Integer.BYTES);
    }

    /**
     * How many bytes have been written to a TCP socket so far, by whatever process, sent or not
     * (TCP_INFO). A FIN that waits behind unsent bytes counts as one more.
     *
     * @return the number; {@code -EOPNOTSUPP} when it is no TCP socket or the kernel is older than
     *     Linux 4.19
     */
    public static long bytesWritten(int fd) {
        Memory scratch = ThreadMemory.scratch();
        int result = getOption(fd, IPPROTO_TCP, TCP_INFO, scratch, TcpInfo.READ_BYTES);
        return result < 0 ? result : TcpInfo.bytesWritten(scratch, VALUE, result);
    }

    /**
     * The process that made the other end of a Unix-domain connection, at the time of connect,
     * listen or socketpair.
     *
     * <pre>{@code
     * struct ucred { pid_t pid; uid_t uid; gid_t gid; };   // SO_PEERCRED, man 7 unix
     * }</pre>
     *
     * @param pid the process, 0 if it is not in our pid namespace
     */
    public record Credentials(int pid, int uid, int gid) {}

    /** The other end's {@link Credentials}; null if this is no connected Unix-domain socket. */
    public static @Nullable Credentials peerCredentials(int fd) {
        Memory scratch = ThreadMemory.scratch();
        int result = getOption(fd, SOL_SOCKET, SO_PEERCRED, scratch, 3 * Integer.BYTES);
        // The kernel answers for every kind of socket; uid −1 means "unknown".
        if (result < 0 || scratch.getInt(VALUE + 4) == -1) {
            return null;
        }
        return new Credentials(
                scratch.getInt(VALUE), scratch.getInt(VALUE + 4), scratch.getInt(VALUE + 8));
    }
}
