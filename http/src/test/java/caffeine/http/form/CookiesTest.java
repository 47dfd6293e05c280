package caffeine.http.form;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.FieldList;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.stream.Collectors;

@DisplayName("RFC 6265, Cookie")
class CookiesTest {

    private static Cookies of(String line) {
        return Cookies.of(FieldList.of("Cookie", line));
    }

    private static String text(Cookies cookies) {
        return cookies.names().stream()
                .map(name -> "[" + name + "=" + cookies.first(name) + "]")
                .collect(Collectors.joining());
    }

    @Nested
    class Section4_1_1_Pairs {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "a",
                    "=1",
                    "=",
                    "a b=1",
                    "a =1",
                    "a= 1",
                    "a=1 2",
                    "a=1,2",
                    "a=\"",
                    "a=\"1",
                    "a=1\"",
                    "a=\"1\"2",
                    "a=\\",
                    "a=\u00e9",
                    "\u00e9=1",
                    "a\u00a0=1",
                    "\u0085a=1",
                    "a=1\t2",
                    "(a)=1",
                    "\"a\"=1",
                    "a[]=1",
                })
        void ignoresWhatIsNone(String pair) {
            assertThat(of(pair).size()).isZero();
            assertThat(text(of("x=1; " + pair + "; y=2"))).isEqualTo("[x=1][y=2]");
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "a=1 | [a=1]",
                    "a= | [a=]",
                    "a=b=c== | [a=b=c==]",
                    "a=\"1\" | [a=\"1\"]",
                    "a=\"\" | [a=\"\"]",
                    "$Version=1; $Path=/ | [$Version=1][$Path=/]",
                    "__Host-a=1 | [__Host-a=1]",
                })
        void keepsEverythingElseAsItIs(String line, String expected) {
            assertThat(text(of(line))).isEqualTo(expected);
        }

        @Test
        void aValueConsistsOfCookieOctets() {
            String octets = "!#$%&'()*+-./0Aa:<=>?@[]^_`{|}~";
            assertThat(of("a=" + octets).first("a")).isEqualTo(octets);
        }
    }

    @Nested
    class Section4_2_1_Syntax {

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "'' | ''",
                    "a=1; b=2 | [a=1][b=2]",
                    "a=1;b=2 | [a=1][b=2]",
                    "a=1 \t; \tb=2 | [a=1][b=2]",
                    ";;a=1;; ;b=2; | [a=1][b=2]",
                })
        void separatesBySemicolons(String line, String expected) {
            assertThat(text(of(line))).isEqualTo(expected);
        }

        /** A quoted value that could hold semicolons would take in other cookies. */
        @Test
        void quotesHideNoSemicolon() {
            assertThat(text(of("a=\"1; secret=2; b=3\""))).isEqualTo("[secret=2]");
        }
    }

    @Nested
    class Section5_4_Lines {

        @Test
        void theFirstOfANameIsKept() {
            Cookies cookies = of("a=1; b=2; a=3; A=4");
            assertThat(text(cookies)).isEqualTo("[a=1][b=2][A=4]");
        }

        @Test
        void anInvalidOneDoesNotCount() {
            assertThat(text(of("a=1 2; a=3"))).isEqualTo("[a=3]");
        }

        @Test
        void severalAreOne() {
            FieldList fields = FieldList.of("Cookie", "a=1; b=2", "Host", "x", "cookie", "a=3;c=4");
            assertThat(text(Cookies.of(fields))).isEqualTo("[a=1][b=2][c=4]");
            assertThat(Cookies.of(new FieldList()).size()).isZero();
        }
    }

    @Test
    void hasAtMostAThousand() {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < 100_000; i++) {
            line.append('a').append(i).append("=;");
        }
        Cookies cookies = of(line.toString());
        assertThat(cookies.size()).isEqualTo(Cookies.MOST);
        assertThat(cookies.contains("a999")).isTrue();
        assertThat(cookies.contains("a1000")).isFalse();
    }

    /** Each pair is looked at once, so a million of them take no time. */
    @Test
    void takesTimeInProportionToTheLine() {
        assertThat(text(of("a;".repeat(1_000_000) + "b=1"))).isEqualTo("[b=1]");
    }

    @Test
    void isUnmodifiable() {
        assertThat(of("a=1").names()).isUnmodifiable();
        assertThat(of("a=1").first("b")).isNull();
    }
}
