package caffeine.server.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.server.engine.StartException;
import caffeine.server.options.NetworkOptions;

import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Which port several addresses get, and what is left open when one of them fails. */
class BindingTest {

    /** Listens nowhere; port 0 becomes 1001, then 1002 and so on. */
    private static final class Recorded implements Binding.Kind<SocketAddress> {
        final List<SocketAddress> open = new ArrayList<>();
        final List<String> calls = new ArrayList<>();
        String failing = "none";
        boolean inUse = true;
        private int picked = 1000;

        @Override
        public SocketAddress open(int place, SocketAddress address) throws StartException {
            SocketAddress bound = address;
            if (address instanceof InetSocketAddress inet && inet.getPort() == 0) {
                bound = new InetSocketAddress(inet.getAddress(), ++picked);
            }
            calls.add(place + " " + bound);
            if (bound.toString().matches(failing)) {
                throw new StartException("cannot listen on " + bound, inUse);
            }
            open.add(bound);
            return bound;
        }

        @Override
        public SocketAddress addressOf(SocketAddress listener) {
            return listener;
        }

        @Override
        public void close(SocketAddress listener) {
            open.remove(listener);
        }
    }

    private final Recorded kind = new Recorded();

    private static SocketAddress at(String host, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(host), port);
    }

    private List<SocketAddress> open(SocketAddress... addresses) throws StartException {
        return Binding.open(NetworkOptions.of(addresses), kind);
    }

    @Test
    void allThatLeaveThePortToTheKernelGetTheSame() throws Exception {
        SocketAddress unix = UnixDomainSocketAddress.of("/tmp/x");
        assertThat(open(unix, at("127.0.0.1", 0), at("::1", 80), at("127.0.0.2", 0)))
                .containsExactly(unix, at("127.0.0.1", 1001), at("::1", 80), at("127.0.0.2", 1001));
    }

    @Test
    void aPortThatIsTakenAtOneOfThemIsTriedNoMore() throws Exception {
        kind.failing = ".*0:1\\]:100[12]$";
        assertThat(open(at("127.0.0.1", 0), at("::1", 0)))
                .containsExactly(at("127.0.0.1", 1003), at("::1", 1003))
                .isEqualTo(kind.open);
    }

    @Test
    void notForEver() {
        kind.failing = ".*0:1\\]:.*";
        assertThatThrownBy(() -> open(at("127.0.0.1", 0), at("::1", 0)))
                .isInstanceOf(StartException.class)
                .hasMessageContaining(":1]:1032");
        assertThat(kind.open).isEmpty();
    }

    @Test
    void whatFailsOtherwiseIsNotTriedAgain() {
        kind.failing = ".*0:1\\]:.*";
        kind.inUse = false;
        assertThatThrownBy(() -> open(at("127.0.0.1", 0), at("::1", 0)))
                .isInstanceOf(StartException.class);
        assertThat(kind.calls).hasSize(2);
        assertThat(kind.open).isEmpty();
    }

    @Test
    void aPortThatIsGivenIsTriedOnce() {
        kind.failing = ".*0:1\\]:.*";
        assertThatThrownBy(() -> open(at("127.0.0.1", 80), at("::1", 80)))
                .isInstanceOf(StartException.class)
                .hasMessageContaining(":1]:80");
        assertThat(kind.calls).hasSize(2);
        assertThat(kind.open).isEmpty();
    }
}
