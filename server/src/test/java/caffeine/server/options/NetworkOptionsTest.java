package caffeine.server.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.Arrays;
import java.util.List;

class NetworkOptionsTest {

    private static SocketAddress at(String text) {
        if (text.startsWith("/")) {
            return UnixDomainSocketAddress.of(text);
        }
        int colon = text.lastIndexOf(':');
        return new InetSocketAddress(
                InetAddress.ofLiteral(text.substring(0, colon)),
                Integer.parseInt(text.substring(colon + 1)));
    }

    private static NetworkOptions of(String addresses) {
        return NetworkOptions.of(
                Arrays.stream(addresses.split(" "))
                        .map(NetworkOptionsTest::at)
                        .toArray(SocketAddress[]::new));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:80 127.0.0.1:80",
        "0.0.0.0:80 127.0.0.1:80",
        "127.0.0.1:0 0.0.0.0:0",
        "::1:80 :::80",
        "/a /b /a"
    })
    void noAddressCoversAnother(String addresses) {
        assertThatThrownBy(() -> of(addresses))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(" covers ");
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1:80 127.0.0.1:81", "0.0.0.0:80 :::80", "0.0.0.0:80 ::1:80 /a /b"})
    void othersGoTogether(String addresses) {
        assertThat(of(addresses).addresses()).hasSizeGreaterThan(1);
    }

    @Test
    void oneLinkLocalAddressIsAnotherOnEachInterface() {
        assertThat(of("fe80::1%1:80 fe80::1%2:80").addresses()).hasSize(2);
    }

    @Test
    void thereIsOneAtLeast() {
        assertThatThrownBy(() -> NetworkOptions.of()).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:80 ::1:80, 80",
        "/a, 0",
        "127.0.0.1:80 /a, 80",
        "127.0.0.1:80 127.0.0.1:81, -1"
    })
    void thePortOfAll(String addresses, int port) {
        assertThat(of(addresses).port()).isEqualTo(port);
    }

    @ParameterizedTest
    @CsvSource({
        ":::80, true",
        "::1:80, false",
        "0.0.0.0:80, false",
        "/a, false",
        ":::80 127.0.0.1:80, false",
        ":::80 /a, true"
    })
    void theIpv6WildcardIsIpv4TooUnlessAnIpv4AddressIsThere(String addresses, boolean dual) {
        NetworkOptions network = of(addresses);
        assertThat(network.isDual(network.bind())).isEqualTo(dual);
        assertThat(network.withV6Only(true).isDual(network.bind())).isFalse();
    }

    @Test
    void eachAddressHasADescriptorOrNoneHas() {
        NetworkOptions network = of("127.0.0.1:80 ::1:80");
        assertThatThrownBy(() -> network.withInherited(network.addresses(), List.of(3)))
                .isInstanceOf(IllegalArgumentException.class);
        NetworkOptions handed = network.withInherited(network.addresses(), List.of(3, 4));
        assertThat(handed.withAddresses(network.addresses()).inherited()).isEmpty();
    }
}
