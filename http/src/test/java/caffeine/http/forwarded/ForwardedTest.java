package caffeine.http.forwarded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.FieldList;
import caffeine.http.HttpException;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

class ForwardedTest {

    private static final TrustedProxies PROXIES =
            TrustedProxies.of(List.of("10.0.0.0/8", "2001:db8:ff::/48", "unix:"));

    private static Forwarded read(String... namesAndValues) {
        return read(PROXIES, namesAndValues);
    }

    private static Forwarded read(TrustedProxies proxies, String... namesAndValues) {
        FieldList fields = new FieldList();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return Forwarded.of(fields, proxies);
    }

    /** The client as {@code address port}, or {@code unix:}. */
    private static String client(Forwarded forwarded) {
        Forwarded.Client client = forwarded.client();
        if (client == null) {
            return "none";
        }
        byte[] address = client.address();
        try {
            String text =
                    address == null ? "unix:" : InetAddress.getByAddress(address).getHostAddress();
            return client.port() == 0 ? text : text + " " + client.port();
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static void refuses(String... namesAndValues) {
        assertThatThrownBy(() -> read(namesAndValues))
                .isInstanceOf(HttpException.class)
                .satisfies(e -> assertThat(((HttpException) e).status()).isEqualTo(400));
    }

    @Test
    void nothingSaidIsNothingKnown() {
        Forwarded forwarded = read("Host", "example.com", "Forwarded", "for=192.0.2.1;proto=https");
        assertThat(client(forwarded)).isEqualTo("none");
        assertThat(forwarded.scheme()).isNull();
        assertThat(forwarded.port()).isZero();
    }

    @Nested
    class For {

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                textBlock =
                        """
                        192.0.2.1                           | 192.0.2.1
                        192.0.2.1:4711                      | 192.0.2.1 4711
                        2001:db8::1                         | 2001:db8:0:0:0:0:0:1
                        [2001:db8::1]                       | 2001:db8:0:0:0:0:0:1
                        [2001:db8::1]:4711                  | 2001:db8:0:0:0:0:0:1 4711
                        ::ffff:192.0.2.1                    | 192.0.2.1
                        unix:                               | unix:
                        192.0.2.1, 10.1.2.3                 | 192.0.2.1
                        192.0.2.1,10.1.2.3, 2001:db8:ff::1  | 192.0.2.1
                        192.0.2.1 , unix:                   | 192.0.2.1
                        192.0.2.9, 192.0.2.1                | 192.0.2.1
                        192.0.2.1,, 10.1.2.3,               | 192.0.2.1
                        10.0.0.1, 10.0.0.2                  | 10.0.0.1
                        """)
        void theRightmostThatIsNotTrusted(String value, String client) {
            assertThat(client(read("x-forwarded-for", value))).isEqualTo(client);
        }

        @Test
        void linesAreOneList() {
            assertThat(
                            client(
                                    read(
                                            "X-Forwarded-For", "192.0.2.9, 192.0.2.1",
                                            "X-Forwarded-For", "10.0.0.1")))
                    .isEqualTo("192.0.2.1");
        }

        /** What a client made up stands left of it, and is not even looked at. */
        @ParameterizedTest
        @ValueSource(strings = {"127.0.0.1", "10.0.0.1", "unix:", "rubbish", "\"", "; for="})
        void noClientCanPassForAnother(String madeUp) {
            assertThat(client(read("X-Forwarded-For", madeUp + ", 192.0.2.1, 10.0.0.1")))
                    .isEqualTo("192.0.2.1");
        }

        @Test
        void unixIsPassedOverOnlyWhenTrusted() {
            TrustedProxies one = TrustedProxies.of(List.of("10.0.0.1"));
            assertThat(client(read(one, "X-Forwarded-For", "192.0.2.1, unix:"))).isEqualTo("unix:");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    ",",
                    " , ,",
                    "unknown",
                    "_hidden",
                    "localhost",
                    "192.0.2",
                    "192.0.2.1.",
                    "192.0.2.1:",
                    "192.0.2.1:65536",
                    "192.0.2.1:x",
                    "192.0.2.1 10.0.0.1",
                    "192.0.2.1;10.0.0.1",
                    "[192.0.2.1]",
                    "[::1",
                    "::1]",
                    "[::1]x",
                    "[::1]:",
                    "x[::1]",
                    "[]",
                    "[",
                    "]",
                    ":80",
                    "fe80::1%eth0",
                    "\"[::1]\"",
                    "192.0.2.1, rubbish, 10.0.0.1"
                })
        void malformedIsRefused(String value) {
            refuses("X-Forwarded-For", value);
        }

        @Test
        void endlessIsRefused() {
            refuses("X-Forwarded-For", "10.0.0.1,".repeat(101));
            assertThat(client(read("X-Forwarded-For", "10.0.0.1,".repeat(100))))
                    .isEqualTo("10.0.0.1");
        }
    }

    @Nested
    class ProtoAndPort {

        @ParameterizedTest
        @CsvSource({"http, http", "https, https", "HTTPS, https", "Http, http"})
        void scheme(String value, String scheme) {
            assertThat(read("X-Forwarded-Proto", value).scheme()).isEqualTo(scheme);
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "on", "ftp", "https, http", "https,", "wss"})
        void anythingElseIsRefused(String value) {
            refuses("X-Forwarded-Proto", value);
        }

        @Test
        void oneLineOfEach() {
            refuses("X-Forwarded-Proto", "https", "x-forwarded-proto", "https");
            refuses("X-Forwarded-Port", "443", "X-Forwarded-Port", "443");
        }

        @ParameterizedTest
        @CsvSource({"1, 1", "443, 443", "65535, 65535"})
        void port(String value, int port) {
            assertThat(read("X-Forwarded-Port", value).port()).isEqualTo(port);
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "0", "65536", "0443", "+443", "443, 80", "4294967739", "https"})
        void noPortIsRefused(String value) {
            refuses("X-Forwarded-Port", value);
        }
    }
}
