package caffeine.os.linux;

import static caffeine.os.testing.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Sockets;
import caffeine.os.testing.Machine;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Objects;

@OnLinux
class SocketFilterTest {
    private static final int SHORT_MS = 100;

    /** The kernel tries again after 1, 3, 7, 15 and 31 seconds. */
    private static final int LONG_MS = 120_000;

    private final Machine machine = new Machine();

    @AfterEach
    void close() {
        machine.close();
    }

    private int socket(InetAddress address, int flags) {
        int domain = address instanceof Inet6Address ? Sockets.AF_INET6 : Sockets.AF_INET;
        return machine.opened(Sockets.socket(domain, Sockets.SOCK_STREAM | flags, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void connectionAttemptsAreDroppedAndNothingElse(String address) {
        InetAddress host = InetAddress.ofLiteral(address);
        int listener = socket(host, 0);
        int bound = Sockets.bind(listener, new InetSocketAddress(host, 0));
        Assumptions.assumeTrue(bound == 0, "this machine has no " + address);
        ok(Sockets.listen(listener, 16));
        SocketAddress place = Objects.requireNonNull(Sockets.localAddress(listener));
        int early = socket(host, 0);
        ok(Sockets.connect(early, place));

        ok(SocketFilter.dropConnectionAttempts(listener));

        int served = machine.opened(Sockets.accept4(listener, 0, null));
        machine.send(early, "request");
        assertThat(machine.receive(served, 7)).isEqualTo("request");
        int late = socket(host, Sockets.SOCK_NONBLOCK);
        assertThat(Sockets.connect(late, place)).isEqualTo(-Errno.EINPROGRESS);
        assertThat(Descriptors.poll(late, Descriptors.POLLOUT, SHORT_MS)).isZero();
        ok(Sockets.shutdown(listener, Sockets.SHUT_RDWR)); // nobody listens: it is told so
        assertThat(Descriptors.poll(late, Descriptors.POLLOUT, LONG_MS)).isPositive();
        assertThat(Sockets.getOption(late, Sockets.SOL_SOCKET, Sockets.SO_ERROR))
                .isEqualTo(Errno.ECONNREFUSED);
    }
}
