package caffeine.server.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;

class ClientAddressTest {

    @Test
    void isTextAsInAUrl() {
        assertThat(address("127.0.0.1")).hasToString("127.0.0.1:50000");
        assertThat(address("::1")).hasToString("[::1]:50000");
        assertThat(ClientAddress.UNIX).hasToString("unix:");
    }

    private static ClientAddress address(String host) {
        return new ClientAddress(new InetSocketAddress(InetAddress.ofLiteral(host), 50_000));
    }
}
