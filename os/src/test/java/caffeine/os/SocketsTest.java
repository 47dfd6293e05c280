package caffeine.os;

import static caffeine.os.testing.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import caffeine.os.testing.Machine;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.Objects;

@OnLinux
class SocketsTest {
    private final Machine machine = new Machine();

    @TempDir Path folder;

    @AfterEach
    void close() {
        machine.close();
    }

    private static InetSocketAddress loopback4() throws Exception {
        return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0);
    }

    private static InetSocketAddress loopback6() throws Exception {
        byte[] address = new byte[16];
        address[15] = 1;
        return new InetSocketAddress(InetAddress.getByAddress(address), 0);
    }

    private int listener(int domain, SocketAddress address) {
        int fd = machine.opened(Sockets.socket(domain, Sockets.SOCK_STREAM, 0));
        ok(Sockets.bind(fd, address));
        ok(Sockets.listen(fd, 16));
        return fd;
    }

    private int connected(int domain, int listener) {
        int fd = machine.opened(Sockets.socket(domain, Sockets.SOCK_STREAM, 0));
        ok(Sockets.connect(fd, Objects.requireNonNull(Sockets.localAddress(listener))));
        return fd;
    }

    /** A client and the server's side of it, over TCP. */
    private int[] tcpPair() throws Exception {
        int listener = listener(Sockets.AF_INET, loopback4());
        int client = connected(Sockets.AF_INET, listener);
        return new int[] {client, machine.opened(Sockets.accept4(listener, 0, null))};
    }

    private void exchange(int client, int server) {
        machine.send(client, "request");
        assertThat(machine.receive(server, 7)).isEqualTo("request");
        machine.send(server, "response");
        assertThat(machine.receive(client, 8)).isEqualTo("response");
    }

    @Nested
    class Ipv4 {
        @Test
        void acceptsAndExchanges() throws Exception {
            int listener = listener(Sockets.AF_INET, loopback4());
            int client = connected(Sockets.AF_INET, listener);
            MemorySegment peer = machine.memory(Sockets.SOCKADDR_BYTES);
            int server = machine.opened(Sockets.accept4(listener, 0, peer));
            exchange(client, server);

            assertThat(Sockets.inetAddress(peer)).isEqualTo(Sockets.localAddress(client));
            assertThat(Sockets.peerAddress(server)).isEqualTo(Sockets.localAddress(client));
            assertThat(Sockets.inetAddress(peer).getAddress()).isInstanceOf(Inet4Address.class);
            assertThat(Sockets.inetAddress(peer).getPort()).isPositive();
        }

        @Test
        void localAddressIntoMemory() throws Exception {
            int listener = listener(Sockets.AF_INET, loopback4());
            MemorySegment address = machine.memory(Sockets.SOCKADDR_BYTES);
            assertThat(Sockets.localAddress(listener, address)).isEqualTo(SocketAddresses.IN_BYTES);
            assertThat(Sockets.inetAddress(address)).isEqualTo(Sockets.localAddress(listener));
        }

        @Test
        void addressInUse() throws Exception {
            int first = listener(Sockets.AF_INET, loopback4());
            int second = machine.opened(Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0));
            SocketAddress taken = Objects.requireNonNull(Sockets.localAddress(first));
            assertThat(Sockets.bind(second, taken)).isEqualTo(-Errno.EADDRINUSE);
        }

        @Test
        void twoListenersShareAPortWithReusePort() throws Exception {
            int first = machine.opened(Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0));
            ok(Sockets.setOption(first, Sockets.SOL_SOCKET, Sockets.SO_REUSEPORT, 1));
            ok(Sockets.bind(first, loopback4()));
            ok(Sockets.listen(first, 1));
            int second = machine.opened(Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0));
            ok(Sockets.setOption(second, Sockets.SOL_SOCKET, Sockets.SO_REUSEPORT, 1));
            ok(Sockets.bind(second, Objects.requireNonNull(Sockets.localAddress(first))));
            ok(Sockets.listen(second, 1));
        }

        @Test
        void foreignAddressIsNotAvailable() throws Exception {
            int fd = machine.opened(Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0));
            byte[] documentation = {(byte) 192, 0, 2, 1};
            SocketAddress address =
                    new InetSocketAddress(InetAddress.getByAddress(documentation), 0);
            assertThat(Sockets.bind(fd, address)).isEqualTo(-Errno.EADDRNOTAVAIL);
        }

        @Test
        void nobodyListens() throws Exception {
            int bound = machine.opened(Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0));
            ok(Sockets.bind(bound, loopback4()));
            int fd = machine.opened(Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0));
            SocketAddress silent = Objects.requireNonNull(Sockets.localAddress(bound));
            assertThat(Sockets.connect(fd, silent)).isEqualTo(-Errno.ECONNREFUSED);
        }

        @Test
        void unresolvedNameHasNoAddress() {
            int fd = machine.opened(Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0));
            assertThat(Sockets.connect(fd, InetSocketAddress.createUnresolved("nowhere", 80)))
                    .isEqualTo(-Errno.EDESTADDRREQ);
        }
    }

    @Nested
    class Ipv6 {
        private int listener6() throws Exception {
            int fd = Sockets.socket(Sockets.AF_INET6, Sockets.SOCK_STREAM, 0);
            assumeTrue(fd >= 0, "the kernel has no IPv6");
            machine.opened(fd);
            ok(Sockets.setOption(fd, Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY, 0));
            int bound = Sockets.bind(fd, loopback6());
            assumeTrue(bound != -Errno.EADDRNOTAVAIL, "the loopback interface has no ::1");
            ok(bound);
            ok(Sockets.listen(fd, 16));
            return fd;
        }

        @Test
        void acceptsAndExchanges() throws Exception {
            int listener = listener6();
            int client = connected(Sockets.AF_INET6, listener);
            MemorySegment peer = machine.memory(Sockets.SOCKADDR_BYTES);
            int server = machine.opened(Sockets.accept4(listener, 0, peer));
            exchange(client, server);

            assertThat(Sockets.inetAddress(peer)).isEqualTo(Sockets.localAddress(client));
            assertThat(Sockets.inetAddress(peer).getAddress()).isInstanceOf(Inet6Address.class);
            MemorySegment local = machine.memory(Sockets.SOCKADDR_BYTES);
            assertThat(Sockets.localAddress(server, local)).isEqualTo(SocketAddresses.IN6_BYTES);
        }

        @Test
        void ipv4ClientOfAnIpv6ListenerIsToldAsIpv4() throws Exception {
            byte[] wildcard = new byte[28];
            wildcard[SocketAddresses.FAMILY] = Sockets.AF_INET6;
            wildcard[SocketAddresses.IN6_ADDRESS + 10] = -1;
            wildcard[SocketAddresses.IN6_ADDRESS + 11] = -1;
            wildcard[SocketAddresses.IN6_ADDRESS + 12] = 127;
            wildcard[SocketAddresses.IN6_ADDRESS + 15] = 1;
            assertThat(SocketAddresses.decodeInet(wildcard)).isEqualTo(loopback4());
        }

        @Test
        void scopeOfALinkLocalAddressIsKept() throws Exception {
            byte[] address = new byte[16];
            address[0] = (byte) 0xfe;
            address[1] = (byte) 0x80;
            address[15] = 1;
            SocketAddress scoped =
                    new InetSocketAddress(Inet6Address.getByAddress(null, address, 7), 80);
            caffeine.os.foreign.Memory memory = caffeine.os.foreign.Memory.allocate(128);
            assertThat(SocketAddresses.encode(scoped, memory, 0))
                    .isEqualTo(SocketAddresses.IN6_BYTES);
            byte[] bytes = new byte[28];
            memory.get(0, bytes, 0, 28);
            InetSocketAddress decoded = SocketAddresses.decodeInet(bytes);
            assertThat(decoded).isEqualTo(scoped);
            assertThat(((Inet6Address) decoded.getAddress()).getScopeId()).isEqualTo(7);
        }
    }

    @Nested
    class UnixDomain {
        @Test
        void acceptsAndExchanges() {
            UnixDomainSocketAddress address =
                    UnixDomainSocketAddress.of(folder.resolve("caffè.sock"));
            int listener = listener(Sockets.AF_UNIX, address);
            assertThat(Sockets.localAddress(listener)).isEqualTo(address);
            int client = connected(Sockets.AF_UNIX, listener);
            int server = machine.opened(Sockets.accept4(listener, 0, null));
            exchange(client, server);
            assertThat(Sockets.peerAddress(client)).isEqualTo(address);
            assertThat(Sockets.peerAddress(server)).isEqualTo(UnixDomainSocketAddress.of(""));
        }

        @Test
        void pathTooLong() {
            int fd = machine.opened(Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0));
            SocketAddress fits = UnixDomainSocketAddress.of("/" + "x".repeat(106));
            SocketAddress tooLong = UnixDomainSocketAddress.of("/" + "x".repeat(107));
            assertThat(Sockets.connect(fd, fits)).isEqualTo(-Errno.ENOENT);
            assertThat(Sockets.connect(fd, tooLong)).isEqualTo(-Errno.ENAMETOOLONG);
        }

        @Test
        void nameInsteadOfAFile() {
            int fd = machine.opened(Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0));
            String nobodys = "caffeine-nobody-" + Processes.getpid();
            assertThat(Sockets.connectAbstract(fd, nobodys)).isEqualTo(-Errno.ECONNREFUSED);
            assertThat(Sockets.connectAbstract(fd, "x".repeat(107))).isEqualTo(-Errno.ECONNREFUSED);
            assertThat(Sockets.connectAbstract(fd, "x".repeat(108))).isEqualTo(-Errno.ENAMETOOLONG);
        }

        @Test
        void fileIsThereAlready() {
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
            listener(Sockets.AF_UNIX, address);
            int second = machine.opened(Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0));
            assertThat(Sockets.bind(second, address)).isEqualTo(-Errno.EADDRINUSE);
        }

        @Test
        void socketPairIsConnectedAndCloses() {
            int[] pair = machine.socketPair();
            exchange(pair[0], pair[1]);
            machine.close(pair[0]);
            assertThat(machine.readAll(pair[1])).isEmpty();
        }

        @Test
        void credentialsOfThePeer() throws Exception {
            int[] pair = machine.socketPair();
            assertThat(Sockets.peerCredentials(pair[0]))
                    .isEqualTo(
                            new Sockets.Credentials(
                                    Processes.getpid(), Processes.geteuid(), egid()));
            assertThat(Sockets.peerCredentials(tcpPair()[0])).isNull();
            assertThat(Sockets.peerCredentials(-1)).isNull();
        }

        private int egid() {
            return Integer.parseInt(machine.shell("id -g").strip());
        }
    }

    @Nested
    class ReceivingAndSending {
        @Test
        void nothingThereYet() {
            int[] pair = machine.socketPair();
            MemorySegment buffer = machine.memory(16);
            assertThat(Sockets.recv(pair[0], buffer, 0, 16, Sockets.MSG_DONTWAIT))
                    .isEqualTo(-Errno.EAGAIN);
        }

        @Test
        void intoTheMiddleOfABuffer() {
            int[] pair = machine.socketPair();
            MemorySegment buffer = machine.memory("0123456789");
            assertThat(Sockets.send(pair[0], machine.memory("abcdef"), 2, 3, 0)).isEqualTo(3);
            assertThat(Sockets.recv(pair[1], buffer, 5, 5, 0)).isEqualTo(3);
            assertThat(Machine.text(buffer, 10)).isEqualTo("01234cde89");
        }

        @Test
        void fullBufferTakesPartThenNothing() {
            int[] pair = machine.socketPair();
            MemorySegment much = machine.memory(8 << 20);
            long sent = Sockets.send(pair[0], much, 0, much.byteSize(), Sockets.MSG_DONTWAIT);
            assertThat(sent).isPositive().isLessThan(much.byteSize());
            assertThat(Sockets.send(pair[0], much, 0, 1, Sockets.MSG_DONTWAIT))
                    .isEqualTo(-Errno.EAGAIN);
        }

        @Test
        void otherEndIsGone() {
            int[] pair = machine.socketPair();
            machine.close(pair[1]);
            assertThat(Sockets.send(pair[0], machine.memory(1), 0, 1, 0)).isEqualTo(-Errno.EPIPE);
        }

        @Test
        void shutdownEndsTheOutputAlone() {
            int[] pair = machine.socketPair();
            machine.send(pair[0], "last");
            ok(Sockets.shutdown(pair[0], Sockets.SHUT_WR));
            assertThat(machine.readAll(pair[1])).isEqualTo("last");
            machine.send(pair[1], "answer");
            assertThat(machine.receive(pair[0], 6)).isEqualTo("answer");
            assertThat(Sockets.send(pair[0], machine.memory(1), 0, 1, 0)).isEqualTo(-Errno.EPIPE);
        }

        @Test
        void closedDescriptor() {
            MemorySegment buffer = machine.memory(1);
            assertThat(Sockets.recv(-1, buffer, 0, 1, 0)).isEqualTo(-Errno.EBADF);
            assertThat(Sockets.shutdown(-1, Sockets.SHUT_WR)).isEqualTo(-Errno.EBADF);
            int pipe = machine.pipe()[0];
            assertThat(Sockets.recv(pipe, buffer, 0, 1, 0)).isEqualTo(-Errno.ENOTSOCK);
        }

        @Test
        void rangesAreCheckedBeforeTheKernelSeesThem() {
            int[] pair = machine.socketPair();
            MemorySegment buffer = machine.memory(8);
            assertThatThrownBy(() -> Sockets.recv(pair[0], buffer, 1, 8, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> Sockets.send(pair[0], buffer, -1, 2, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(
                            () ->
                                    Sockets.recv(
                                            pair[0], MemorySegment.ofArray(new byte[8]), 0, 8, 0))
                    .isInstanceOf(IllegalArgumentException.class);
            Arena arena = Arena.ofConfined();
            MemorySegment freed = arena.allocate(8);
            arena.close();
            assertThatThrownBy(() -> Sockets.recv(pair[0], freed, 0, 8, 0))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Nested
    class SeveralRanges {
        private final Iovecs iov = new Iovecs(3);

        @Test
        void goOutInOrder() {
            int[] pair = machine.socketPair();
            assertThat(iov.add(machine.memory("head "), 0, 5)).isTrue();
            assertThat(iov.add(machine.memory("--content--"), 2, 7)).isTrue();
            assertThat(iov.count()).isEqualTo(2);
            assertThat(iov.bytes()).isEqualTo(12);
            assertThat(Sockets.sendmsg(pair[0], iov, 0)).isEqualTo(12);
            assertThat(Sockets.writev(pair[0], iov)).isEqualTo(12);
            assertThat(machine.receive(pair[1], 24)).isEqualTo("head contenthead content");
        }

        @Test
        void areForgottenByClear() {
            int[] pair = machine.socketPair();
            iov.add(machine.memory("old"), 0, 3);
            iov.clear();
            assertThat(iov.bytes()).isZero();
            iov.add(machine.memory("new"), 0, 3);
            assertThat(Sockets.sendmsg(pair[0], iov, 0)).isEqualTo(3);
            assertThat(machine.receive(pair[1], 3)).isEqualTo("new");
        }

        @Test
        void areRefusedWhenFull() {
            MemorySegment x = machine.memory("x");
            for (int i = 0; i < iov.capacity(); i++) {
                assertThat(iov.add(x, 0, 1)).isTrue();
            }
            assertThat(iov.add(x, 0, 1)).isFalse();
            assertThat(iov.bytes()).isEqualTo(3);
        }

        @Test
        void otherEndIsGone() {
            int[] pair = machine.socketPair();
            machine.close(pair[1]);
            iov.add(machine.memory("x"), 0, 1);
            assertThat(Sockets.sendmsg(pair[0], iov, 0)).isEqualTo(-Errno.EPIPE);
            assertThat(Sockets.writev(pair[0], iov)).isEqualTo(-Errno.EPIPE);
        }

        @Test
        void asManyAsTheKernelTakes() {
            int[] pair = machine.socketPair();
            Iovecs many = new Iovecs(Iovecs.MAX);
            MemorySegment x = machine.memory("x");
            while (many.add(x, 0, 1)) {
                assertThat(many.count()).isLessThanOrEqualTo(Iovecs.MAX);
            }
            assertThat(Sockets.sendmsg(pair[0], many, 0)).isEqualTo(Iovecs.MAX);
            assertThatThrownBy(() -> new Iovecs(Iovecs.MAX + 1))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Nested
    class Accepting {
        @Test
        void nobodyWaits() throws Exception {
            int listener =
                    machine.opened(
                            Sockets.socket(
                                    Sockets.AF_INET,
                                    Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK,
                                    0));
            ok(Sockets.bind(listener, loopback4()));
            ok(Sockets.listen(listener, 1));
            assertThat(Sockets.accept4(listener, 0, null)).isEqualTo(-Errno.EAGAIN);
        }

        @Test
        void notAListener() throws Exception {
            int[] pair = tcpPair();
            assertThat(Sockets.accept4(pair[0], 0, null)).isEqualTo(-Errno.EINVAL);
        }

        @Test
        void everyDescriptorClosesOnExecAndBlocksUnlessAsked() throws Exception {
            int listener = listener(Sockets.AF_INET, loopback4());
            int client = connected(Sockets.AF_INET, listener);
            int blocking = machine.opened(Sockets.accept4(listener, 0, null));
            connected(Sockets.AF_INET, listener);
            int nonBlocking =
                    machine.opened(Sockets.accept4(listener, Sockets.SOCK_NONBLOCK, null));
            for (int fd : new int[] {listener, client, blocking, nonBlocking}) {
                assertThat(Descriptors.getDescriptorFlags(fd)).isEqualTo(Descriptors.FD_CLOEXEC);
            }
            assertThat(Descriptors.getFlags(blocking) & Descriptors.O_NONBLOCK).isZero();
            assertThat(Descriptors.getFlags(nonBlocking) & Descriptors.O_NONBLOCK).isNotZero();
        }

        @Test
        void unixPeerIsNoInternetAddress() {
            int listener =
                    listener(Sockets.AF_UNIX, UnixDomainSocketAddress.of(folder.resolve("u")));
            connected(Sockets.AF_UNIX, listener);
            MemorySegment peer = machine.memory(Sockets.SOCKADDR_BYTES);
            machine.opened(Sockets.accept4(listener, 0, peer));
            assertThatThrownBy(() -> Sockets.inetAddress(peer))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Nested
    class Options {
        @Test
        void setAndRead() throws Exception {
            int fd = tcpPair()[0];
            assertThat(Sockets.getOption(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY)).isZero();
            ok(Sockets.setOption(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1));
            assertThat(Sockets.getOption(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY))
                    .isEqualTo(1);
            ok(Sockets.setOption(fd, Sockets.IPPROTO_TCP, Sockets.TCP_USER_TIMEOUT, 30_000));
            assertThat(Sockets.getOption(fd, Sockets.IPPROTO_TCP, Sockets.TCP_USER_TIMEOUT))
                    .isEqualTo(30_000);
        }

        @Test
        void noDelayIsInheritedFromTheListener() throws Exception {
            int listener = listener(Sockets.AF_INET, loopback4());
            ok(Sockets.setOption(listener, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1));
            connected(Sockets.AF_INET, listener);
            int server = machine.opened(Sockets.accept4(listener, 0, null));
            assertThat(Sockets.getOption(server, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY))
                    .isEqualTo(1);
        }

        @Test
        void unknownOption() {
            int fd = machine.socketPair()[0];
            assertThat(Sockets.setOption(fd, Sockets.SOL_SOCKET, 9999, 1))
                    .isEqualTo(-Errno.ENOPROTOOPT);
            assertThat(Sockets.getOption(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY))
                    .isEqualTo(-Errno.EOPNOTSUPP);
        }

        @Test
        void resetOnCloseResets() throws Exception {
            int[] pair = tcpPair();
            ok(Sockets.resetOnClose(pair[0]));
            machine.close(pair[0]);
            assertThat(Descriptors.poll(pair[1], Descriptors.POLLIN, -1)).isNotZero();
            assertThat(Sockets.recv(pair[1], machine.memory(1), 0, 1, 0))
                    .isEqualTo(-Errno.ECONNRESET);
        }

        @Test
        void pendingErrorIsAnErrorNumber() throws Exception {
            int[] pair = tcpPair();
            ok(Sockets.resetOnClose(pair[0]));
            machine.close(pair[0]);
            assertThat(Descriptors.poll(pair[1], Descriptors.POLLIN, -1)).isNotZero();
            assertThat(Sockets.getOption(pair[1], Sockets.SOL_SOCKET, Sockets.SO_ERROR))
                    .isEqualTo(Errno.ECONNRESET);
        }
    }

    @Test
    void unacknowledgedIsWhatTheOtherEndHasNoRoomFor() throws Exception {
        int[] pair = tcpPair();
        assertThat(Descriptors.unacknowledged(pair[0])).isZero();
        MemorySegment much = machine.memory(16 << 20);
        long written = ok(Sockets.send(pair[1], much, 0, much.byteSize(), Sockets.MSG_DONTWAIT));
        int waiting = Descriptors.unacknowledged(pair[1]);
        assertThat((long) waiting).isPositive().isLessThan(written);
        assertThat(Descriptors.unacknowledged(-1)).isEqualTo(-Errno.EBADF);
    }

    @Nested
    class BytesWritten {
        @Test
        void countsWhatWasWrittenByAnyone() throws Exception {
            int[] pair = tcpPair();
            assertThat(Sockets.bytesWritten(pair[1])).isZero();
            machine.send(pair[1], "12345");
            assertThat(Sockets.bytesWritten(pair[1])).isEqualTo(5);
            int duplicate = machine.opened(Descriptors.dup(pair[1], 3));
            machine.send(duplicate, "678");
            assertThat(Sockets.bytesWritten(pair[1])).isEqualTo(8);
            assertThat(Sockets.bytesWritten(pair[0])).isZero();
        }

        @Test
        void countsWhatTheKernelHasNotSentYet() throws Exception {
            int[] pair = tcpPair();
            MemorySegment much = machine.memory(16 << 20);
            long written =
                    ok(Sockets.send(pair[1], much, 0, much.byteSize(), Sockets.MSG_DONTWAIT));
            assertThat(Sockets.bytesWritten(pair[1])).isEqualTo(written);
        }

        @Test
        void survivesTheOtherEndsReset() throws Exception {
            int[] pair = tcpPair();
            machine.send(pair[1], "12345");
            ok(Sockets.resetOnClose(pair[0]));
            machine.close(pair[0]);
            assertThat(Descriptors.poll(pair[1], Descriptors.POLLIN, -1)).isNotZero();
            assertThat(Sockets.bytesWritten(pair[1])).isEqualTo(5);
        }

        @Test
        void needsTcp() {
            assertThat(Sockets.bytesWritten(machine.socketPair()[0])).isEqualTo(-Errno.EOPNOTSUPP);
        }
    }

    @Test
    void unknownFamilyIsRefused() {
        MemorySegment peer = machine.memory(Sockets.SOCKADDR_BYTES);
        peer.set(ValueLayout.JAVA_SHORT, 0, (short) 99);
        assertThatThrownBy(() -> Sockets.inetAddress(peer))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("99");
        assertThat(Sockets.socket(99, Sockets.SOCK_STREAM, 0)).isEqualTo(-Errno.EAFNOSUPPORT);
    }
}
