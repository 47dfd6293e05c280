package caffeine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestPathTest {

    private static String rejected(String rawPath) {
        HttpException[] thrown = new HttpException[1];
        assertThatExceptionOfType(HttpException.class)
                .isThrownBy(() -> RequestPath.of(rawPath))
                .satisfies(e -> thrown[0] = e);
        assertThat(thrown[0].status()).isEqualTo(400);
        return thrown[0].section();
    }

    @Nested
    class Rfc3986Section3_3_Path {

        @Test
        void hasSegments() {
            assertThat(RequestPath.of("/a/b").segments()).containsExactly("a", "b");
            assertThat(RequestPath.of("/a").endsInSlash()).isFalse();
        }

        @Test
        void keepsEmptySegments() {
            assertThat(RequestPath.of("/").segments()).containsExactly("");
            assertThat(RequestPath.of("/a//b/").segments()).containsExactly("a", "", "b", "");
            assertThat(RequestPath.of("//").segments()).containsExactly("", "");
            assertThat(RequestPath.of("/a/").endsInSlash()).isTrue();
        }

        @Test
        void hasATailThatBeginsWithASlash() {
            RequestPath path = RequestPath.of("/cgi-bin/echo/a//b%20c/");
            assertThat(path.tail(2)).isEqualTo("/a//b c/");
            assertThat(path.tail(6)).isEmpty();
            assertThat(path).hasToString("/cgi-bin/echo/a//b c/");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "*", "a/b", "%2fa"})
        void beginsWithASlash(String rawPath) {
            assertThat(rejected(rawPath)).isEqualTo("RFC 9112 §3.2.1");
        }
    }

    @Nested
    class Rfc3986Section2_2_EncodedSlashes {

        private static java.util.List<String> octets(String rawPath) {
            return RequestPath.withEncodedSlashes(rawPath).octets();
        }

        @Test
        void areCharactersOfTheirSegmentsWhereTheyMayBe() {
            assertThat(octets("/a%2Fb/c")).containsExactly("a/b", "c");
            assertThat(octets("/%2f/")).containsExactly("/", "");
            assertThat(octets("/a%2Fb/../c")).containsExactly("c");
            assertThat(octets("/a/%2E%2E%2Fb")).containsExactly("a", "../b");
            assertThat(octets("/a%252Fb")).containsExactly("a%2Fb");
            assertThat(RequestPath.withEncodedSlashes("/a%2Fb/c").tail(0)).isEqualTo("/a/b/c");
        }

        @Test
        void areRefusedElsewhere() {
            assertThat(rejected("/a%2Fb")).isEqualTo("RFC 3986 §2.2");
            assertThatExceptionOfType(HttpException.class)
                    .isThrownBy(() -> octets("/a%2Fb%00"))
                    .satisfies(e -> assertThat(e.status()).isEqualTo(400));
            assertThatExceptionOfType(HttpException.class).isThrownBy(() -> octets("/a%2Fb/../.."));
        }
    }

    @Nested
    class Rfc3986Section2_1_PercentEncoding {

        @Test
        void isDecodedOnce() {
            assertThat(RequestPath.of("/a%20b%2bc").segments()).containsExactly("a b+c");
            assertThat(RequestPath.of("/%252e%252e").segments()).containsExactly("%2e%2e");
            assertThat(RequestPath.of("/%5c").segments()).containsExactly("\\");
        }

        @Test
        void losesNoByte() {
            StringBuilder raw = new StringBuilder("/");
            StringBuilder decoded = new StringBuilder();
            for (int b = 1; b <= 0xFF; b++) {
                if (b != '/') {
                    raw.append(String.format("%%%02x", b));
                    decoded.append((char) b);
                }
            }
            assertThat(RequestPath.of(raw.toString()).octets()).containsExactly(decoded.toString());
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"/%", "/%4", "/a%4/1", "/%zz", "/%4g", "/%%32%65", "/%\u0664\u0661"})
        void isWellFormed(String rawPath) {
            assertThat(rejected(rawPath)).isEqualTo("RFC 3986 §2.1");
        }

        @ParameterizedTest
        @ValueSource(strings = {"/a%2fb", "/a%2Fb", "/%2f", "/..%2f", "/a%00", "/%00"})
        void hidesNoSlashAndNoNul(String rawPath) {
            assertThat(rejected(rawPath)).isEqualTo("RFC 3986 §2.2");
        }
    }

    @Nested
    class Rfc3986Section2_5_Text {

        @ParameterizedTest
        @CsvSource({
            "/caf%C3%A9, caf\u00e9",
            "/%e2%82%AC, \u20ac",
            "/%F0%9F%98%80, \ud83d\ude00",
            "/a%20b%7f, a b\u007f",
            "/%EF%BF%BD, \ufffd"
        })
        void isUtf8(String rawPath, String segment) {
            assertThat(RequestPath.of(rawPath).segments()).containsExactly(segment);
            assertThat(RequestPath.of(rawPath + "/x").segments()).containsExactly(segment, "x");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "/caf%E9",
                    "/a/%80/b",
                    "/%C3",
                    "/%C3/%A9",
                    "/%c0%ae%c0%ae",
                    "/%C0%AF",
                    "/%ED%A0%80",
                    "/%F4%90%80%80",
                    "/%FF",
                    "/%F0%9F%98"
                })
        void nothingElseIsText(String rawPath) {
            RequestPath path = RequestPath.of(rawPath);
            assertThatExceptionOfType(HttpException.class)
                    .isThrownBy(path::segments)
                    .satisfies(e -> assertThat(e.status()).isEqualTo(400))
                    .satisfies(e -> assertThat(e.section()).isEqualTo("RFC 3986 §2.5"));
            assertThat(path.octets()).isNotEmpty(); // a file may have such a name
        }
    }

    @Nested
    class Rfc3986Section5_2_4_RemoveDotSegments {

        @ParameterizedTest
        @CsvSource({
            "/a/b/c/./../../g, /a/g",
            "/./a/./b, /a/b",
            "/a/../b, /b",
            "/a/., /a/",
            "/a/b/.., /a/",
            "/a/.., /",
            "/., /",
            "/./, /",
            "/a/%2e%2E/b, /b",
            "/a/.%2e, /",
            "/%2e/a, /a",
            "/a//../b, /a/b",
            "/a//.., /a/",
            "/a//../../b, /b",
            "/.../a, /.../a",
            "/..a/.b, /..a/.b",
            "/a/.. /b, /a/.. /b",
        })
        void removesThem(String rawPath, String path) {
            assertThat(RequestPath.of(rawPath)).hasToString(path);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "/..",
                    "/../",
                    "/../a",
                    "/%2e%2e/etc/passwd",
                    "/a/../../b",
                    "/./..",
                    "/a/b/../../..",
                    "//..",
                    "//../etc/passwd",
                    "/a//../../../b",
                    "/cgi-bin/echo/../../../etc/passwd"
                })
        void climbsNotOut(String rawPath) {
            assertThat(rejected(rawPath)).isEqualTo("RFC 3986 §5.2.4");
        }
    }
}
