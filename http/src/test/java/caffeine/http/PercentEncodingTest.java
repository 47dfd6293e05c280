package caffeine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PercentEncodingTest {

    @ParameterizedTest
    @CsvSource({
        "'', ''",
        "a, a",
        "%41, A",
        "a%20b%2bc, a b+c",
        "%252e, %2e",
        "a%, -",
        "%4, -",
        "%zz, -",
        "%4g, -",
        "%%34, -",
        "%\u0664\u0661, -",
        "%-1, -",
        "% 1, -"
    })
    void rfc3986Section2_1_triples(String text, String expected) {
        if (!expected.equals("-")) {
            assertThat(PercentEncoding.decoded(text)).isEqualTo(expected);
            return;
        }
        assertThatExceptionOfType(HttpException.class)
                .isThrownBy(() -> PercentEncoding.decoded(text))
                .satisfies(e -> assertThat(e.status()).isEqualTo(400))
                .satisfies(e -> assertThat(e.section()).isEqualTo("RFC 3986 §2.1"));
    }

    @Test
    void rfc3986Section2_5_text() {
        assertThat(PercentEncoding.utf8("caf\u00c3\u00a9", "", "")).isEqualTo("caf\u00e9");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u00e9", "\u00c3", "\u00c0\u00ae", "\u00ed\u00a0\u0080"})
    void rfc3986Section2_5_otherBytesAreNoText(String octets) {
        assertThatExceptionOfType(HttpException.class)
                .isThrownBy(() -> PercentEncoding.utf8(octets, "RFC 0 §1", "a thing"))
                .satisfies(e -> assertThat(e.status()).isEqualTo(400))
                .satisfies(e -> assertThat(e.section()).isEqualTo("RFC 0 §1"))
                .satisfies(e -> assertThat(e.detail()).isEqualTo("a thing that is not in UTF-8"));
    }
}
