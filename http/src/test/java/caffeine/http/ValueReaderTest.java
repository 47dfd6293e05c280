package caffeine.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("RFC 9110 §5.6")
class ValueReaderTest {

    @Test
    void section5_6_2_tokens() {
        ValueReader in = new ValueReader("form-data;a=b\u0141");
        assertThat(in.token()).isEqualTo("form-data");
        assertThat(in.token()).isEmpty();
        assertThat(in.skip('=')).isFalse();
        assertThat(in.skip(';')).isTrue();
        assertThat(in.token()).isEqualTo("a");
        assertThat(in.isAt('=')).isTrue();
        assertThat(in.skip('=')).isTrue();
        assertThat(in.token()).isEqualTo("b"); // U+0141 is A in its low byte
        assertThat(in.isAtEnd()).isFalse();
    }

    @Test
    void section5_6_3_whitespace() {
        ValueReader in = new ValueReader(" \t a \t");
        in.skipWhitespace();
        assertThat(in.token()).isEqualTo("a");
        in.skipWhitespace();
        assertThat(in.isAtEnd()).isTrue();
        in.skipWhitespace();
        assertThat(in.isAt(' ')).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "\"\" | '' | ''",
                "\"a b;c\" | a b;c | a b;c",
                "\"a\\\"b\" | a\\\"b | a\"b",
                "\"\\\\\" | \\\\ | \\",
                "\"\\a\" | \\a | a",
                "\"\u00e9\" | \u00e9 | \u00e9",
            })
    void section5_6_4_quotedStrings(String value, String raw, String text) {
        ValueReader in = new ValueReader(value + ";");
        assertThat(in.quotedString()).isEqualTo(raw);
        assertThat(ValueReader.unescaped(raw)).isEqualTo(text);
        assertThat(in.isAt(';')).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "\"", "\"a", "\"a\\", "\"a\\\""})
    void section5_6_4_nothingElseIsQuoted(String value) {
        assertThat(new ValueReader(value).quotedString()).isNull();
    }
}
