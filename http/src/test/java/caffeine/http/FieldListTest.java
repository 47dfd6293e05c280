package caffeine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldListTest {

    @Nested
    class Rfc9110Section5_1_Names {

        @Test
        void areFoundInAnyCaseAndKeptAsGiven() {
            FieldList list = FieldList.of("Content-Type", "text/html", "ETag", "\"a\"");
            assertThat(list.first("content-TYPE")).isEqualTo("text/html");
            assertThat(list.contains("etag")).isTrue();
            assertThat(list.contains("etags")).isFalse();
            assertThat(list.first("Vary")).isNull();
            assertThat(list.name(0)).isEqualTo("Content-Type");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", " ", "A B", "A:", "A\r\n", "A\0", "\u00dcber", "\u0100", "A\n"})
        void areTokens(String name) {
            FieldList list = new FieldList();
            assertThatIllegalArgumentException().isThrownBy(() -> list.add(name, "a"));
            assertThatIllegalArgumentException().isThrownBy(() -> list.set(name, "a"));
            assertThat(list.size()).isZero();
        }
    }

    @Nested
    class Rfc9110Section5_3_Order {

        @Test
        void isKept() {
            FieldList list = FieldList.of("A", "1", "B", "2", "a", "3");
            assertThat(list).hasToString("A: 1\r\nB: 2\r\na: 3\r\n");
            assertThat(list.all("A")).containsExactly("1", "3");
        }

        @Test
        void setReplacesTheFirstAndRemovesTheOthers() {
            FieldList list = FieldList.of("A", "1", "B", "2", "a", "3", "A", "4");
            assertThat(list.set("a", "5")).hasToString("a: 5\r\nB: 2\r\n");
            assertThat(list.set("C", "6")).hasToString("a: 5\r\nB: 2\r\nC: 6\r\n");
        }

        @Test
        void removeTakesAllOfAName() {
            FieldList list = FieldList.of("A", "1", "a", "2", "B", "3", "A", "4");
            assertThat(list.remove("A")).hasToString("B: 3\r\n");
            assertThat(list.remove("A")).hasToString("B: 3\r\n");
            list.clear();
            assertThat(list.size()).isZero();
        }

        @Test
        void addAllGoesBehind() {
            FieldList list = FieldList.of("A", "1").addAll(FieldList.of("B", "2", "A", "3"));
            assertThat(list).hasToString("A: 1\r\nB: 2\r\nA: 3\r\n");
        }
    }

    @Nested
    class Rfc9110Section5_5_Values {

        @Test
        void loseTheWhitespaceAroundThem() {
            assertThat(FieldList.of("A", " \ta b\t ", "B", " ", "C", ""))
                    .hasToString("A: a b\r\nB: \r\nC: \r\n");
        }

        @ParameterizedTest
        @ValueSource(strings = {"a\r\nB: b", "a\n", "a\r", "\0", "a\u007f", "\u0100", "\u20ac"})
        void beginNoLineOfTheirOwn(String value) {
            FieldList list = FieldList.of("A", "1");
            assertThatIllegalArgumentException().isThrownBy(() -> list.add("B", value));
            assertThatIllegalArgumentException().isThrownBy(() -> list.set("A", value));
            assertThat(list).hasToString("A: 1\r\n");
        }

        @Test
        void needAName() {
            assertThatIllegalArgumentException().isThrownBy(() -> FieldList.of("A"));
        }
    }
}
