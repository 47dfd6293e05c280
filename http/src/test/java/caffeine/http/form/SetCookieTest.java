package caffeine.http.form;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import caffeine.http.form.SetCookie.SameSite;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.time.Instant;

@DisplayName("RFC 6265, Set-Cookie")
class SetCookieTest {

    private static final SetCookie COOKIE = SetCookie.of("a", "1");

    private static SetCookie of(
            String name, @Nullable String path, @Nullable String domain, boolean secure) {
        return new SetCookie(name, "1", path, domain, null, null, secure, false, null, false);
    }

    @Nested
    class Section4_1_1_Syntax {

        @Test
        void aPair() {
            assertThat(COOKIE.fieldValue()).isEqualTo("a=1");
            assertThat(SetCookie.of("a", "").fieldValue()).isEqualTo("a=");
            assertThat(SetCookie.of("a", "\"1\"").fieldValue()).isEqualTo("a=\"1\"");
        }

        @Test
        void allAttributes() {
            SetCookie cookie =
                    COOKIE.withPath("/a b")
                            .withDomain("example.org")
                            .withMaxAge(Duration.ofMillis(90_500))
                            .withHttpOnly()
                            .withSecure()
                            .withSameSite(SameSite.STRICT)
                            .withPartitioned();
            assertThat(cookie.fieldValue())
                    .isEqualTo(
                            "a=1; Path=/a b; Domain=example.org; Max-Age=90; Secure; HttpOnly;"
                                    + " SameSite=Strict; Partitioned");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "a b", "a=", "a;", "\"a\"", "\u00e9", "\u0141", "a\r\n"})
        void aNameIsAToken(String name) {
            assertThatIllegalArgumentException().isThrownBy(() -> SetCookie.of(name, "1"));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {" ", "a b", "a,b", "a;b", "\"", "\"a", "a\"", "\\", "\u00e9", "\r\n"})
        void aValueConsistsOfCookieOctets(String value) {
            assertThatIllegalArgumentException().isThrownBy(() -> SetCookie.of("a", value));
        }

        @Test
        void namesAndValuesHaveASizeThatClientsTake() {
            assertThat(SetCookie.of("a", "x".repeat(4095)).value()).hasSize(4095);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SetCookie.of("a", "x".repeat(4096)));
        }
    }

    @Nested
    class Section4_1_2_1_Expires {

        @Test
        void isADate() {
            assertThat(COOKIE.withExpires(Instant.ofEpochSecond(784_111_777, 5)).fieldValue())
                    .isEqualTo("a=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT");
        }

        @Test
        void isOneThatClientsTake() {
            Instant first = Instant.parse("1601-01-01T00:00:00Z");
            assertThat(COOKIE.withExpires(first).fieldValue()).contains("01 Jan 1601");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> COOKIE.withExpires(first.minusNanos(1)));
            assertThatIllegalArgumentException().isThrownBy(() -> COOKIE.withExpires(Instant.MAX));
        }

        /** RFC 6265 §3.1: a date in the past deletes. */
        @Test
        void expiredDeletes() {
            SetCookie cookie =
                    SetCookie.of("__Secure-a", "secret")
                            .withPath("/x")
                            .withDomain("example.org")
                            .withMaxAge(Duration.ofDays(1));
            assertThat(cookie.expired().fieldValue())
                    .isEqualTo(
                            "__Secure-a=; Path=/x; Domain=example.org;"
                                    + " Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure");
        }
    }

    @Nested
    class Section4_1_2_2_MaxAge {

        @Test
        void isAtLeastASecond() {
            Duration year = Duration.ofDays(365);
            assertThat(COOKIE.withMaxAge(year).fieldValue()).isEqualTo("a=1; Max-Age=31536000");
            for (Duration age : new Duration[] {Duration.ZERO, Duration.ofSeconds(-1)}) {
                assertThatIllegalArgumentException().isThrownBy(() -> COOKIE.withMaxAge(age));
            }
        }

        @Test
        void replacesExpires() {
            SetCookie cookie = COOKIE.withExpires(Instant.EPOCH).withMaxAge(Duration.ofHours(1));
            assertThat(cookie.fieldValue()).isEqualTo("a=1; Max-Age=3600");
            assertThat(cookie.expired().maxAge()).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".example.org", "a..b", "a.", "a b", "a;b", "a:80", "\u0141"})
    void section4_1_2_3_domain(String domain) {
        assertThatIllegalArgumentException().isThrownBy(() -> COOKIE.withDomain(domain));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "/;", "/a\r\n", "/\u00e9", "/a "})
    void section4_1_2_4_path(String path) {
        assertThatIllegalArgumentException().isThrownBy(() -> COOKIE.withPath(path));
    }

    @Nested
    class Rfc6265bis {

        @Test
        void sameSiteNoneRequiresSecure() {
            assertThat(COOKIE.withSameSite(SameSite.LAX).fieldValue())
                    .isEqualTo("a=1; SameSite=Lax");
            assertThat(COOKIE.withSameSite(SameSite.NONE).fieldValue())
                    .isEqualTo("a=1; Secure; SameSite=None");
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(
                            () ->
                                    new SetCookie(
                                            "a",
                                            "1",
                                            null,
                                            null,
                                            null,
                                            null,
                                            false,
                                            false,
                                            SameSite.NONE,
                                            false))
                    .withMessage("not a cookie: SameSite=None requires Secure");
        }

        @ParameterizedTest
        @ValueSource(strings = {"__Secure-a", "__SECURE-a", "__secure-"})
        void theSecurePrefixRequiresSecure(String name) {
            assertThat(SetCookie.of(name, "1").fieldValue()).isEqualTo(name + "=1; Secure");
            assertThatIllegalArgumentException().isThrownBy(() -> of(name, null, null, false));
        }

        @ParameterizedTest
        @ValueSource(strings = {"__Host-a", "__HOST-a", "__host-"})
        void theHostPrefixRequiresSecureAndTheRootAndNoDomain(String name) {
            SetCookie cookie = SetCookie.of(name, "1");
            assertThat(cookie.fieldValue()).isEqualTo(name + "=1; Path=/; Secure");
            assertThat(cookie.expired().secure()).isTrue();
            assertThatIllegalArgumentException().isThrownBy(() -> of(name, "/", null, false));
            assertThatIllegalArgumentException().isThrownBy(() -> of(name, null, null, true));
            assertThatIllegalArgumentException().isThrownBy(() -> cookie.withPath("/a"));
            assertThatIllegalArgumentException().isThrownBy(() -> cookie.withDomain("a.org"));
        }
    }

    @Test
    void partitionedRequiresSecure() {
        assertThat(COOKIE.withPartitioned().fieldValue()).isEqualTo("a=1; Secure; Partitioned");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                new SetCookie(
                                        "a", "1", null, null, null, null, false, false, null,
                                        true));
    }
}
