package caffeine.server.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.FieldList;
import caffeine.http.Fields;

import org.junit.jupiter.api.Test;

/** A kept field section is like the one that it was made of. */
class PackedFieldsTest {

    private static final FieldList SENT =
            FieldList.of("Host", "example.org", "X-Empty", "", "Cookie", "a=\u00e9", "host", "b");

    private final Fields packed = new PackedFields(SENT);

    @Test
    void keepsEachLine() {
        assertThat(packed.size()).isEqualTo(4);
        for (int i = 0; i < 4; i++) {
            assertThat(packed.name(i)).isEqualTo(SENT.name(i));
            assertThat(packed.value(i)).isEqualTo(SENT.value(i));
        }
        assertThat(packed).hasToString(SENT.toString());
    }

    @Test
    void findsLinesInAnyLetterCase() {
        assertThat(packed.first("HOST")).isEqualTo("example.org");
        assertThat(packed.all("Host")).containsExactly("example.org", "b");
        assertThat(packed.first("x-empty")).isEmpty();
        assertThat(packed.first("Accept")).isNull();
    }

    @Test
    void isACopy() {
        FieldList list = FieldList.of("A", "1");
        Fields copy = new PackedFields(list);
        list.clear();
        assertThat(copy.first("A")).isEqualTo("1");
    }

    @Test
    void hasNoOtherLine() {
        assertThatThrownBy(() -> packed.name(4)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> packed.value(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(new PackedFields(new FieldList()).size()).isZero();
    }
}
