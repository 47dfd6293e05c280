package caffeine.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;

class AddressesTest {

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.0.0.1",
        "0.0.0.0, 0.0.0.0",
        "::1, 0:0:0:0:0:0:0:1",
        "[::1], 0:0:0:0:0:0:0:1",
        "::, 0:0:0:0:0:0:0:0",
        "2001:DB8::A, 2001:db8:0:0:0:0:0:a",
        "::ffff:127.0.0.1, 127.0.0.1"
    })
    void literalsOfBothKinds(String text, String expected) throws Exception {
        assertThat(Addresses.parse(Option.BIND, text).getHostAddress()).isEqualTo(expected);
    }

    @Test
    void aNameIsLookedUp() throws Exception {
        assertThat(Addresses.parse(Option.BIND, "localhost").isLoopbackAddress()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "[127.0.0.1]",
                "8080",
                "127.1",
                "1.2.3.4.5",
                "::1::",
                "[::1",
                "::g"
            })
    void whatIsNoAddress(String text) {
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> Addresses.parse(Option.BIND, text))
                .withMessage(
                        "--bind: \"%s\" is not an address; give an IPv4 or IPv6 address of this"
                                + " machine, as in 127.0.0.1, ::1 or 0.0.0.0",
                        text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"256.1.1.1", "no-such-host.invalid", "a b"})
    void whatIsNoNameEither(String text) {
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> Addresses.parse(Option.BIND, text))
                .withMessageContaining("is neither an address nor a known name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:9000", "localhost:80"})
    void aPortHasItsOwnOption(String text) {
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> Addresses.parse(Option.BIND, text))
                .withMessageEndingWith("is more than an address; give the port with --port");
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, http://127.0.0.1:8080",
        "::1, http://[::1]:8080",
        "::, http://[::]:8080",
        "2001:db8:0:0:1:0:0:1, http://[2001:db8::1:0:0:1]:8080",
        "2001:0:0:1:0:0:0:1, http://[2001:0:0:1::1]:8080",
        "2001:db8:0:1:1:1:1:1, http://[2001:db8:0:1:1:1:1:1]:8080",
        "fe80::, http://[fe80::]:8080"
    })
    void urlsInTheShortestForm(String address, String url) throws Exception {
        assertThat(Addresses.url(new InetSocketAddress(InetAddress.getByName(address), 8080)))
                .isEqualTo(url);
    }
}
