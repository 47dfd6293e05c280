package caffeine.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Random;

class IpAddressTest {

    private static String of(String literal) throws UnknownHostException {
        InetAddress address = InetAddress.ofLiteral(literal);
        assertThat(address).isInstanceOf(Inet6Address.class);
        return IpAddress.text(address.getAddress());
    }

    @ParameterizedTest
    @CsvSource({
        "::, ::",
        "::1, ::1",
        "1::, 1::",
        "2001:0db8:0000:0000:0000:0000:0002:0001, 2001:db8::2:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:DB8::ABCD:EF01, 2001:db8::abcd:ef01",
        "0:0:0:0:0:0:0:a, ::a",
        "a:0:0:0:0:0:0:0, a::",
        "0:1:2:3:4:5:6:7, 0:1:2:3:4:5:6:7",
        "0:0:1:2:3:4:5:6, ::1:2:3:4:5:6",
        "1:2:3:4:5:6:0:0, 1:2:3:4:5:6::",
        "fe80::1:0:0, fe80::1:0:0",
    })
    void rfc5952Section4(String literal, String expected) throws Exception {
        assertThat(of(literal)).isEqualTo(expected);
    }

    @Test
    void ipv4() throws Exception {
        InetAddress address = InetAddress.getByAddress("name", new byte[] {(byte) 192, 0, 2, 1});
        assertThat(IpAddress.text(address.getAddress())).isEqualTo("192.0.2.1");
        assertThat(IpAddress.host(address.getAddress())).isEqualTo("192.0.2.1");
    }

    @Test
    void hostsOfUrlsHaveBrackets() throws Exception {
        assertThat(IpAddress.host(InetAddress.ofLiteral("::1").getAddress())).isEqualTo("[::1]");
    }

    @Test
    void ofRandomAddressesMeansTheSameAddress() throws Exception {
        Random random = new Random(5952);
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = new byte[16];
            for (int group = 0; group < 8; group++) {
                if (random.nextBoolean()) {
                    bytes[2 * group] = (byte) (random.nextBoolean() ? 0 : random.nextInt());
                    bytes[2 * group + 1] = (byte) random.nextInt();
                }
            }
            bytes[0] |= 0x20; // not one that Java takes for IPv4
            InetAddress address = InetAddress.getByAddress(bytes);
            String text = IpAddress.text(address.getAddress());
            assertThat(InetAddress.ofLiteral(text)).as(text).isEqualTo(address);
            assertThat(text).doesNotContain(":::").doesNotMatch(".*::.*::.*").isLowerCase();
        }
    }
}
