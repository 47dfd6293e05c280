package caffeine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseHeadTest {

    @Test
    void beginsWithoutFields() {
        ResponseHead head = ResponseHead.of(204);
        assertThat(head.status()).isEqualTo(204);
        assertThat(head.reason()).isNull();
        assertThat(head.fields().size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 99, 600, 1000})
    void refusesWhatIsNoStatus(int status) {
        assertThatIllegalArgumentException().isThrownBy(() -> ResponseHead.of(status));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\rb", "a\nb", "a\0b", "a\u007fb", "a\u0100b", "OK\r\nSet-Cookie: a"})
    void refusesAReasonThatWouldNotStayOneLine(String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ResponseHead(200, reason, new FieldList()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Gone Fishing", "tab\tand caf\u00e9"})
    void takesEveryOtherReason(String reason) {
        assertThat(new ResponseHead(200, reason, new FieldList()).reason()).isEqualTo(reason);
    }
}
