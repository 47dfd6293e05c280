package caffeine.http.h1;

import static caffeine.http.h1.Feeding.accepted;
import static caffeine.http.h1.Feeding.refused;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostFieldTest {

    private static String get(String host) {
        return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    }

    @Nested
    class Rfc9112Section3_2_HostOfARequest {

        @Test
        void isRequiredInHttp11() {
            assertThat(refused("GET / HTTP/1.1\r\n\r\n")).isEqualTo("400 RFC 9112 §3.2");
            assertThat(refused("GET / HTTP/1.2\r\nX-Host: x.test\r\n\r\n"))
                    .isEqualTo("400 RFC 9112 §3.2");
        }

        @Test
        void mayBeMissingInHttp10() {
            var request = accepted("GET / HTTP/1.0\r\n\r\n");
            assertThat(request.host()).isEmpty();
            assertThat(request.port()).isEqualTo(-1);
        }

        @ParameterizedTest
        @ValueSource(strings = {"1.0", "1.1"})
        void occursOnce(String version) {
            String line = "GET / HTTP/" + version + "\r\n";
            assertThat(refused(line + "Host: x.test\r\nHost: x.test\r\n\r\n"))
                    .isEqualTo("400 RFC 9112 §3.2");
            assertThat(refused(line + "Host: x.test\r\nX-A: a\r\nhOST: y.test\r\n\r\n"))
                    .isEqualTo("400 RFC 9112 §3.2");
        }

        @Test
        void isFoundInAnyLetterCase() {
            assertThat(accepted("GET / HTTP/1.1\r\nhOsT: x.test\r\n\r\n").host())
                    .isEqualTo("x.test");
        }

        @Test
        void mayHaveWhitespaceAround() {
            assertThat(accepted("GET / HTTP/1.1\r\nHost:\t x.test \t\r\n\r\n").host())
                    .isEqualTo("x.test");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "x.test y.test",
                    "x.test/",
                    "/x.test",
                    "me@x.test",
                    "x.test:http",
                    "x.test:80:81",
                    "x.test:-1",
                    "x.test:+80",
                    "x.test: 80",
                    "x.test:65536",
                    "x.test:99999999999",
                    "x.test:8080000000000000000000000",
                    "a|b",
                    "a\"b",
                    "a\\b",
                    "<x>",
                    "x.test#a",
                    "x.test?a",
                    "a^b",
                    "{x}",
                    "a%",
                    "a%4",
                    "a%zz",
                    "a, b",
                    "\u00e9.test",
                    "x\ttest",
                    "http://x.test",
                    "[::1",
                    "::1",
                    "[]",
                    "[::1]a",
                    "[::1]]:80",
                    "x[::1]"
                })
        void rejectsWhatIsNoHostAndPort(String host) {
            assertThat(refused(get(host))).isEqualTo("400 RFC 9112 §3.2");
        }
    }

    @Nested
    class Rfc9110Section4_2_1_EmptyHost {

        @ParameterizedTest
        @ValueSource(strings = {"", ":80", ":"})
        void isRejected(String host) {
            assertThat(refused(get(host))).isEqualTo("400 RFC 9110 §4.2.1");
        }
    }

    @Nested
    class Rfc3986Section3_2_2_Host {

        @ParameterizedTest
        @CsvSource(
                quoteCharacter = '"',
                delimiter = ' ',
                value = {
                    "x.test x.test -1",
                    "x.test:8080 x.test 8080",
                    "x.test: x.test -1",
                    "x.test:0 x.test 0",
                    "x.test:00000080 x.test 80",
                    "x.test:65535 x.test 65535",
                    "127.0.0.1:80 127.0.0.1 80",
                    "a_b~c.test a_b~c.test -1",
                    "!$&'()*+,;=-._~ !$&'()*+,;=-._~ -1",
                    "%7Euser %7Euser -1",
                    "[::1]:80 [::1] 80",
                    "[::1]: [::1] -1",
                    "[v7.a:b]:80 [v7.a:b] 80",
                })
        void isRegNameAddressOrLiteral(String value, String host, int port) {
            var request = accepted(get(value));
            assertThat(request.host()).isEqualTo(host);
            assertThat(request.port()).isEqualTo(port);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "::",
                    "::1",
                    "1::",
                    "1:2:3:4:5:6:7:8",
                    "::2:3:4:5:6:7:8",
                    "1::3:4:5:6:7:8",
                    "1:2:3:4:5:6:7::",
                    "1::8",
                    "fe80::ABCD:ef01",
                    "::ffff:192.0.2.1",
                    "1:2:3:4:5:6:192.0.2.1",
                    "::192.0.2.1",
                    "1::255.255.255.255",
                    "0:0:0:0:0:0:0:0",
                    "v1.x",
                    "V1F.!$&'()*+,;=:",
                    "::0.0.0.0"
                })
        void takesEveryAddress(String address) {
            assertThat(accepted(get("[" + address + "]")).host()).isEqualTo("[" + address + "]");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    ":",
                    ":1",
                    "1:",
                    ":::",
                    "1:::2",
                    "1::2::3",
                    "::1::",
                    "1:2:3:4:5:6:7",
                    "1:2:3:4:5:6:7:8:9",
                    "1:2:3:4:5:6:7:8::",
                    "::1:2:3:4:5:6:7:8",
                    "12345::",
                    "g::",
                    "1:2",
                    "192.0.2.1",
                    "::192.0.2",
                    "::192.0.2.256",
                    "::192.0.2.1.1",
                    "::192.0.2.01",
                    "::192.0.2.",
                    "::1.2.3.4:5",
                    "1:2:3:4:5:6:7:192.0.2.1",
                    "fe80::1%25eth0",
                    "::1 ",
                    "v",
                    "v.",
                    "v1",
                    "v1.",
                    "v.a",
                    "vg.a",
                    "v1.[",
                    "::.1.2.3",
                    "::1111.1.1.1"
                })
        void rejectsOthers(String address) {
            assertThat(refused(get("[" + address + "]"))).isEqualTo("400 RFC 9112 §3.2");
        }
    }
}
