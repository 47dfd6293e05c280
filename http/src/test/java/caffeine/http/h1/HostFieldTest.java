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
                    "x.test:0",
                    "x.test:000",
                    "[::1]:0",
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

    /** As RFC 3875 §4.1.14 has SERVER_NAME; a script may build a path or an address of it. */
    @Nested
    class Rfc1123Section2_1_HostNames {

        private static final String LONGEST_LABEL = "a".repeat(63);
        private static final String LONGEST_NAME =
                String.join(".", LONGEST_LABEL, LONGEST_LABEL, LONGEST_LABEL, "b".repeat(61));

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "x",
                    "X.Test",
                    "localhost.",
                    "www.example.com.",
                    "3com.com",
                    "a-b--c.d",
                    "xn--bcher-kva.example",
                    "my_service",
                    "_dmarc.example.com",
                    "a_.test",
                    "127.0.0.1",
                    "1.2.3",
                    "0"
                })
        void areLabelsWithDotsBetweenThem(String host) {
            assertThat(accepted(get(host)).host()).isEqualTo(host);
            assertThat(accepted(get(host + ":8080")).host()).isEqualTo(host);
            assertThat(accepted("GET http://" + host + ":81/ HTTP/1.0\r\n\r\n").host())
                    .isEqualTo(host);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    ".",
                    "..",
                    ".a",
                    "a..b",
                    "a..",
                    ".a.",
                    "-",
                    "-a",
                    "a-",
                    "a.-b",
                    "a-.b",
                    "a.b-.",
                    "a~b",
                    "~",
                    "!",
                    "a!b",
                    "$a",
                    "a&b",
                    "a'b",
                    "(a)",
                    "*",
                    "*.test",
                    "a+b",
                    "a,b",
                    "a;b",
                    "a=b",
                    "%41.test",
                    "%31",
                    "%2e%2e",
                    "a%2fb"
                })
        void areNothingElse(String host) {
            assertThat(refused(get(host))).isEqualTo("400 RFC 9112 §3.2");
            assertThat(refused(get(host + ":80"))).isEqualTo("400 RFC 9112 §3.2");
            assertThat(refused("GET http://" + host + "/ HTTP/1.1\r\nHost: x.test\r\n\r\n"))
                    .isEqualTo("400 RFC 9112 §3.2.2");
            assertThat(refused("CONNECT " + host + ":80 HTTP/1.1\r\nHost: x.test\r\n\r\n"))
                    .isEqualTo("400 RFC 9112 §3.2.3");
        }

        @Test
        void haveLabelsOf63CharactersAnd253InAll() {
            assertThat(accepted(get(LONGEST_NAME)).host()).hasSize(253);
            assertThat(accepted(get(LONGEST_NAME + ".")).host()).hasSize(254);
            assertThat(accepted(get(LONGEST_NAME + ":80")).host()).hasSize(253);
            assertThat(refused(get("a" + LONGEST_LABEL))).isEqualTo("400 RFC 9112 §3.2");
            assertThat(refused(get(LONGEST_NAME + "b"))).isEqualTo("400 RFC 9112 §3.2");
            assertThat(refused(get(LONGEST_NAME + "b."))).isEqualTo("400 RFC 9112 §3.2");
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
                    "x.test:1 x.test 1",
                    "x.test:00000080 x.test 80",
                    "x.test:65535 x.test 65535",
                    "127.0.0.1:80 127.0.0.1 80",
                    "[::1]:80 [::1] 80",
                    "[::1]: [::1] -1",
                    "[v7.a:b]:80 [v7.a:b] 80",
                })
        void isNameAddressOrLiteral(String value, String host, int port) {
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
