package caffeine.server.socket;

import caffeine.http.IpAddress;
import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Sockets;
import caffeine.os.linux.SocketFilter;
import caffeine.server.core.ClientAddress;
import caffeine.server.engine.StartException;
import caffeine.server.options.NetworkOptions;
import caffeine.server.options.Setting;

import org.jspecify.annotations.Nullable;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A listening socket, TCP or Unix-domain. Accepted TCP sockets inherit its options: TCP_NODELAY,
 * and TCP_USER_TIMEOUT, which ends a client that no longer takes bytes, even while a script holds
 * its socket.
 */
public final class Listener implements ClientListener {

    /** Consecutive aborted connections after which to wait a moment. */
    private static final int MOST_FAILED = 64;

    private static final int TRIES_TO_FIND = 8;

    /** Room for clients at first. */
    private static final int FEW = 64;

    private static final int BACKLOG = 4096;
    private static final int USER_TIMEOUT_MS = 30_000;
    private static final long MILLI_NS = 1_000_000;

    private final int fd;
    private final SocketAddress address;

    private int userTimeoutMs = USER_TIMEOUT_MS;

    /** Whether it takes IPv4 clients beside those of IPv6. */
    private final boolean dual;

    /** The file of a Unix-domain socket; null for TCP. */
    private final @Nullable SocketFile file;

    /** Whether no other process has the socket. */
    private final boolean own;

    private final MemorySegment peer = Arena.ofAuto().allocate(Sockets.SOCKADDR_BYTES, 8);
    private final AtomicBoolean closed = new AtomicBoolean();
    private int lastErrno;

    /** The client that was accepted last. */
    private int client = NONE;

    // Clients that a poller has accepted ahead, and errors: a ring.
    private int[] arrivals = {};
    private int firstArrival;
    private int arrived;

    private Listener(
            int fd, SocketAddress address, boolean dual, @Nullable SocketFile file, boolean own) {
        this.fd = fd;
        this.address = address;
        this.dual = dual;
        this.file = file;
        this.own = own;
    }

    /**
     * Binds and listens, non-blocking, with a socket at each address.
     *
     * @throws StartException with the reason and the next step; nothing is open then
     */
    public static List<Listener> open(NetworkOptions network) throws StartException {
        return Binding.open(network, new Groups(network, 1, Sharing.NONE)).stream()
                .map(List::getFirst)
                .toList();
    }

    /**
     * Binds and listens with several sockets at each address (SO_REUSEPORT, socket(7)); the kernel
     * gives each client to one of them, by a hash of both addresses. A Unix-domain address has one
     * socket, of which each gets a descriptor, and so has a socket that was handed over; a client
     * is taken by the first that accepts it.
     *
     * @return a group for each address, in their order
     * @throws StartException with the reason and the next step, also when another program listens
     *     there in this way; nothing is open then
     */
    public static List<List<Listener>> openGroups(NetworkOptions network, int count)
            throws StartException {
        return Binding.open(network, new Groups(network, count, Sharing.FIRST));
    }

    /** The listeners at one address. */
    private record Groups(NetworkOptions network, int count, Sharing sharing)
            implements Binding.Kind<List<Listener>> {

        @Override
        public List<Listener> open(int place, SocketAddress address) throws StartException {
            List<Listener> group = new ArrayList<>(count);
            try {
                group.add(openFirst(place, address));
                while (group.size() < count) {
                    group.add(another(group.getFirst()));
                }
            } catch (Throwable e) {
                close(group);
                throw e;
            }
            return group;
        }

        private Listener openFirst(int place, SocketAddress address) throws StartException {
            if (!network.inherited().isEmpty()) {
                return adopt(network.inherited().get(place), address);
            }
            return address instanceof InetSocketAddress inet
                    ? Listener.open(inet, network.isDual(address), sharing)
                    : openUnix((UnixDomainSocketAddress) address, network.socketMode());
        }

        @Override
        public SocketAddress addressOf(List<Listener> group) {
            return group.getFirst().address();
        }

        @Override
        public void close(List<Listener> group) {
            group.forEach(Listener::close);
        }
    }

    /**
     * Listens with a copy of a descriptor that another process has bound and opened, and will go on
     * to use: nothing of it is undone at the end, and its file stays.
     */
    private static Listener adopt(int inherited, SocketAddress address) throws StartException {
        int fd = Descriptors.dup(inherited, 3);
        int result = fd < 0 ? fd : Descriptors.setNonBlocking(fd, true);
        if (result >= 0 && address instanceof InetSocketAddress) {
            result = configureAccepted(fd);
        }
        if (result < 0) {
            if (fd >= 0) {
                Descriptors.close(fd);
            }
            throw new StartException(
                    "cannot use the socket that was handed over: " + Errno.describe(-result));
        }
        return new Listener(fd, address, false, null, false);
    }

    private static Listener openUnix(UnixDomainSocketAddress address, int mode)
            throws StartException {
        int fd = Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK, 0);
        if (fd < 0) {
            throw new StartException("cannot open a socket: " + Errno.describe(-fd));
        }
        try {
            SocketFile file =
                    SocketFile.make(
                            address.getPath(),
                            mode,
                            fresh -> {
                                int result = Sockets.bind(fd, fresh);
                                return result < 0 ? result : Sockets.listen(fd, BACKLOG);
                            });
            return new Listener(fd, address, false, file, true);
        } catch (StartException e) {
            Descriptors.close(fd);
            throw e;
        }
    }

    private Listener duplicate() throws StartException {
        int copy = Descriptors.dup(fd, 3);
        if (copy < 0) {
            throw new StartException("cannot open a socket: " + Errno.describe(-copy));
        }
        return new Listener(copy, address, dual, file, own);
    }

    /**
     * One more of a group, as {@link #openGroups} makes it.
     *
     * @param first any of the group
     * @throws StartException with the reason
     */
    public static Listener another(Listener first) throws StartException {
        return first.own && first.address instanceof InetSocketAddress address
                ? open(address, first.dual, Sharing.NEXT)
                : first.duplicate();
    }

    /** Whether other sockets listen at the same address. */
    private enum Sharing {
        NONE,
        /**
         * Bound exclusively first, so that another program on the same port is noticed; shared from
         * then on.
         */
        FIRST,
        NEXT
    }

    private static Listener open(InetSocketAddress bind, boolean dual, Sharing sharing)
            throws StartException {
        boolean six = bind.getAddress() instanceof Inet6Address;
        int fd =
                Sockets.socket(
                        six ? Sockets.AF_INET6 : Sockets.AF_INET,
                        Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK,
                        0);
        if (fd < 0) {
            throw new StartException("cannot open a socket: " + Errno.describe(-fd));
        }
        int result = configure(fd, six, dual);
        if (result == 0 && sharing == Sharing.NEXT) {
            result = share(fd);
        }
        if (result == 0) {
            result = Sockets.bind(fd, bind);
        }
        if (result == 0 && sharing == Sharing.FIRST) {
            result = share(fd);
        }
        if (result == 0) {
            result = Sockets.listen(fd, BACKLOG);
        }
        if (result < 0) {
            Descriptors.close(fd);
            throw failure(bind, dual, -result);
        }
        SocketAddress local = Sockets.localAddress(fd);
        if (local == null) {
            throw new IllegalStateException("a TCP socket without an address");
        }
        return new Listener(fd, local, dual, null, true);
    }

    private static int share(int fd) {
        return Sockets.setOption(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEPORT, 1);
    }

    private static int configure(int fd, boolean six, boolean dual) {
        int result = Sockets.setOption(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
        if (result == 0 && six) {
            // Overrides the setting of the system.
            result = Sockets.setOption(fd, Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY, dual ? 0 : 1);
        }
        return result == 0 ? configureAccepted(fd) : result;
    }

    /** TCP_USER_TIMEOUT also counts while the client's window is closed (man 7 tcp). */
    @Override
    public void allowSilence(long ns) {
        int milliseconds = Math.clamp(ns / MILLI_NS, USER_TIMEOUT_MS, Integer.MAX_VALUE);
        if (address instanceof InetSocketAddress && milliseconds != userTimeoutMs) {
            userTimeoutMs = milliseconds;
            int _ =
                    Sockets.setOption(
                            fd, Sockets.IPPROTO_TCP, Sockets.TCP_USER_TIMEOUT, milliseconds);
        }
    }

    /** The options that accepted sockets inherit. */
    private static int configureAccepted(int fd) {
        int result = Sockets.setOption(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1);
        return result < 0
                ? result
                : Sockets.setOption(
                        fd, Sockets.IPPROTO_TCP, Sockets.TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
    }

    /**
     * Why binding failed, and the next step.
     *
     * @param dual whether it was to be listened for IPv4 beside IPv6
     */
    public static StartException failure(InetSocketAddress bind, boolean dual, int errno) {
        return new StartException(explain(bind, dual, errno), errno == Errno.EADDRINUSE);
    }

    private static String explain(InetSocketAddress bind, boolean dual, int errno) {
        String where = display(bind);
        return switch (errno) {
            case Errno.EADDRINUSE ->
                    "cannot listen on "
                            + where
                            + ": the port is in use"
                            + (dual ? ", by IPv6 or by IPv4" : "")
                            + "; stop the process that uses it, or choose another with "
                            + Setting.PORT
                            + " (0 picks a free one)";
            case Errno.EACCES ->
                    "cannot listen on "
                            + where
                            + ": ports below 1024 need privileges; choose another with "
                            + Setting.PORT;
            case Errno.EADDRNOTAVAIL ->
                    "cannot listen on "
                            + where
                            + ": this machine has no such address; choose another with "
                            + Setting.ADDRESS;
            case Errno.EAFNOSUPPORT ->
                    "cannot listen on " + where + ": this machine has no such address family";
            default -> "cannot listen on " + where + ": " + Errno.describe(errno);
        };
    }

    /** The address as in a URL: {@code 127.0.0.1:8080}, {@code [::1]:8080}. */
    public static String display(InetSocketAddress address) {
        return IpAddress.host(address.getAddress().getAddress()) + ":" + address.getPort();
    }

    @Override
    public SocketAddress address() {
        return address;
    }

    /** The TCP port that was bound; 0 of a Unix-domain socket. */
    public int port() {
        return address instanceof InetSocketAddress inet ? inet.getPort() : 0;
    }

    @Override
    public int fd() {
        return fd;
    }

    @Override
    public @Nullable SelectableChannel channel() {
        return null;
    }

    /**
     * Accepts one client; {@link #peer()} has its address then.
     *
     * @return a descriptor in blocking mode, or {@link #NONE}, or {@link #EXHAUSTED}
     */
    @Override
    public int accept() {
        for (int failed = 0; failed < MOST_FAILED; failed++) {
            int accepted = arrived > 0 ? acceptArrived() : Sockets.accept4(fd, 0, peer);
            if (accepted >= 0) {
                client = accepted;
                return accepted;
            }
            lastErrno = -accepted;
            switch (lastErrno) {
                case Errno.EAGAIN -> {
                    return NONE;
                }
                case Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM -> {
                    return EXHAUSTED;
                }
                case Errno.EBADF, Errno.EINVAL, Errno.ENOTSOCK, Errno.EFAULT ->
                        throw new IllegalStateException("accept4: " + Errno.describe(lastErrno));
                default -> {
                    // EINTR; or the error of a connection that is gone already (ECONNABORTED,
                    // EPROTO, ENETDOWN and others, accept(2)): try the next one.
                }
            }
        }
        return EXHAUSTED;
    }

    @Override
    public boolean takesArrivals() {
        return true;
    }

    @Override
    public void arrived(int clientOrError) {
        if (arrived == arrivals.length) {
            int[] larger = new int[Math.max(FEW, 2 * arrived)];
            for (int i = 0; i < arrived; i++) {
                larger[i] = arrivals[(firstArrival + i) % arrived];
            }
            arrivals = larger;
            firstArrival = 0;
        }
        arrivals[(firstArrival + arrived++) % arrivals.length] = clientOrError;
    }

    @Override
    public boolean hasArrived() {
        return arrived > 0;
    }

    private int takeArrival() {
        int first = arrivals[firstArrival];
        firstArrival = (firstArrival + 1) % arrivals.length;
        arrived--;
        return first;
    }

    /** The next one, with its address; −ENOTCONN when it is gone already. */
    private int acceptArrived() {
        int accepted = takeArrival();
        int result = accepted < 0 ? accepted : Sockets.peerAddress(accepted, peer);
        if (result >= 0) {
            return accepted;
        }
        if (accepted >= 0) {
            Descriptors.close(accepted);
            return -Errno.ENOTCONN;
        }
        return accepted;
    }

    /**
     * The address of a client. An IPv4 client of a listener for both families has its IPv4 address.
     *
     * @param peer its address, as a sockaddr
     */
    public static ClientAddress client(MemorySegment peer) {
        return Sockets.isInet(peer)
                ? new ClientAddress(Sockets.inetAddress(peer))
                : ClientAddress.UNIX;
    }

    /** The address of the last client, as a sockaddr; valid until the next {@link #accept}. */
    public MemorySegment peer() {
        return peer;
    }

    /** The client that was accepted last, in blocking mode; the caller takes ownership. */
    public int client() {
        return client;
    }

    /** Where that client comes from. */
    public ClientAddress clientAddress() {
        return client(peer);
    }

    @Override
    public @Nullable InetAddress network() {
        return client(peer).network();
    }

    @Override
    public String shortage() {
        return Errno.describe(lastErrno);
    }

    @Override
    public Runnable refuse(ByteBuffer answer) {
        int refused = client;
        MemorySegment bytes = MemorySegment.ofBuffer(answer);
        Sockets.send(refused, bytes, 0, bytes.byteSize(), Sockets.MSG_DONTWAIT);
        Sockets.shutdown(refused, Sockets.SHUT_WR);
        return () -> Descriptors.close(refused);
    }

    @Override
    public void drop() {
        Descriptors.close(client);
    }

    /**
     * {@inheritDoc} A client that came between the last accept and the close would be reset. A
     * Unix-domain socket loses its file. For a TCP socket, the kernel silently drops connection
     * attempts: the client tries again in a second, and reaches the next server. Without permission
     * for the filter, nothing changes; nor for a socket that was handed over, where clients wait
     * for the next server.
     */
    @Override
    public void hide() {
        if (file != null) {
            file.remove();
        } else if (own) {
            int _ = SocketFilter.dropConnectionAttempts(fd);
        }
    }

    /**
     * The same for a TCP socket of this process at this address, whose descriptor the JDK hides.
     */
    public static void hide(InetSocketAddress listening) {
        for (int fd : descriptors()) {
            if (Sockets.getOption(fd, Sockets.SOL_SOCKET, Sockets.SO_ACCEPTCONN) == 1
                    && listening.equals(Sockets.localAddress(fd))) {
                int _ = SocketFilter.dropConnectionAttempts(fd);
            }
        }
    }

    /**
     * Makes an IPv6 socket of the JDK, which is not bound yet, one of IPv6 alone. The JDK hides the
     * descriptor and has no option for it: so the descriptor is the one where another option
     * changes together with the channel's.
     *
     * @throws IOException when it is not to be found
     */
    public static void makeV6Only(ServerSocketChannel channel) throws IOException {
        for (int i = 0; i < TRIES_TO_FIND; i++) {
            channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            List<Integer> found = descriptors();
            found.removeIf(fd -> sharesItsPort(fd) != 1);
            channel.setOption(StandardSocketOptions.SO_REUSEPORT, false);
            found.removeIf(fd -> sharesItsPort(fd) != 0);
            if (found.size() == 1) { // otherwise another thread has reused the number meanwhile
                int result =
                        Sockets.setOption(
                                found.getFirst(), Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY, 1);
                if (result < 0) {
                    throw new IOException(Errno.describe(-result));
                }
                return;
            }
        }
        throw new IOException("the socket's descriptor is not to be found in /proc/self/fd");
    }

    private static int sharesItsPort(int fd) {
        return Sockets.getOption(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEPORT);
    }

    /** The descriptors of this process. */
    private static List<Integer> descriptors() {
        List<Integer> all = new ArrayList<>();
        @Nullable String[] names = new File("/proc/self/fd").list();
        for (String name : names == null ? new String[0] : names) {
            all.add(Integer.valueOf(name));
        }
        return all;
    }

    /** Thread-safe; closes once only, since the number may be reused afterwards. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            if (file != null) {
                file.remove();
            }
            Descriptors.close(fd);
            while (arrived > 0) {
                int left = takeArrival();
                if (left >= 0) {
                    Descriptors.close(left);
                }
            }
        }
    }
}
