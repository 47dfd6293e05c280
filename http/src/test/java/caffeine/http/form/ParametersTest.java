package caffeine.http.form;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import caffeine.http.FieldList;
import caffeine.http.HttpException;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

@DisplayName("WHATWG URL §5")
class ParametersTest {

    private static Parameters content(String text) {
        return Parameters.ofContent(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(Parameters parameters) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < parameters.size(); i++) {
            text.append('[').append(parameters.name(i)).append('=');
            text.append(parameters.value(i)).append(']');
        }
        return text.toString();
    }

    private static HttpException refused(Supplier<Parameters> parameters) {
        HttpException[] thrown = new HttpException[1];
        assertThatExceptionOfType(HttpException.class)
                .isThrownBy(parameters::get)
                .satisfies(e -> thrown[0] = e);
        return thrown[0];
    }

    @Nested
    class Section5_1_Parsing {

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "'' | ''",
                    "a=1&b=2 | [a=1][b=2]",
                    "a | [a=]",
                    "a= | [a=]",
                    "=1 | [=1]",
                    "= | [=]",
                    "&&a=1&&b=2&& | [a=1][b=2]",
                    "a=b=c | [a=b=c]",
                    "a+b=c+d | [a b=c d]",
                    "a%2Bb=%2b | [a+b=+]",
                    "a%3D%26=%3d%26 | [a=&==&]",
                    "a%2525=1 | [a%25=1]",
                    "caf%C3%A9=%E2%82%AC | [caf\u00e9=\u20ac]",
                    "caf\u00e9=\u20ac | [caf\u00e9=\u20ac]",
                    "a=%EF%BB%BFb | [a=\ufeffb]",
                    "a=1;b=2 | [a=1;b=2]",
                    "a=1&a=2&A=3 | [a=1][a=2][A=3]",
                    "a?b/c=# | [a?b/c=#]",
                })
        void splitsAndDecodes(String sent, String expected) {
            assertThat(text(content(sent))).isEqualTo(expected);
            assertThat(text(Parameters.ofQuery(sent))).isEqualTo(expected);
        }

        @Test
        void keepsControls() {
            assertThat(content("a=%00%0D%0A").first("a")).isEqualTo("\0\r\n");
        }

        @Test
        void aTargetWithoutQueryHasNone() {
            assertThat(Parameters.ofQuery(null).size()).isZero();
        }

        @ParameterizedTest
        @ValueSource(strings = {"%", "a=%", "a=%4", "a=%zz", "%4g=1", "a=1&b=%", "a=%%41", "a=%+1"})
        void refusesAPercentSignWithoutDigits(String sent) {
            for (HttpException e :
                    new HttpException[] {
                        refused(() -> content(sent)), refused(() -> Parameters.ofQuery(sent))
                    }) {
                assertThat(e.status()).isEqualTo(400);
                assertThat(e.section()).isEqualTo("RFC 3986 §2.1");
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"a=%E9", "%C3=%A9", "a=%C0%AE", "a=%ED%A0%80", "a=%C3+%A9"})
        void refusesBytesThatAreNotUtf8(String sent) {
            HttpException e = refused(() -> Parameters.ofQuery(sent));
            assertThat(e.status()).isEqualTo(400);
            assertThat(e.section()).isEqualTo("WHATWG URL §5.1");
        }

        @Test
        void refusesThemAlsoWhenSentAsTheyAre() {
            byte[] latin1 = "a=caf\u00e9".getBytes(StandardCharsets.ISO_8859_1);
            assertThat(refused(() -> Parameters.ofContent(latin1)).status()).isEqualTo(400);
        }
    }

    @Nested
    class Lookup {
        private final Parameters parameters = content("b=1&a=2&b=3&c");

        @Test
        void findsTheFirstValue() {
            assertThat(parameters.first("b")).isEqualTo("1");
            assertThat(parameters.first("c")).isEmpty();
            assertThat(parameters.first("B")).isNull();
        }

        @Test
        void findsAllValues() {
            assertThat(parameters.all("b")).containsExactly("1", "3");
            assertThat(parameters.all("d")).isEmpty();
        }

        @Test
        void hasNamesInOrder() {
            assertThat(parameters.names()).containsExactly("b", "a", "c");
            assertThat(parameters.contains("c")).isTrue();
            assertThat(parameters.contains("d")).isFalse();
        }

        @Test
        void isUnmodifiable() {
            assertThat(parameters.names()).isUnmodifiable();
            assertThat(parameters.all("b")).isUnmodifiable();
        }
    }

    @Nested
    class Limits {

        @Test
        void allowsAThousandFields() {
            assertThat(content("a&".repeat(1000)).size()).isEqualTo(1000);
            assertThat(refused(() -> content("a&".repeat(1001))).status()).isEqualTo(413);
            assertThat(refused(() -> Parameters.ofQuery("a&".repeat(1001))).status())
                    .isEqualTo(414);
        }

        /** It ends at field 1,001: decoding the last one would be another violation. */
        @Test
        void readsNothingBehindTheLimit() {
            HttpException e = refused(() -> content("a=1&".repeat(1_000_000) + "%"));
            assertThat(e.status()).isEqualTo(413);
            assertThat(e.section()).isEqualTo("RFC 9110 §15.5.14");
        }

        @Test
        void doesNotCountWhatIsEmpty() {
            assertThat(content("&".repeat(1_000_000) + "a").size()).isEqualTo(1);
        }

        @Test
        void canBeChanged() {
            FormLimits two = FormLimits.DEFAULTS.withFields(2);
            byte[] fields = "a&b&c".getBytes(StandardCharsets.UTF_8);
            assertThat(Parameters.ofContent(fields, two.withFields(3)).size()).isEqualTo(3);
            assertThat(refused(() -> Parameters.ofContent(fields, two)).status()).isEqualTo(413);
            assertThat(refused(() -> Parameters.ofQuery("a&b&c", two)).status()).isEqualTo(414);
        }

        /** "Aa" and "BB" have one hash code, and so have all combinations of them. */
        @Test
        void namesOfOneHashCodeCostNoMore() {
            int most = 1 << 14;
            StringBuilder form = new StringBuilder();
            for (int i = 0; i < most; i++) {
                for (int bit = 1; bit < most; bit <<= 1) {
                    form.append((i & bit) == 0 ? "Aa" : "BB");
                }
                form.append('&');
            }
            Parameters parameters =
                    Parameters.ofQuery(form.toString(), FormLimits.DEFAULTS.withFields(most));
            assertThat(parameters.names()).hasSize(most);
            assertThat(parameters.first("BB".repeat(14))).isEmpty();
        }

        @Test
        void areChecked() {
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> new FormLimits(0, 1));
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> new FormLimits(1, 0));
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> new FormLimits(1, FormLimits.LARGEST_PART_HEAD_BYTES + 1));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "application/x-www-form-urlencoded, true",
        "Application/X-WWW-Form-Urlencoded; charset=utf-8, true",
        "application/x-www-form-urlencoded;, true",
        "application/x-www-form-urlencoded2, false",
        "application/x-www-form-urlencoded x, false",
        "multipart/form-data, false",
        "application, false",
        "/, false",
    })
    void haveAMediaType(String type, boolean expected) {
        FieldList fields = FieldList.of("Content-Type", type);
        assertThat(Parameters.areContentOf(fields)).isEqualTo(expected);
        assertThat(Parameters.areContentOf(fields.add("Content-Type", type))).isFalse();
        assertThat(Parameters.areContentOf(new FieldList())).isFalse();
    }
}
