package caffeine.http.forwarded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.IpAddress;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Random;

class TrustedProxiesTest {

    private static boolean trusts(String network, String address) {
        return TrustedProxies.of(List.of(network)).trusts(IpAddress.parse(address));
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1",
        "192.0.2.1, ::ffff:192.0.2.1",
        "192.0.2.0/24, 192.0.2.255",
        "192.0.2.128/25, 192.0.2.128",
        "10.0.0.0/8, 10.255.0.1",
        "0.0.0.0/0, 203.0.113.9",
        "::1, 0:0:0:0:0:0:0:1",
        "2001:db8::/32, 2001:db8:ffff::1",
        "2001:db8::/33, 2001:db8:7fff::1",
        "::/0, 2001:db8::1"
    })
    void trustsWhatIsWithin(String network, String address) {
        assertThat(trusts(network, address)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.2",
        "192.0.2.0/24, 192.0.3.0",
        "192.0.2.128/25, 192.0.2.127",
        "10.0.0.0/8, 11.0.0.0",
        "0.0.0.0/0, ::1",
        "::/0, 127.0.0.1",
        "2001:db8::/33, 2001:db8:8000::1",
        "unix:, 127.0.0.1"
    })
    void andNobodyElse(String network, String address) {
        assertThat(trusts(network, address)).isFalse();
    }

    @Test
    void unixClientsAreTrustedByName() {
        assertThat(TrustedProxies.of(List.of("unix:")).trusts(null)).isTrue();
        assertThat(TrustedProxies.of(List.of("0.0.0.0/0", "::/0")).trusts(null)).isFalse();
        assertThat(TrustedProxies.NONE.trusts(null)).isFalse();
        assertThat(TrustedProxies.NONE.isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "localhost",
                "1.2.3",
                "1.2.3.4.5",
                "01.2.3.4",
                "256.1.1.1",
                "1.2.3.4/33",
                "1.2.3.4/",
                "1.2.3.4/-1",
                "1.2.3.4/08",
                "1.2.3.4/24",
                "10.0.0.0/8/8",
                "::1/129",
                "2001:db8::1/32",
                "::1%eth0",
                "[::1]",
                "unix",
                "unix:/run/x"
            })
    void refusesWhatNamesNoNetwork(String text) {
        assertThatThrownBy(() -> TrustedProxies.of(List.of("::1", text)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", ":1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:", "1:2:3:4::5:6:7:8", "12345::", "g::", "::1.2.3", "1.2.3.4::",
                "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", " ::1", "::1 ", "::\u0661"
            })
    void noIpv6Address(String text) {
        assertThat(IpAddress.parse(text)).isNull();
    }

    /** Every address that the JDK writes is read as the one that it was. */
    @Test
    void agreesWithTheJdk() throws Exception {
        Random random = new Random(20);
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = new byte[i % 3 == 0 ? 4 : 16];
            for (int k = 0; k < bytes.length; k += random.nextInt(1, 5)) {
                bytes[k] = (byte) random.nextInt();
            }
            InetAddress address = InetAddress.getByAddress(bytes);
            String text = address.getHostAddress();
            assertThat(IpAddress.parse(text)).as(text).isEqualTo(address.getAddress());
            String shorter = text.replaceFirst("(^|:)(0(:|$))+", "::");
            byte[] parsed = Objects.requireNonNull(IpAddress.parse(shorter), shorter);
            assertThat(parsed).as(shorter).isEqualTo(address.getAddress());
        }
    }
}
