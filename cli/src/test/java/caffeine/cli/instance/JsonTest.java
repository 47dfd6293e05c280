package caffeine.cli.instance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.LinkedHashMap;
import java.util.Map;

class JsonTest {

    @Test
    void writesTextsAndNumbers() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("text", "a \"quoted\" \\ word");
        members.put("number", -12);
        assertThat(Json.write(members))
                .isEqualTo("{\"text\":\"a \\\"quoted\\\" \\\\ word\",\"number\":-12}");
        assertThat(Json.write(Map.of())).isEqualTo("{}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "plain", "\"", "\\", "\n\t\r\0\u001b[31m", "é€\u2028", "\ud83d\ude00"})
    void readsBackWhatItWrote(String text) {
        Map<String, Object> members = Map.of(text, text);
        assertThat(Json.read(Json.write(members))).isEqualTo(members);
        assertThat(Json.write(members)).doesNotContainPattern("\\p{Cntrl}");
    }

    @Test
    void readsWhatPeopleWrite() {
        assertThat(Json.read(" { \"a\" : 1 ,\n\"b\":\"\\u0041\\/\\b\\f\\n\\r\\t\" } \n"))
                .isEqualTo(Map.of("a", 1L, "b", "A/\b\f\n\r\t"));
        assertThat(Json.read("{}")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{\"a\"",
                "{\"a\":",
                "{\"a\":1",
                "{\"a\":\"",
                "{\"a\":\"\\",
                "{\"a\":\"\\u00",
                "{\"a\":1,}",
                "{\"a\" 1}",
                "{\"a\":1}x",
                "{\"a\":x}",
                "{\"a\":--}",
                "[]",
                "{,}",
                "{\"a\":99999999999999999999}",
                "{\"a\":\"\\uzzzz\"}"
            })
    void isNothingWhenCutOffOrBroken(String text) {
        assertThat(Json.read(text)).isNull();
    }
}
